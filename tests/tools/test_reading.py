"""Triage and reading of volumes, slides and photographs: what is asked, declined, left alone, and what no answer is."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from memory.artifacts import Artifacts
from prelim.imaging.selection import subject_of
from prelim.knowledge import table
from prelim.models.calibration import Calibration
from prelim.models.card import read_card
from prelim.models.loading import CARDS
from prelim.types import NotAssessed, Study
from tests.made_tables import one_more
from tests.sample_calibration import entry
from tests.sample_scan import Scripted, scripted_model, series_of, study_of, text_of
from tools.reading import reading, sentences_of
from tools.tool import Context
from tools.triage import UNCALIBRATED, margin_of, triage

Tell = Callable[..., Scripted]
HAEMORRHAGE = "an intracranial haemorrhage"


@pytest.fixture
def tell(context: Context) -> Tell:
    """Have the context's model answer as told."""

    def tell(**script: Any) -> Scripted:
        made = scripted_model(**script)
        context.open_model, context.identity, context._model = (lambda: made), made.identity, None
        return made

    return tell


def head(context: Context, **more: Any) -> Study:
    return study_of(series_of(context.artifacts, "CT", "HEAD", **more))


# ------------------------------------------------------------------ triage of volumes and slides


def test_a_haemorrhage_is_critical(context: Context, tell: Tell) -> None:
    tell(present=(HAEMORRHAGE,))
    found = triage(context, studies=(head(context),))
    present = [finding.label for finding in found.findings if finding.state == "present"]
    assert (present, found.urgency, found.quality) == (["intracranial_haemorrhage"], "critical", {"1.2": "readable"})
    assert {finding.laterality for finding in found.findings} == {"midline"}
    [where] = found.evidence
    assert (where.series_instance_uid, where.sop_instance_uid) == ("1.2.3", None)
    assert all(finding.evidence == (where.id,) for finding in found.findings)


def test_a_finding_that_a_table_has_more_is_asked_for(context: Context, tell: Tell, tmp_path: Path) -> None:
    """An entry of a table and its label on a card: no code."""
    entry = "foreign_body: {phrase: a foreign body, urgency: urgent, check: [skull fracture]}"
    card = read_card(CARDS["medgemma"])
    listed = (scope.model_copy(update={"findings": (*scope.findings, "foreign_body")}) for scope in card.scopes)
    with one_more(tmp_path, "ct_head", entry):
        model = tell(card=card.model_copy(update={"scopes": tuple(listed)}), present=("a foreign body",))
        found = triage(context, studies=(head(context),))
    present = [(finding.label, finding.laterality) for finding in found.findings if finding.state == "present"]
    assert (present, found.urgency) == ([("foreign_body", "midline")], "urgent")
    assert sum("a foreign body" in text_of(messages) for messages in model.asked) >= 2


def test_a_contradiction_abstains(context: Context, tell: Tell) -> None:
    tell(confused=(HAEMORRHAGE,))
    found = triage(context, studies=(head(context),))
    states = {finding.label: finding.state for finding in found.findings}
    assert (states.pop("intracranial_haemorrhage"), set(states.values())) == ("uncertain", {"absent"})
    assert found.urgency == "not_triaged"


def test_a_newly_calibrated_site_asks_nothing_again(context: Context, tell: Tell) -> None:
    """Thresholds change what the answers come to; the answers are kept."""
    model = tell(present=(HAEMORRHAGE,))
    study = head(context)
    first = triage(context, studies=(study,))
    known = entry(model=model.identity.digest, table="ct_head", label="intracranial_haemorrhage", present_above=1.0)
    again = replace(context, open_calibration=lambda: Calibration(entries=(known,)))
    count = len(model.asked)
    second = triage(again, studies=(study,))
    assert len(model.asked) == count and first.findings[0].label == known.label
    assert [(f.findings[0].state, f.findings[0].calibrated) for f in (first, second)] == [
        ("present", False),
        ("uncertain", True),
    ]
    assert UNCALIBRATED in first.warnings and UNCALIBRATED in second.warnings  # the other findings have no entry
    assert reading(context, studies=(study,)).findings == first.findings
    assert reading(again, studies=(study,)).findings == second.findings


def test_the_margin_is_the_tables_unless_one_is_set(context: Context, tell: Tell) -> None:
    tell(present=(HAEMORRHAGE,))
    assert margin_of(context, table("ct_head")) == table("ct_head").margin
    wide = replace(context, settings=context.settings.model_copy(update={"margin": 0.49}))
    assert triage(context, studies=(head(context),)).quality == {"1.2": "readable"}
    assert triage(wide, studies=(head(context),)).quality == {"1.2": "uncertain"}


