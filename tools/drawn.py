"""Drawn films with known findings, each a DICOM file like any other: what a model is measured on without data."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from prelim.models.phantom.draw import SIGNS, Film, film
from prelim.types import Laterality
from tools.truth import Example, Truth

_STREAM = 20261126
"""Sets these films apart from those that the embedded model was trained and measured on with the same seed."""
_DATE = "20250101"


def drawn_films(count: int, seed: int) -> Iterator[Example]:
    """Readable films with up to three signs, each of another patient."""
    for number in range(count):
        name = f"phantom-{seed}-{number}"
        yield _example(name, film(np.random.default_rng([_STREAM, seed, number])))


def _example(name: str, drawn: Film) -> Example:
    def place(scratch: Path) -> Path:
        from prelim.models.phantom.film_file import dicom_of  # the code dictionaries that it brings take their time

        path = scratch / f"{name}.dcm"
        dicom_of(drawn.pixels, name, _DATE).save_as(path, enforce_file_format=True)
        return path

    truths = tuple(_truth(label, side, (label, side) in drawn.boxes) for label, side in SIGNS)
    return Example(name, name, truths, place)


def _truth(label: str, side: Laterality, present: bool) -> Truth:
    return Truth(label=label, laterality=side, present=present)
