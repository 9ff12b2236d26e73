"""The words of reports: each table's finding is known by its own names, and what is cleared or placed is a label."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from prelim.knowledge import __file__ as knowledge
from prelim.knowledge import tables
from prelim.knowledge.cues import cues, headings
from prelim.knowledge.phrases import Hit, Phrases
from prelim.knowledge.report_terms import is_label, report_terms

TERMS: dict[str, Any] = yaml.safe_load((Path(knowledge).parent / "report_terms.yaml").read_text(encoding="utf-8"))
TABLED = {label for one in tables() if one.region != "tissue" for label in one.findings}
NAMES = [(label, name) for one in tables() for label, rule in one.findings.items() for name in (rule.name, *rule.also)]


@pytest.mark.parametrize(("label", "name"), [pair for pair in NAMES if pair[0] in TABLED])
def test_a_finding_is_known_by_its_names(label: str, name: str) -> None:
    """A word that report_terms.yaml gives to one label is taken from the others."""
    meant = {hit.meaning for hit in report_terms().phrases.find(name)}
    taken = {"surgical clip": "medical_material", "catheter": "catheter", "pacemaker": "pacemaker"}
    assert taken.get(name, label) in meant


def test_every_label_that_is_cleared_or_placed_is_one() -> None:
    known = {*TERMS["terms"], *TABLED}
    assert {label for labels in report_terms().clears.values() for label in labels} <= known
    assert report_terms().midline <= known
    assert all(labels <= known for labels in report_terms().regions.values())
    assert all(is_label(label) for label in known) and not is_label("-") and not is_label("normal 0")


def test_the_chests_fourteen_are_there() -> None:
    """The observations of CheXpert, under our names; its "no finding" is no label, its devices are several."""
    chexpert = {"enlarged_cardiomediastinum", "cardiomegaly", "lung_opacity", "lung_nodule", "pulmonary_oedema"}
    chexpert |= {"consolidation", "pneumonia", "atelectasis", "pneumothorax", "pleural_effusion", "pleural_thickening"}
    assert chexpert | {"fracture", "medical_material", "pacemaker"} <= set(TERMS["terms"])


def found(phrases: list[str], text: str, filler: tuple[str, ...] = ()) -> list[str]:
    return [text[hit.start : hit.end] for hit in Phrases(((phrase, "x") for phrase in phrases), filler).find(text)]


@pytest.mark.parametrize(
    ("phrases", "text", "wanted"),
    [
        (["nodul*"], "Nodules, a nodule", ["Nodules", "nodule"]),
        (["lung|lungs clear"], "lungs  clear", ["lungs  clear"]),
        (["no (big) mass"], "no mass, no big mass", ["no mass", "no big mass"]),
        (["heart .. large"], "the heart is a bit large", ["heart is a bit large"]),
        (["heart .. large"], "heart normal, lungs large", []),
        (["heart .. large"], "heart with a large aorta", []),
        (["heart ~ normal"], "heart, lungs and aorta are normal", []),
        (["port"], "portable", []),
        (["effusion", "pleural effusion"], "pleural effusion", ["pleural effusion"]),
        (["x ray"], "X-ray", ["X-ray"]),
    ],
)
def test_the_language_of_phrases(phrases: list[str], text: str, wanted: list[str]) -> None:
    assert found(phrases, text, ("and", "are")) == wanted


def test_fillers_may_stand_in_a_list() -> None:
    assert found(["heart ~ normal"], "heart, lungs and aorta are normal", ("lungs", "and", "aorta", "are"))


def test_a_phrase_may_mean_two_things() -> None:
    hits = Phrases([("hydropneumothorax", "air"), ("hydropneumothorax", "fluid")]).find("hydropneumothorax")
    assert hits == [Hit(0, 17, "air"), Hit(0, 17, "fluid")]


def test_headings_and_cues_load() -> None:
    assert headings()["pmh"] == "past_history" and headings()["a p"] == "assessment"
    assert cues().verbs and "dr" in cues().abbreviations