def test_a_scan_that_is_no_readable_head_is_not_read(context: Context, tell: Tell) -> None:
    """The question also catches a scan of another part of the body."""
    tell(readable=False, present=(HAEMORRHAGE,), prose="There is a haemorrhage.")
    found = triage(context, studies=(head(context),))
    assert (found.findings, found.urgency, found.quality) == ((), "not_triaged", {"1.2": "unreadable"})
    [reason] = {item.reason for item in reading(context, studies=(head(context),)).not_assessed}
    assert "unreadable" in reason and reason == found.not_assessed[0].reason


@pytest.mark.parametrize(
    ("flaw", "quality"),
    [
        ("blank", "unreadable"),
        ("noise", "unreadable"),
        ("inverted", "uncertain"),
        ("rotated", "uncertain"),
        ("screen", "uncertain"),
    ],
)
@pytest.mark.parametrize("what", ["film", "scan", "slide"])
def test_a_flawed_image_is_not_asked(flaw: str, quality: str, what: str, context: Context, tell: Tell) -> None:
    model = tell(present=(HAEMORRHAGE,), prose="There is a haemorrhage.")
    given: dict[str, Any] = {
        "film": {"modality": "DX", "body_part": "CHEST", "kind": "projection", "count": 1, "view": "PA"},
        "scan": {"modality": "CT", "body_part": "HEAD"},
        "slide": {"modality": "SM", "kind": "slide"},
    }[what]
    study = study_of(series_of(context.artifacts, flaws=(flaw,), **given))
    found = triage(context, studies=(study,))
    assert (model.asked, found.findings, found.quality, found.urgency) == ([], (), {"1.2": quality}, "not_triaged")
    assert {item.reason[: len(what) + 4] for item in found.not_assessed} == {f"The {what}"}
    assert reading(context, studies=(study,)).readings == () and model.asked == []


def test_a_slide_is_probed_without_sides(context: Context, tell: Tell) -> None:
    tell(present=("tumour tissue",))
    found = triage(context, studies=(study_of(series_of(context.artifacts, "SM", kind="slide")),))
    assert [f.label for f in found.findings if f.state == "present"] == ["tumour_tissue"]
    assert found.urgency == "urgent"


def test_the_film_is_asked_before_the_scan(context: Context, tell: Tell) -> None:
    tell()
    film = series_of(context.artifacts, "DX", "CHEST", kind="projection", count=1, view="PA", uid="1.2.4")
    study = study_of(series_of(context.artifacts, "CT", "CHEST"), film)
    found = triage(context, studies=(study,))
    assert {finding.label for finding in found.findings} == set(table("chest_xray").findings)


def test_the_best_volume(artifacts: Artifacts) -> None:
    """Neither the scout, nor the hard kernel, nor the thick slices, whatever their order."""
    scout = series_of(artifacts, "CT", "CHEST", kind="scout", count=9, uid="1.1")
    thick = series_of(artifacts, "CT", "CHEST", count=4, total=60, uid="1.3", spacing_mm=(5.0, 0.7, 0.7))
    hard = series_of(artifacts, "CT", "CHEST", count=9, total=400, uid="1.4", description="Lung 1.0 B70f")
    soft = series_of(artifacts, "CT", "CHEST", count=9, total=300, uid="1.5", description="Chest 1.0 B30f")
    foot = series_of(artifacts, "CT", "FOOT", count=9, total=900, uid="1.6")
    for series in [(scout, thick, hard, soft, foot), (foot, soft, hard, thick, scout)]:
        subject = subject_of(study_of(*series))
        assert subject and subject.series == soft
    assert subject_of(study_of(scout, foot)) is None


# ------------------------------------------------------------------ reading


def test_a_reading_is_cut_into_sentences(context: Context, tell: Tell) -> None:
    prose = "**Findings:**\n* There is a haemorrhage. No shift.\n* There is a haemorrhage.\n\nSkull intact."
    model = tell(present=(HAEMORRHAGE,), prose=prose)
    found = reading(context, studies=(head(context, count=3, total=300),))
    [one] = found.readings
    assert one.sentences == ("There is a haemorrhage.", "No shift.", "Skull intact.")
    assert (one.shown, one.total, one.out_of_scope) == (3, 300, False)
    assert one.evidence == tuple(item.id for item in found.evidence)
    assert found.findings == triage(context, studies=(head(context, count=3, total=300),)).findings
    assert model.limits == [2000] and "Describe what this CT of the head shows" in text_of(model.asked[-1])


