"""The tables: one name space, entries of a few words, and sentences that the checks accept."""

import re
from itertools import pairwise, product
from pathlib import Path
from typing import get_args

import pytest

from agents.checks import check_statement, passed
from agents.facts import Facts
from agents.impression import _none_of
from agents.labels import labels_named
from agents.said import Said
from prelim import knowledge
from prelim.knowledge import URGENCIES, FindingRule, recommendations, rule_of, rules, table, table_for, tables
from prelim.knowledge.sentence import Claim, claim
from prelim.models.phantom import draw
from prelim.types import Change, Finding, Laterality, Series, State
from tests.made_tables import one_more

SINCE = "2025-11-01"


def series(modality: str, body_part: str, view: str | None = None) -> Series:
    kind = "projection" if modality == "CR" else "volume"
    return Series(
        study_instance_uid="1",
        series_instance_uid="2",
        modality=modality,
        body_part=body_part,
        view=view,
        kind=kind,  # type: ignore[arg-type]
        frames=1,
        shape=(1, 1, 1),
    )


def claims(label: str) -> list[Claim]:
    """Everything that may be said of a finding, with and without its side."""
    places = rule_of(label).places
    sides: list[Laterality | None] = [*places, None] if "left" in places else [*places]
    states = ("present", "absent", "uncertain")
    changes = (None, "new", "worse", "stable", "better", "resolved", "uncertain")
    return [claim(label, *said, SINCE) for said in product(sides, states, changes)]


@pytest.mark.parametrize("label", rules())
def test_every_sentence_of_a_table_is_accepted(label: str) -> None:
    for said in claims(label):
        facts = Facts(claims=(said,), film_dates=("2026-03-02",))
        for text in (said.sentence(), said.headline()):
            failed = [check for check in check_statement(text, facts) if not check.passed]
            assert (text[0].isupper(), failed) == (True, []), text


@pytest.mark.parametrize("name", [one.name for one in tables()])
def test_what_is_left_of_a_table_is_said_in_one_sentence(name: str) -> None:
    """Of all findings but one, absent: the sentence names none that it does not mean."""
    for present in table(name).findings:
        said = [
            Said(_finding(label, side), Claim(label=label, side=side, state="absent"), ())
            for label, rule in table(name).findings.items()
            if label != present
            for side in rule.places
        ]
        text = _none_of(said)
        assert passed(check_statement(text, Facts(claims=tuple(item.claim for item in said)))), (present, text)


def _finding(label: str, side: Laterality) -> Finding:
    return Finding(id="f", label=label, laterality=side, state="absent", probability=None, study_instance_uid="1")


def test_a_label_is_one_finding_wherever_it_is_seen() -> None:
    for rule in (rule for one in tables() for rule in one.findings.values()):
        home = rule_of(rule.label)
        assert (rule.name, rule.urgency, rule.sentences) == (home.name, home.urgency, home.sentences), rule.label
        assert ("left" in rule.places) == ("left" in home.places), rule.label
    assert table("ct_chest").findings["cardiomegaly"].places == {"midline": "on this scan"}
    assert list(table("chest_xray").findings)[:3] == list(draw.LABELS), "those that the embedded model was taught"


CT_RATE = (
    "medical_material",
    "arterial_wall_calcification",
    "cardiomegaly",
    "pericardial_effusion",
    "coronary_artery_wall_calcification",
    "hiatal_hernia",
    "lymphadenopathy",
    "emphysema",
    "atelectasis",
    "lung_nodule",
    "lung_opacity",
    "pulmonary_fibrotic_sequela",
    "pleural_effusion",
    "mosaic_attenuation_pattern",
    "peribronchial_thickening",
    "consolidation",
    "bronchiectasis",
    "interlobular_septal_thickening",
)
"""Its abnormalities in its order."""


def test_the_eighteen_of_ct_rate() -> None:
    assert tuple(table("ct_chest").findings)[:18] == CT_RATE
    assert all(12 <= len(one.findings) <= 20 for one in tables()[1:])


