"""What the model described: marked, borne out, or left out where a probe says otherwise; and the draft around it."""

from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image as Picture

from agents.checks import passed
from agents.description import contradicted
from agents.draft import assemble
from agents.reporter import compose
from agents.verifier import statements_of, verify
from prelim.draft import Draft, Found, Statement
from prelim.knowledge.sentence import Claim
from prelim.types import Case, Study
from tests.sample_scan import scripted_model, series_of, study_of
from tools.delivery import render
from tools.reading import reading
from tools.tool import Context
from tools.triage import UNCALIBRATED, triage

RIGHT, LEFT = (
    Claim(label="pleural_effusion", side=side, state=state)  # type: ignore[arg-type]
    for side, state in (("right", "present"), ("left", "absent"))
)
BLEED = Claim(label="intracranial_haemorrhage", side="midline", state="present")
NO_SHIFT = Claim(label="midline_shift", side="midline", state="absent")
CLAIMS = (RIGHT, LEFT, BLEED, NO_SHIFT)


@pytest.mark.parametrize(
    ("text", "against"),
    [
        ("Moderate right pleural effusion.", None),
        ("There is a pleural effusion.", None),
        ("No left pleural effusion.", None),
        ("A pleural effusion cannot be excluded.", None),
        ("The liver is normal.", None),
        ("Acute hemorrhage without midline shift.", None),
        ("Acute hemorrhage with no midline shift.", None),
        ("There is a hemorrhage and no shift of the midline.", None),
        ("No pleural effusion.", RIGHT),
        ("There is no right pleural effusion.", RIGHT),
        ("Left pleural effusion.", LEFT),
        ("Bilateral pleural effusions.", LEFT),
        ("No acute intracranial hemorrhage.", BLEED),
        ("No mass effect, midline shift, or hemorrhage.", BLEED),
        ("Subdural haematoma with midline shift.", NO_SHIFT),
    ],
)
def test_the_opposite_of_a_probe_is_found(text: str, against: Claim | None) -> None:
    assert contradicted(text, CLAIMS) == against


def test_an_uncertain_probe_contradicts_nothing() -> None:
    unsure = BLEED.model_copy(update={"state": "uncertain"})
    assert contradicted("No haemorrhage.", [unsure]) is contradicted("There is a haemorrhage.", [unsure]) is None


# ------------------------------------------------------------------ the draft

PROSE = """Acute hemorrhage in the left thalamus, 23 mm wide.
There is no intracranial haemorrhage.
There is an intracranial haemorrhage.
The basal cisterns are open."""


@pytest.fixture
def drafted(context: Context) -> Callable[..., Draft]:
    """The draft of studies, by a model that answers as told."""

    def drafted(*studies: Study, **script: Any) -> Draft:
        model = scripted_model(**script)
        context.open_model, context.identity, context._model = (lambda: model), model.identity, None
        found = Found(
            case=Case(patient_key="t-1", temporary_patient=True, studies=studies),
            triage=triage(context, studies=studies),
            reading=reading(context, studies=studies),
        )
        verdict = verify(compose(context, found), found)
        assert verdict.refused == {}
        return assemble(verdict.composition, found, case_id="c-1", model=context.identity, settings=context.settings)

    return drafted


def said(draft: Draft, words: str) -> Statement:
    return next(line for line in statements_of(draft.sections) if words in line.text)


def test_the_draft_of_a_head_ct(context: Context, drafted: Callable[..., Draft]) -> None:
    study = study_of(series_of(context.artifacts, "CT", "HEAD", count=85, total=300))
    draft = drafted(study, present=("an intracranial haemorrhage",), prose=PROSE)
    assert draft.urgency == "critical"
    assert [line.text for line in draft.sections.technique] == [
        "Head CT, 2026-03-02, spacing 1.25 × 0.7 × 0.7 mm (slice, row, column)."
        " 85 of 300 slices were shown to the model."
    ]
    assert draft.sections.impression[0].text == "Intracranial haemorrhage (scan of 2026-03-02)."
    assert all(passed(line.checks) for line in draft.sections.technique + draft.sections.impression)
    written = [line for line in draft.sections.findings if line.source == "model"]
    assert [(line.text, line.support) for line in written] == [
        ("Acute hemorrhage in the left thalamus, 23 mm wide.", "unsupported"),
        ("There is an intracranial haemorrhage.", "supported"),
        ("The basal cisterns are open.", "unsupported"),
    ]
    failed = {check.name: check.detail for check in written[0].checks if not check.passed}
    assert failed["size"] == "a size of 23 mm is not in the evidence"
    assert draft.warnings == (
        UNCALIBRATED,
        "Left out of the model's description, as its answers say otherwise: intracranial haemorrhage.",
    )
    known = {item.id for item in draft.evidence}
    assert all(set(line.evidence) <= known and line.evidence for line in statements_of(draft.sections))


