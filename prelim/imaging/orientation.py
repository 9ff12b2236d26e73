"""Which way a projection image lies: view, and the patient directions of its rows and columns."""

from typing import Any, Literal, NamedTuple

from pydicom import Dataset

_FRONTAL = ("PA", "AP")
_NAMED = {
    "POSTERO-ANTERIOR": "PA",
    "POSTEROANTERIOR": "PA",
    "ANTERO-POSTERIOR": "AP",
    "ANTEROPOSTERIOR": "AP",
}


class Orientation(NamedTuple):
    """`columns_to`, `rows_to`: the patient direction in which column and row indices grow (L, R, H, F, A, P)."""

    columns_to: str | None
    rows_to: str | None
    source: Literal["tag", "convention", "unknown"]
    issue: str | None


def view_of(dataset: Dataset) -> str | None:
    """PA, AP, or whatever other view the tags state; None where they state none."""
    stated = str(dataset.get("ViewPosition") or "").strip().upper()
    if stated:
        return stated
    for code in dataset.get("ViewCodeSequence") or []:
        meaning = str(code.get("CodeMeaning") or "").upper()
        return _NAMED.get(meaning, meaning or None)
    return None


def orientation_of(view: str | None, stated: Any) -> Orientation:
    """The orientation of a projection image from its Patient Orientation, else by the radiographic convention.

    `stated` is DICOM's [direction of the rows' run, direction of the columns' run]: the first letter pair tells
    where a row of pixels runs to, that is, where column indices grow to. The convention (a frontal film is shown as
    if facing the patient: their right on the image's left) holds for a known frontal view only.
    """
    values = [str(value).strip().upper() for value in stated] if stated else []
    if len(values) == 2 and all(values):
        return Orientation(values[0], values[1], "tag", None)
    if view in _FRONTAL:
        issue = "No orientation tag: the patient's right is taken to lie on the image's left (radiographic convention)."
        return Orientation("L", "F", "convention", issue)
    return Orientation(None, None, "unknown", "View and orientation are not stated: sides cannot be told.")