CHEXPERT = {
    "enlarged_cardiomediastinum",
    "cardiomegaly",
    "lung_opacity",
    "lung_nodule",
    "lung_mass",
    "pulmonary_oedema",
    "consolidation",
    "pneumonia",
    "atelectasis",
    "pneumothorax",
    "pleural_effusion",
    "pleural_thickening",
    "fracture",
}
"""Its observations but "No Finding"; the lesion and the support devices are parted."""


def test_the_observations_of_chexpert_and_where_devices_lie() -> None:
    film = set(table("chest_xray").findings)
    assert film >= CHEXPERT
    devices = {"endotracheal_tube", "enteric_tube", "catheter", "chest_tube", "pacemaker"}
    assert film >= devices | {f"{device}_malposition" for device in devices}
    assert {label for label in film if not rule_of(label).pertinent} == {
        label for label in film if rule_of(label).region == "devices"
    }


ENTRIES = [rule for one in tables() for rule in one.findings.values()]


@pytest.mark.parametrize("rule", ENTRIES, ids=lambda rule: f"{rule.table}-{rule.label}")
def test_an_entry_is_whole(rule: FindingRule) -> None:
    assert rule.region in table(rule.table).regions
    assert rule.phrase.endswith(rule.name) or rule.name in rule.phrase
    assert set(rule.sentences) == {*get_args(State), *get_args(Change), "change_uncertain"}
    assert all(("{side}" in text) == ("left" in rule.places) for text in rule.sentences.values())
    assert all(re.fullmatch(r"RID\d{3,6}", code) for code in rule.codes.values()) and set(rule.codes) <= {"radlex"}
    assert not rule.recommendation or (rule.recommendation.endswith(".") and rule.name in rule.recommendation.lower())
    assert rule.urgency in URGENCIES


@pytest.mark.parametrize("rule", ENTRIES, ids=lambda rule: f"{rule.table}-{rule.label}")
def test_what_else_to_look_for_is_something_else(rule: FindingRule) -> None:
    """It stands in the middle of a sentence, and a side in it would be read as the finding's."""
    for what in rule.check:
        assert what == what.strip().rstrip(".") and what[0].islower()
        assert rule.label not in labels_named(what)
    assert len(set(rule.check)) == len(rule.check) <= 4
    assert rule.check or rule.urgency == "routine" or rule.table == "slide", "what matters has its company"


def test_a_code_is_one_findings() -> None:
    codes = [code for rule in rules().values() for code in rule.codes.values()]
    assert len(codes) == len(set(codes))
    coded = {one.name: sum(bool(rule.codes) for rule in one.findings.values()) for one in tables()}
    assert coded["chest_xray"] >= 16 and min(coded[name] for name in ("ct_head", "mr_brain", "ct_abdomen")) >= 1


def test_no_name_is_twice_in_two_spellings() -> None:
    """ "Edema" beside "oedema" would be two findings of one."""
    american = (("haem", "hem"), ("oedem", "edem"), ("tumour", "tumor"), ("aemia", "emia"))
    names: dict[str, set[str]] = {}
    for rule in rules().values():
        for name in (rule.name, *rule.also, rule.label.replace("_", " ")):
            plain = name.lower()
            for british, other in american:
                plain = plain.replace(british, other)
            names.setdefault(plain, set()).add(rule.label)
    twice = {name: labels for name, labels in names.items() if len(labels) > 1}
    assert twice == {"catheter": {"catheter", "medical_material"}, "pacemaker": {"pacemaker", "medical_material"}}


@pytest.mark.parametrize("name", [one.name for one in tables()])
def test_a_table_names_its_sources(name: str) -> None:
    """Where the findings come from, and where each advice does, right above it."""
    lines = (knowledge._HERE / f"{name}.yaml").read_text().splitlines()
    head = " ".join(line for line in lines[:12] if line.startswith("#"))
    assert re.search(r"\d{4}[;.]\d|arXiv|practice parameter", head)
    for above, line in pairwise(lines):
        if "recommendation: " in line and not line.startswith("#"):
            assert above.lstrip().startswith("#"), line


