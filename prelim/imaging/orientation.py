"""Which way a projection image lies: view, and the patient directions of its rows and columns."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from prelim.imaging.tags import Tags, items, numbers, text, values
from prelim.types import Vector3

FRONTAL = ("PA", "AP")
_CODED = {"272479007": "PA", "R-10214": "PA", "399348003": "AP", "R-10206": "AP"}
"""View codes, SNOMED CT and the older SRT. Source: DICOM PS3.16, CID 4010."""
_NAMED = {"POSTERO": "PA", "ANTERO": "AP"}
_OPPOSITE = {"L": "R", "R": "L", "A": "P", "P": "A", "H": "F", "F": "H"}
_ALONG = 0.8
"""The least cosine to an axis of a direction that is named after it: within 37°."""
_CONVENTION = "No orientation tag: the patient's right is taken to lie on the image's left (radiographic convention)."
_UNKNOWN = "View and orientation are not stated: sides cannot be told."


class Orientation(NamedTuple):
    """`columns_to`, `rows_to`: the patient direction in which column and row indices grow (L, R, H, F, A, P).

    `conflict`: what the tags say of the sides contradicts itself, so no side can be told.
    """

    columns_to: str | None
    rows_to: str | None
    source: Literal["tag", "convention", "unknown"]
    conflict: bool = False
    issue: str | None = None


def view_of(dataset: Tags) -> str | None:
    """PA, AP, or whatever other view the tags state; None where they state none."""
    stated = text(dataset, "ViewPosition").upper()
    if stated:
        return stated
    for code in items(dataset, "ViewCodeSequence"):
        named = text(code, "CodeMeaning").upper()
        frontal = next(
            (view for word, view in _NAMED.items() if named.startswith(word) and "OBLIQUE" not in named), None
        )
        return _CODED.get(text(code, "CodeValue")) or frontal or named or None
    return None


def projection_orientation(dataset: Tags, view: str | None) -> Orientation:
    """The orientation of a projection image from its tags, else by the convention, with what contradicts it."""
    way = orientation_of(view, values(dataset, "PatientOrientation"))
    wrong = _contradiction(dataset, way, view)
    return way._replace(conflict=True, issue=f"{wrong}: sides cannot be told.") if wrong else way


def orientation_of(view: str | None, stated: Sequence[str] = ()) -> Orientation:
    """The orientation of a projection image from its Patient Orientation, else by the radiographic convention.

    `stated` is DICOM's [direction of the rows' run, direction of the columns' run]: the first tells where a row of
    pixels runs to, that is, where column indices grow to. The convention (a frontal film is shown as if facing the
    patient: their right on the image's left) holds for a known frontal view only.
    """
    directions = [direction.upper() for direction in stated]
    if len(directions) == 2 and all(way and set(way) <= set(_OPPOSITE) for way in directions):
        upside_down = "The film is stored upside down." if directions[1].startswith("H") and view in FRONTAL else None
        return Orientation(directions[0], directions[1], "tag", issue=upside_down)
    if view in FRONTAL:
        return Orientation("L", "F", "convention", issue=_CONVENTION)
    return Orientation(None, None, "unknown", issue=_UNKNOWN)


def plane_orientation(row_direction: Vector3, column_direction: Vector3) -> Orientation:
    """The orientation of a slice from its direction cosines (LPS); unknown where it lies askew between two axes."""
    ways = (_main_direction(row_direction), _main_direction(column_direction))
    askew = min(max(map(abs, cosines)) for cosines in (row_direction, column_direction)) < _ALONG
    return Orientation(None, None, "unknown") if askew else Orientation(*ways, "tag")


def _contradiction(dataset: Tags, way: Orientation, view: str | None) -> str | None:
    """What speaks against the orientation, in words; None where nothing does."""
    sides = {text(dataset, keyword).upper() for keyword in ("Laterality", "ImageLaterality")}
    if {"L", "R"} <= sides:
        return "Series and image name opposite sides"
    if way.source != "tag" or way.columns_to is None:
        return None
    if view in FRONTAL and way.columns_to[0] not in "LR":
        return f"A frontal film whose columns run towards '{way.columns_to}' lies turned"
    cosines = numbers(dataset, "ImageOrientationPatient", 6)
    if cosines and _OPPOSITE[way.columns_to[0]] == _main_direction(cosines[:3]):
        return "Patient Orientation and Image Orientation contradict each other"
    return None


def _main_direction(cosines: Sequence[float]) -> str:
    """The patient direction that a vector in LPS mostly points to."""
    axis = max(range(3), key=lambda index: abs(cosines[index]))
    return ("LPH" if cosines[axis] > 0 else "RAF")[axis]
