"""The tables: one name space, entries of a few words, and sentences that the checks accept."""

from itertools import product

import pytest

from agents.checks import check_statement, labels_named, passed
from agents.facts import Facts
from agents.impression import _none_of
from agents.said import Said
from prelim.knowledge import rule_of, rules, table, table_for, tables
from prelim.knowledge.sentence import Claim, claim
from prelim.models.phantom import draw
from prelim.types import Finding, Laterality, Series

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
    assert list(table("chest_xray").findings) == list(draw.LABELS)


def test_the_eighteen_of_ct_rate() -> None:
    assert len(table("ct_chest").findings) == 18
    assert all(12 <= len(one.findings) <= 18 for one in tables()[1:])


def test_what_is_critical() -> None:
    critical = {label for label, rule in rules().items() if rule.urgency == "critical"}
    assert {"intracranial_haemorrhage", "midline_shift", "free_air"} <= critical
    assert not critical & set(table("chest_xray").findings)


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
    ],
)
def test_a_finding_is_known_by_its_other_names(text: str, label: str) -> None:
    assert label in labels_named(text)
