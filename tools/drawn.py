"""Drawn films with known findings, each a DICOM file like any other: what a model is measured on without data."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from prelim.models.change_figures import DIRECTIONS
from prelim.models.phantom.draw import SIGNS, Film, film, pair
from prelim.types import Laterality
from tools.layouts.boxes import BoxExample, BoxTruth
from tools.layouts.pairs import ChangeTruth, PairExample
from tools.truth import Example, Truth

_STREAM = 20261126
"""Sets these films apart from those that the embedded model was trained and measured on with the same seed."""
_PAIRS = 1
_DATE, _LATER = "20250101", "20250301"


def drawn_films(count: int, seed: int) -> Iterator[Example]:
    """Readable films with up to three signs, each of another patient."""
    for number in range(count):
        name = f"phantom-{seed}-{number}"
        yield _example(name, film(np.random.default_rng([_STREAM, seed, number])))


def drawn_boxes(count: int, seed: int) -> Iterator[BoxExample]:
    """The same films, of those with a sign, with the boxes of what was drawn."""
    for number in range(count):
        name, drawn = f"phantom-{seed}-{number}", film(np.random.default_rng([_STREAM, seed, number]))
        boxes = tuple(BoxTruth(label=label, laterality=side, box_px=box) for (label, side), box in drawn.boxes.items())
        if boxes:
            yield BoxExample(name, name, boxes, _placed(name, drawn, _DATE))


def drawn_pairs(count: int, seed: int) -> Iterator[PairExample]:
    """Two films of a patient, an earlier and a later one, with how each sign that was drawn changed."""
    for number in range(count):
        name = f"phantom-pair-{seed}-{number}"
        before, after, changes = pair(np.random.default_rng([_STREAM, _PAIRS, seed, number]))
        truths = tuple(
            ChangeTruth(label=label, laterality=side, direction=DIRECTIONS[change])
            for (label, side), change in changes.items()
        )
        if truths:
            prior, current = _placed(name, before, _DATE), _placed(name, after, _LATER)
            yield PairExample(name, name, truths, prior, current)


def _placed(name: str, drawn: Film, date: str) -> Callable[[Path], Path]:
    """Writes a film of the patient `name` into a scratch folder."""

    def place(scratch: Path) -> Path:
        from prelim.models.phantom.film_file import dicom_of  # the code dictionaries that it brings take their time

        path = scratch / f"{name}-{date}.dcm"
        dicom_of(drawn.pixels, name, date).save_as(path, enforce_file_format=True)
        return path

    return place


def _example(name: str, drawn: Film) -> Example:
    truths = tuple(_truth(label, side, (label, side) in drawn.boxes) for label, side in SIGNS)
    return Example(name, name, truths, _placed(name, drawn, _DATE))


def _truth(label: str, side: Laterality, present: bool) -> Truth:
    return Truth(label=label, laterality=side, present=present)
