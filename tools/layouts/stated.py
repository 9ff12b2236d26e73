"""What a table says of an image that does not say it itself, and cells of a table that mean one of few things."""

from typing import Any

from pydantic import ValidationError

from prelim.errors import InputError
from prelim.types import Laterality
from tools.case_file import FileNote

STATED = ("modality", "body_part", "view")
"""Columns for images that do not say it themselves, as `case.yaml` has them."""
SIDES: dict[str, Laterality | None] = {"left": "left", "right": "right", "midline": "midline", "": None}


def stated(cells: dict[str, str]) -> FileNote:
    """The columns `STATED`. InputError bad_statement."""
    told: dict[str, Any] = {name: cells[name] for name in STATED if cells.get(name)}
    try:
        return FileNote.model_validate(told)
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError("bad_statement", f"{first['loc'][0]} is '{first['input']}': {first['msg']}.", "") from error


def chest_film(view: str) -> FileNote:
    """What public collections of chest films leave unsaid in their PNG and JPEG files. InputError bad_statement."""
    return stated({"modality": "CR", "body_part": "CHEST", "view": view})


def side_of(text: str) -> Laterality | None:
    """InputError bad_laterality."""
    if text.lower() not in SIDES:
        known = ", ".join(filter(None, SIDES))
        raise InputError("bad_laterality", f"The laterality is '{text}': {known}, or empty.", "")
    return SIDES[text.lower()]
