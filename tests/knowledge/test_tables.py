"""The tables: one name space, entries of a few words, and sentences that the checks accept."""

import re
from itertools import product
from pathlib import Path
from typing import get_args

import pytest

from agents import checks
from agents.checks import check_statement, labels_named, passed
from agents.facts import Facts
from agents.impression import _none_of
from agents.said import Said
from prelim import knowledge
from prelim.knowledge import URGENCIES, FindingRule, rule_of, rules, table, table_for, tables
from prelim.knowledge.sentence import Claim, claim
from prelim.models.phantom import draw
from prelim.types import Change, Finding, Laterality, Series, State

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


def test_the_eighteen_of_ct_rate() -> None:
    assert len(table("ct_chest").findings) == 18
    assert all(12 <= len(one.findings) <= 18 for one in tables()[1:])


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
    devices = {"endotracheal_tube", "enteric_tube", "catheter", "chest_tube"}
    assert film >= devices | {f"{device}_malposition" for device in devices} | {"pacemaker"}


@pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule.label)
def test_an_entry_is_whole(rule: FindingRule) -> None:
    assert rule.region in table(rule.table).regions
    assert rule.phrase.endswith(rule.name) or rule.name in rule.phrase
    assert set(rule.sentences) == {*get_args(State), *get_args(Change), "change_uncertain"}
    assert all(re.fullmatch(r"RID\d{3,6}", code) for code in rule.codes.values()) and set(rule.codes) <= {"radlex"}
    assert not rule.recommendation or (rule.recommendation.endswith(".") and rule.name in rule.recommendation.lower())
    assert rule.urgency in URGENCIES and all(what == what.strip() and what for what in rule.check)


def test_a_finding_is_added_by_editing_a_table_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked, said, checked and advised about a new entry follows from its few words."""
    for file in knowledge._HERE.glob("*.yaml"):
        (tmp_path / file.name).write_text(file.read_text())
    entry = "\n  swallowed_coin: {phrase: a swallowed coin, region: abdomen, urgency: urgent}\n"
    (tmp_path / "chest_xray.yaml").write_text((tmp_path / "chest_xray.yaml").read_text() + entry)
    monkeypatch.setattr(knowledge, "_HERE", tmp_path)
    forget = (table, rules, checks._stems, labels_named)
    for cached in forget:
        cached.cache_clear()
    try:
        said = Claim(label="swallowed_coin", side="midline", state="present", change="new", since=SINCE)
        assert said.sentence() == f"There is a swallowed coin, new since {SINCE}."
        assert passed(check_statement(said.sentence(), Facts(claims=(said,))))
        assert not passed(check_statement("No swallowed coin.", Facts(claims=(said,))))
        assert labels_named("A swallowed coin.") == {"swallowed_coin"}
        assert table("chest_xray").findings["swallowed_coin"].places == {"midline": "on this film"}
    finally:
        monkeypatch.undo()
        for cached in forget:
            cached.cache_clear()


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