def test_where_a_study_was_not_read_nothing_is_said_to_have_been_shown(
    context: Context, drafted: Callable[..., Draft]
) -> None:
    study = study_of(series_of(context.artifacts, "US", "ABDOMEN", kind="clip"))
    draft = drafted(study, prose="A gallbladder.")
    assert draft.sections.technique[0].text == "Abdomen ultrasound, 2026-03-02. Shown, not read."
    said_of_it = [line.text for line in draft.sections.findings]
    assert said_of_it == [
        "Not assessed: Abdomen ultrasound of 2026-03-02. The model medgemma does not read ultrasound."
    ]


def test_every_study_has_its_block(context: Context, drafted: Callable[..., Draft]) -> None:
    film = series_of(
        context.artifacts, "DX", "CHEST", kind="projection", count=1, view="PA", uid="1.9.1", study_uid="1.9"
    )
    skin = series_of(context.artifacts, "XC", "SKIN", kind="photograph", count=1, uid="1.8.1", study_uid="1.8")
    scan = series_of(context.artifacts, "CT", "CHEST")
    studies = (study_of(scan), study_of(film, date="2026-03-01"), study_of(skin, date="2026-02-28"))
    texts = [line.text for line in drafted(*studies, prose="A pigmented macule.").sections.findings]
    assert texts.index("Scan of 2026-03-02:") < texts.index("Film of 2026-03-01:") < texts.index("Image of 2026-02-28:")
    assert texts.index("A pigmented macule.") < texts.index("Film of 2026-03-01:")
    assert texts[texts.index("Image of 2026-02-28:") + 1] == "A pigmented macule."


def test_the_page_shows_slices_in_soft_tissue(context: Context, drafted: Callable[..., Draft], tmp_path: Any) -> None:
    draft = drafted(study_of(series_of(context.artifacts, "CT", "CHEST", count=5, total=50)), prose="Clear.")
    page = render(draft, context.artifacts, tmp_path).read_text()
    assert "Chest CT <small>soft tissue" in page and "Slice 25 of 50" in page
    assert "All that was asked was answered" in page
    keys = sorted((tmp_path / "images").glob("*.png"))
    green = [Picture.open(key).convert("RGB").getpixel((0, 0)) for key in keys]
    assert green == [(100 + number,) * 3 for number in range(5)], "the green channel of each of the five pictures"


def test_a_flawed_scan_is_said_to_be_flawed(context: Context, drafted: Callable[..., Draft]) -> None:
    draft = drafted(study_of(series_of(context.artifacts, "MR", "BRAIN", flaws=("noise",))), prose="Clear.")
    assert draft.urgency == "not_triaged" and draft.findings == ()
    assert "The scan shows noise and no picture: no question was asked about it." in said(draft, "Not assessed").text
    assert "Shown, not read" in draft.sections.technique[0].text


def test_a_mirrored_film_has_no_sides(context: Context, drafted: Callable[..., Draft]) -> None:
    film = series_of(context.artifacts, "DX", "CHEST", kind="projection", count=1, view="PA", flaws=("mirrored",))
    draft = drafted(study_of(film), present=("a pleural effusion",))
    assert said(draft, "mirrored").support == "abstained"
    assert said(draft, "There is a pleural effusion").text == "There is a pleural effusion; its side is uncertain."
    assert [line for line in statements_of(draft.sections) if not passed(line.checks)] == []
