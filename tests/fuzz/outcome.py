"""What becomes of a file on the product's own way: read, or a named error; whatever else is a failure."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from memory.artifacts import Artifacts
from prelim.errors import InputError
from prelim.imaging.decode import Showing
from prelim.imaging.files import open_dicom, open_raster, slide_plan
from prelim.imaging.series import groups_in, make_series, measured
from prelim.isolation import LIMIT_S
from tests.fuzz.hostile import CANARY
from tools.intake import inspect

SLOWEST_S = LIMIT_S + 5
"""A call that is cut off, and all that is around it."""
NO_STORE = "0" * 64


class Failed(Exception):
    """A file did what none may do."""


def outcomes(way: str, file: Path, store: Path) -> set[str]:
    """The codes under which a file is refused, or "read". `way`: dicom, raster, or case. Failed."""
    started = time.monotonic()
    found = _WAYS[way](file, store)
    if time.monotonic() - started > SLOWEST_S:
        raise Failed(f"took {time.monotonic() - started:.1f} s")
    return found


def _dicom(file: Path, store: Path) -> set[str]:
    def read() -> None:
        for group in groups_in([measured(open_dicom(file.name, file))]):
            series = make_series(group, 0, lambda png: NO_STORE)
            json.dumps(series.model_dump(), allow_nan=False)
            series.model_dump_json()

    return _named(read, file)


def _raster(file: Path, store: Path) -> set[str]:
    def read() -> None:
        raster = open_raster(file.name, file, Showing(checked=True, frontal_chest=True))
        if raster is None:
            slide_plan(file.name, [file], None)
        else:
            json.dumps(raster._asdict() | {"png": 0}, allow_nan=False)

    return _named(read, file)


def _case(file: Path, store: Path) -> set[str]:
    try:
        found = inspect(file, Artifacts(store))
    except InputError as error:
        return {_checked(error.code, str(error), file)}
    json.dumps(found.model_dump(), allow_nan=False)
    found.model_dump_json()
    codes = {_checked(refusal.code, refusal.message, file) for refusal in found.refused}
    return codes | ({"read"} if found.series or found.documents else set())


def _named(read: Callable[[], None], file: Path) -> set[str]:
    try:
        read()
    except InputError as error:
        if not error.message.startswith(file.name):
            raise Failed(f"{error.code} does not begin with the file's name") from error
        return {_checked(error.code, str(error), file)}
    return {"read"}


def _checked(code: str, message: str, file: Path) -> str:
    """A message is one line, and tells nothing of the machine."""
    if any(told in message for told in (str(file.parent), sys.prefix, CANARY, "\n", "\x1b", "\0")):
        raise Failed(f"{code} tells of the patient or the machine, or is no line")
    return code


_WAYS: dict[str, Callable[[Path, Path], set[str]]] = {"dicom": _dicom, "raster": _raster, "case": _case}
