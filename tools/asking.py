"""How a film, scan, slide or photograph is put before the model, and what of it forbids a question."""

from collections.abc import Callable

from langchain_core.messages import BaseMessage

from prelim.imaging.naming import series_name
from prelim.imaging.selection import Subject
from prelim.models.messages import ask
from prelim.prompts import render
from prelim.types import Flaw, Image, Quality
from tools.film import shown
from tools.tool import Context

_PROMPTS = {"CT": "ct", "MR": "mr", "SM": "slide"}
_FLAWS: dict[Flaw, tuple[Quality, str]] = {
    "blank": ("unreadable", "is blank"),
    "noise": ("unreadable", "shows noise and no picture"),
    "inverted": ("uncertain", "seems to be a negative, bright and dark exchanged"),
    "rotated": ("uncertain", "seems to be turned"),
    "screen": ("uncertain", "seems to be a picture of a screen"),
}
"""Each flaw that forbids a question. A mirrored image may be asked about; only its sides are not told."""

Put = Callable[[str], list[BaseMessage]]
"""A question's text → its messages, behind what all questions about the same images share."""


def putter(context: Context, subject: Subject) -> Put:
    """How questions about these images are put: the preamble, the images (slices with their numbers), the question."""
    pictures = [shown(context, image) for image in subject.images]
    file = subject.table.prompt if subject.table else _PROMPTS.get(subject.series.modality, "picture")
    preamble = render(file, "preamble")
    numbered = subject.series.kind == "volume"
    labels = [render("label", "slice", number=str(image.position + 1)) for image in subject.images if numbered]
    first = subject.series.kind == "slide" and context.settings.slide_order == "published"
    return lambda text: ask(text, pictures, preamble, labels, question_first=first)


def name_of(subject: Subject) -> str:
    """What a question calls it: "CT of the chest", "skin photograph"."""
    return subject.table.image if subject.table else series_name(subject.series)


def flaw_of(subject: Subject) -> tuple[Quality, str] | None:
    """What is so wrong with the images that nothing is asked, in words; None where nothing is.

    In a volume or slide single images may be blank: a flaw counts that most of them have.
    """
    for flaw, (quality, words) in _FLAWS.items():
        if _most(subject.images, flaw):
            return quality, f"The {subject.noun} {words}: no question was asked about it."
    return None


def sides_known(subject: Subject) -> bool:
    """Whether left and right can be told: orientation known and undisputed, the columns running left to right."""
    image = subject.images[0]
    if image.orientation_from == "unknown" or _most(subject.images, "mirrored"):
        return False
    lateral = image.columns_to is None or image.columns_to.startswith(("L", "R"))
    return lateral and not any(image.marker_conflict for image in subject.images)


def _most(images: tuple[Image, ...], flaw: Flaw) -> bool:
    return 2 * sum(flaw in image.flaws for image in images) > len(images)
