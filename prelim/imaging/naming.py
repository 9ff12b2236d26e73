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
    "SM": "slide",
}
_MARKS = {"EchoTime": "echo time {} ms", "TemporalPosition": "time point {}", "DiffusionBValue": "b-value {} s/mm²"}


def series_name(series: Series) -> str:
    """What a series is, in small letters: "chest radiograph", "image of unknown modality and region"."""
    region = series.body_part.replace("_", " ").lower()
    if series.modality in UNKNOWN_MODALITY:
        return f"{region} image of unknown modality" if region else "image of unknown modality and region"
    scout = " scout" if series.kind == "scout" else ""
    return f"{region} {_MODALITIES.get(series.modality, series.modality)}{scout}".strip()


def told_apart(series: Series) -> str:
    """What tells a volume from the others of its series: "echo time 90 ms"; empty where it is alone."""
    return ", ".join(_MARKS.get(name, f"{name} {{}}").format(value) for name, value in series.marks.items())


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
