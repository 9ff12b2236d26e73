"""How images are put before the model: preamble, images, labels and question, in exactly this order."""

import pytest

from memory.artifacts import Artifacts
from prelim.imaging.selection import subject_of
from prelim.models.messages import ask, conversation_of
from prelim.prompts import render
from tests.sample_scan import Scripted, png, scripted_model, series_of, shape_of, study_of
from tools.asking import flaw_of, putter, sides_known
from tools.tool import Context
from tools.triage import triage


@pytest.fixture
def teller(context: Context) -> Scripted:
    made = scripted_model()
    context.open_model, context.identity = (lambda: made), made.identity
    return made


def asked(context: Context, teller: Scripted, *args: str, **more: object) -> list[str]:
    """The first question about a series, block by block."""
    triage(context, studies=(study_of(series_of(context.artifacts, *args, **more)),))  # type: ignore[arg-type]
    return shape_of(teller.asked[0])


def test_slices_are_followed_by_their_numbers_and_the_question_is_last(context: Context, teller: Scripted) -> None:
    assert asked(context, teller, "CT", "HEAD", count=3, total=300) == [
        render("ct", "preamble"),
        "image",
        "SLICE 1",
        "image",
        "SLICE 151",
        "image",
        "SLICE 300",
        "Is this a readable CT of the head? Answer yes or no.",
    ]
    assert shape_of(teller.asked[1])[-1] == "Is this image unreadable as a CT of the head? Answer yes or no."
    haemorrhage = [shape_of(one)[-1] for one in teller.asked[2:6]]
    assert haemorrhage == [
        "Is there an intracranial haemorrhage on this scan? Answer yes or no.",
        "Is the scan free of an intracranial haemorrhage on this scan? Answer yes or no.",
        "Can an intracranial haemorrhage be seen on this scan? Answer yes or no.",
        "Is an intracranial haemorrhage absent on this scan? Answer yes or no.",
    ]
    assert len(teller.asked) == 2 + 4 * 13


def test_an_mr_is_put_as_a_ct_is(context: Context, teller: Scripted) -> None:
    shape = asked(context, teller, "MR", "BRAIN", count=2)
    assert shape[:-1] == [render("mr", "preamble"), "image", "SLICE 1", "image", "SLICE 2"]


def test_patches_have_no_labels(context: Context, teller: Scripted) -> None:
    shape = asked(context, teller, "SM", kind="slide", count=2)
    question = "Is this a readable histology slide? Answer yes or no."
    assert shape == [render("slide", "preamble"), "image", "image", question]


def test_the_published_order_of_a_slide(context: Context, teller: Scripted) -> None:
    context.settings = context.settings.model_copy(update={"slide_order": "published"})
    shape = asked(context, teller, "SM", kind="slide", count=2)
    question = "Is this a readable histology slide? Answer yes or no."
    assert shape == [render("slide", "preamble"), question, "image", "image"]


def test_adjacent_texts_are_one_part_with_a_newline_inside() -> None:
    """The template joins parts without a separator: "SLICE 2Is there …" must not be."""
    image = png(0, colour=True)
    [turn] = conversation_of(ask("Is there?", [image, image], "CT.", ["SLICE 1", "SLICE 2"]))
    assert [part.get("text", "image") for part in turn["content"]] == [
        "CT.",
        "image",
        "SLICE 1",
        "image",
        "SLICE 2\nIs there?",
    ]
    [turn] = conversation_of(ask("Is there?", [image], "Slide.", question_first=True))
    assert [part.get("text", "image") for part in turn["content"]] == ["Slide.\nIs there?", "image"]


def test_the_film_is_put_as_the_embedded_model_was_taught(context: Context, teller: Scripted) -> None:
    shape = asked(context, teller, "DX", "CHEST", kind="projection", count=1, view="PA")
    assert shape == [
        "Frontal chest film. Left and right mean the patient's left and right.",
        "image",
        "Is this a readable frontal chest film? Answer yes or no.",
    ]
    assert [shape_of(one)[-1] for one in teller.asked[1:4]] == [
        "Is this image unreadable as a frontal chest film? Answer yes or no.",
        "Is there a lung opacity in the patient's right lung? Answer yes or no.",
        "Is the film free of a lung opacity in the patient's right lung? Answer yes or no.",
    ]


def test_a_flaw_counts_that_most_images_have(artifacts: Artifacts) -> None:
    whole = subject_of(study_of(series_of(artifacts, "CT", "HEAD", count=4, flaws=("blank",))))
    assert whole and (flaw_of(whole) or ("", ""))[0] == "unreadable"
    first, *rest = whole.images
    once = whole._replace(images=(first, *(image.model_copy(update={"flaws": ()}) for image in rest)))
    assert flaw_of(once) is None


@pytest.mark.parametrize(("columns_to", "known"), [("L", True), ("R", True), ("P", False), (None, False)])
def test_sides_are_told_where_columns_run_from_side_to_side(
    columns_to: str | None, known: bool, artifacts: Artifacts
) -> None:
    subject = subject_of(study_of(series_of(artifacts, "CT", "CHEST", columns_to=columns_to)))
    assert subject and sides_known(subject) is known


def test_a_mirrored_image_is_asked_about_and_its_sides_are_not_told(context: Context, teller: Scripted) -> None:
    series = series_of(context.artifacts, "DX", "CHEST", kind="projection", count=1, view="PA", flaws=("mirrored",))
    found = triage(context, studies=(study_of(series),))
    sides = {(finding.label, finding.laterality) for finding in found.findings}
    assert {("lung_opacity", None), ("pleural_effusion", None), ("cardiomegaly", "midline")} <= sides
    assert {side for _, side in sides} == {None, "midline"}


def test_putter_reads_each_picture_once(context: Context) -> None:
    subject = subject_of(study_of(series_of(context.artifacts, "CT", "HEAD")))
    assert subject
    put = putter(context, subject)
    for path in (context.settings.home / "artifacts").rglob("*"):
        path.unlink() if path.is_file() else None
    assert shape_of(put("Why?"))[-1] == "Why?"