def test_what_is_advised_after_a_film_is_not_what_is_after_a_ct() -> None:
    film, scan = (table(name).findings["lung_nodule"].recommendation for name in ("chest_xray", "ct_chest"))
    assert recommendations("lung_nodule") == (film, scan)
    assert film.startswith("Lung nodule:") and "CT" in film and "CT" not in scan
    assert recommendations("lung_opacity") == () == recommendations("no_such_label")


def test_a_finding_is_added_by_editing_a_table_alone(tmp_path: Path) -> None:
    """What is said and checked about a new entry follows from its few words (asking: tests/tools/test_reading.py)."""
    entry = "swallowed_coin: {phrase: a swallowed coin, region: abdomen, urgency: urgent}"
    with one_more(tmp_path, "chest_xray", entry):
        said = Claim(label="swallowed_coin", side="midline", state="present", change="new", since=SINCE)
        assert said.sentence() == f"There is a swallowed coin, new since {SINCE}."
        assert passed(check_statement(said.sentence(), Facts(claims=(said,))))
        assert not passed(check_statement("No swallowed coin.", Facts(claims=(said,))))
        assert labels_named("A swallowed coin.") == {"swallowed_coin"}
        assert table("chest_xray").findings["swallowed_coin"].places == {"midline": "on this film"}
    assert "swallowed_coin" not in rules()


def test_what_is_critical() -> None:
    critical = {label for label, rule in rules().items() if rule.urgency == "critical"}
    assert {"intracranial_haemorrhage", "midline_shift", "free_air"} <= critical
    film = {"pneumothorax", "free_air", "endotracheal_tube_malposition", "enteric_tube_malposition"}
    assert critical & set(table("chest_xray").findings) == film


@pytest.mark.parametrize(
    ("modality", "body_part", "name"),
    [
        ("CR", "", "chest_xray"),
        ("CT", "THORAX", "ct_chest"),
        ("CT", "BRAIN", "ct_head"),
        ("MR", "HEAD", "mr_brain"),
        ("CT", "ABDOMEN", "ct_abdomen"),
        ("SM", "", "slide"),
        ("CT", "", None),
        ("CT", "FOOT", None),
        ("US", "ABDOMEN", None),
    ],
)
def test_which_table_fits(modality: str, body_part: str, name: str | None) -> None:
    found = table_for(series(modality, body_part))
    assert (found.name if found else None) == name


def test_a_lateral_film_has_no_table() -> None:
    assert table_for(series("CR", "CHEST", "LATERAL")) is None


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Acute intraparenchymal hemorrhage in the left thalamus.", "intracranial_haemorrhage"),
        ("There is vasogenic brain edema.", "cerebral_oedema"),
        ("Several pulmonary nodules.", "lung_nodule"),
        ("Fatty liver.", "hepatic_steatosis"),
        ("Small bilateral pleural effusions.", "pleural_effusion"),
        ("Misplaced endotracheal tube.", "endotracheal_tube_malposition"),
    ],
)
def test_a_finding_is_known_by_its_other_names(text: str, label: str) -> None:
    assert label in labels_named(text)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("Malposition of the endotracheal tube.", {"endotracheal_tube_malposition"}),
        (
            "An endotracheal tube, and a malposition of the enteric tube.",
            {"endotracheal_tube", "enteric_tube_malposition"},
        ),
        ("A skull fracture.", {"skull_fracture"}),
        ("Peribronchial thickening, pleural effusion.", {"peribronchial_thickening", "pleural_effusion"}),
    ],
)
def test_the_longer_name_is_meant_and_a_list_is_taken_apart(text: str, labels: set[str]) -> None:
    assert labels_named(text) == labels
