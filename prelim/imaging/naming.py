"""What an image is called, and how the day of its study is said. Only what is known is said."""

from collections.abc import Iterable

from prelim.types import Series, Study

UNKNOWN_MODALITY = ("", "OT")
"""Not stated, or DICOM's word for "other"."""
_MODALITIES = {
    **dict.fromkeys(("CR", "DX", "DR", "RG"), "radiograph"),
    "US": "ultrasound",
    "XA": "angiogram",
    "XC": "photograph",
}


def series_name(series: Series) -> str:
    """What a series is, in small letters: "chest radiograph", "image of unknown modality and region"."""
    region = series.body_part.replace("_", " ").lower()
    if series.modality in UNKNOWN_MODALITY:
        return f"{region} image of unknown modality" if region else "image of unknown modality and region"
    return f"{region} {_MODALITIES.get(series.modality, series.modality)}".strip()


def days_of(studies: Iterable[Study]) -> dict[str, str]:
    """Study UID → its day as a sentence says it. Studies of one role that share it are counted: "…, 2 of 3"."""
    known = {study.study_instance_uid: study for study in studies}
    shared: dict[tuple[str, str], list[str]] = {}
    for uid in sorted(known):
        shared.setdefault((known[uid].role, known[uid].date or "unknown date"), []).append(uid)
    return {
        uid: f"{day}, {number} of {len(uids)}" if len(uids) > 1 else day
        for (_, day), uids in shared.items()
        for number, uid in enumerate(uids, start=1)
    }