@pytest.mark.parametrize(
    ("prose", "ended", "sentences"),
    [
        ("", True, None),
        ("...", True, None),
        ("The skull is", False, None),
        ("No mass. The skull", False, ("No mass.",)),
    ],
)
def test_no_answer_is_no_text(
    prose: str, ended: bool, sentences: tuple[str, ...] | None, context: Context, tell: Tell
) -> None:
    tell(prose=prose, ended=ended)
    found = reading(context, studies=(head(context),))
    assert [item.sentences for item in found.readings] == ([sentences] if sentences else [])
    assert [text.split(": ")[1] for text in found.warnings] == [
        "cut off where the model's words ran out." if sentences else "the model gave no answer."
    ]


def test_photographs_are_described_and_not_probed(context: Context, tell: Tell) -> None:
    tell(prose="A pigmented macule.")
    study = study_of(series_of(context.artifacts, "XC", "SKIN", kind="photograph", count=1))
    found = reading(context, studies=(study,))
    assert [item.sentences for item in found.readings] == [("A pigmented macule.",)]
    [item] = triage(context, studies=(study,)).not_assessed
    assert (item.task, item.label, found.findings) == ("probe", None, ())
    assert "not made for probe of XC images" in item.reason


def test_the_film_that_is_probed_is_not_described_but_a_further_one_is(context: Context, tell: Tell) -> None:
    tell(prose="Clear.")
    best, further = (
        series_of(context.artifacts, "DX", "CHEST", kind="projection", count=1, view=view, uid=f"1.2.{view}")
        for view in ("PA", "AP")
    )
    found = reading(context, studies=(study_of(further, best),))
    assert [item.series_instance_uid for item in found.readings] == ["1.2.AP"]


def test_ultrasound_is_on_no_card(context: Context, tell: Tell) -> None:
    model = tell(prose="A gallbladder.")
    study = study_of(series_of(context.artifacts, "US", "ABDOMEN", kind="clip"))
    declined = (*triage(context, studies=(study,)).not_assessed, *reading(context, studies=(study,)).not_assessed)
    assert [(item.task, item.label) for item in declined] == [("probe", None), ("reading", None)]
    assert {item.reason for item in declined} == {"The model medgemma does not read ultrasound."} and model.asked == []


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (("CT", "HEAD"), "The model phantom does not read CT."),
        (("MR", "BRAIN"), "The model phantom does not read MR."),
        (("SM", "", "slide"), "The model phantom does not read slides."),
        (("XC", "SKIN", "photograph"), "The model phantom does not read photographs."),
        (("US", "ABDOMEN", "clip"), "The model phantom does not read ultrasound."),
    ],
)
def test_the_embedded_model_declines_all_of_it(given: tuple[str, ...], reason: str, context: Context) -> None:
    modality, body_part, *kind = given
    study = study_of(series_of(context.artifacts, modality, body_part, kind=kind[0] if kind else "volume"))
    for found, task in ((triage(context, studies=(study,)), "probe"), (reading(context, studies=(study,)), "reading")):
        [item] = found.not_assessed
        whole = NotAssessed(study_instance_uid="1.2", task=task, label=None, reason=item.reason)
        assert item == whole and item.reason.startswith(reason)
        assert ("get MedGemma" in item.reason) == (modality in context.model.card.obtain_for)
        assert found.findings == () and found.evidence == ()


def test_further_films_are_declined_for_what_they_are(context: Context) -> None:
    drawn = {"kind": "projection", "count": 1, "provenance": "drawn_phantom"}
    best = series_of(context.artifacts, "DX", "CHEST", view="PA", **drawn)
    side = series_of(context.artifacts, "DX", "CHEST", view="LATERAL", uid="1.2.4", **drawn)
    [item] = reading(context, studies=(study_of(best, side),)).not_assessed
    assert "does not read LATERAL views" in item.reason


# ------------------------------------------------------------------ sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", ()),
        (
            "## FINDINGS:\n1. Lungs: clear.\n2. A 3.5 cm cyst, e.g. A.",
            ("Lungs: clear.", "A 3.5 cm cyst, e.g. A."),
        ),
        ("No bleed.  No\tshift!\nIs it? Yes.", ("No bleed.", "No shift!", "Is it?", "Yes.")),
        ("- `a`\n- **b**\n---\n", ("a", "b")),
    ],
)
def test_sentences(text: str, sentences: tuple[str, ...]) -> None:
    assert sentences_of(text) == sentences
