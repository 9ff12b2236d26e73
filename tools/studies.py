"""The studies of a case: image files as series, series as studies, each with its role."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from memory.artifacts import Artifacts
from prelim.errors import InputError, UnavailableError
from prelim.imaging.decode import Showing
from prelim.imaging.files import open_raster
from prelim.imaging.grouping import Source
from prelim.imaging.orientation import Orientation, orientation_of, view_of
from prelim.imaging.selection import may_be_frontal_chest, same_region
from prelim.imaging.slide_series import slide_series
from prelim.imaging.tags import Header, day, text, uid_of_file
from prelim.isolation import call_each
from prelim.types import Image, ImageSet, Refusal, Series, Study
from tools.case_file import CaseFile, FileNote
from tools.dicom_series import dicom_series, refusal_of
from tools.manifest import File

_FILMS = ("CR", "DX", "DR", "RG")
_UNKNOWN = "Neither tags nor case.yaml say what this image shows: add its modality and body_part there."
_Role = Literal["current", "prior"]


class Picture(NamedTuple):
    """An image file without DICOM tags, and where it lies."""

    file: File
    place: Path


class Files(NamedTuple):
    """The image files of a case and what case.yaml says of them."""

    sources: Sequence[Source]
    pictures: Sequence[Picture]
    stated: CaseFile


def studies_of(files: Files, artifacts: Artifacts) -> tuple[tuple[Study, ...], list[Refusal]]:
    """Every study, the oldest first; files whose pixels cannot be decoded are refused alone."""
    refused: list[Refusal] = []
    series = [*dicom_series(files.sources, files.stated, artifacts, refused), *_pictures(files, artifacts, refused)]
    groups: dict[str, list[Series]] = {}
    for item in series:
        groups.setdefault(item.study_instance_uid, []).append(item)
    stated = _stated_roles(files)
    tags = {text(source.header, "StudyInstanceUID"): source.header for source in files.sources}
    studies = [
        Study(
            study_instance_uid=uid,
            date=_last(items),
            role=stated.get(uid) or _role(items, series),
            description=text(tags[uid], "StudyDescription") if uid in tags else "",
            series=tuple(items),
        )
        for uid, items in groups.items()
    ]
    return tuple(sorted(studies, key=lambda study: (study.date or "", study.study_instance_uid))), refused


def complete_tags(source: Source, note: FileNote) -> None:
    """Write into the tags what case.yaml adds; where both speak, the tags stand."""
    header = source.header
    if note.view and view_of(header) is None:
        header["ViewPosition"] = [note.view]
    if note.body_part and not text(header, "BodyPartExamined"):
        header["BodyPartExamined"] = [note.body_part]
    if note.modality and text(header, "Modality") in ("", "OT"):
        header["Modality"] = [note.modality]
    if note.date and day(header) is None:
        header["StudyDate"] = [note.date.replace("-", "")]


# ------------------------------------------------------------------ PNG and JPEG


def _pictures(files: Files, artifacts: Artifacts, refused: list[Refusal]) -> list[Series]:
    def made(picture: Picture) -> Series:
        path = picture.file.path
        try:
            return _picture(picture, files.stated.note(path), artifacts)
        except UnavailableError as error:
            if error.code != "library_missing":
                raise
            raise InputError(error.code, error.message, error.remedy, path) from error  # this file's fault alone

    found = call_each(made, files.pictures)
    refused += [refusal_of(error) for error in found if isinstance(error, InputError)]
    return [series for series in found if isinstance(series, Series)]


def _picture(picture: Picture, note: FileNote, artifacts: Artifacts) -> Series:
    """A picture as a series of its own. What it shows is what case.yaml says; a view is said of radiographs only."""
    name, uid = picture.file.path, uid_of_file(picture.file.sha256)
    modality = note.modality or ("CR" if note.view else "OT")
    film = modality in _FILMS
    way = orientation_of(note.view) if film else None
    raster = open_raster(name, picture.place, _showing(note, film, way), bool(note.mpp) or modality == "SM")
    if raster is None:
        return slide_series(name, [picture.place], _header_of(uid, note), artifacts.put, note.mpp)
    issues = [] if note.modality or note.view else [_UNKNOWN]
    if raster.pages > 1:
        issues.append(f"The file holds {raster.pages} pictures: the first is shown, the others are not read.")
    image = Image(
        sop_instance_uid=uid,
        pixels_sha256=artifacts.put(raster.png),
        rows=raster.rows,
        columns=raster.columns,
        columns_to=way.columns_to if way else None,
        rows_to=way.rows_to if way else None,
        orientation_from=way.source if way else "unknown",
        marker_conflict="mirrored" in raster.flaws,
        flaws=raster.flaws,
    )
    return Series(
        study_instance_uid=uid,
        series_instance_uid=uid,
        modality=modality,
        body_part=note.body_part or "",
        view=note.view,
        kind="projection" if film else "other" if raster.nearly_grey else "photograph",
        frames=1,
        shape=(1, raster.rows, raster.columns),
        photometric="MONOCHROME2" if raster.grey else "RGB",
        value_range=raster.value_range,
        date=note.date,
        issues=(*issues, way.issue) if way and way.issue else tuple(issues),
        image_set=ImageSet(images=(image,), total=1),
    )


def _showing(note: FileNote, film: bool, way: Orientation | None) -> Showing:
    frontal = film and may_be_frontal_chest(note.view, note.body_part or "")
    to = (way.columns_to, way.rows_to) if way else (None, None)
    return Showing(checked=True, frontal_chest=frontal, columns_to=to[0], rows_to=to[1])


def _header_of(uid: str, note: FileNote) -> Header:
    """What is known of a file without tags, as tags."""
    header: Header = {keyword: [uid] for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")}
    told = {"BodyPartExamined": note.body_part, "StudyDate": (note.date or "").replace("-", "")}
    return header | {keyword: [value] for keyword, value in told.items() if value}


# ------------------------------------------------------------------ roles


def _stated_roles(files: Files) -> dict[str, _Role]:
    """Study UID → the role that case.yaml gives one of its files."""
    note = files.stated.note
    named = [(text(source.header, "StudyInstanceUID"), note(source.path).role) for source in files.sources]
    named += [(uid_of_file(picture.file.sha256), note(picture.file.path).role) for picture in files.pictures]
    return {uid: role for uid, role in named if role == "prior" or role == "current"}


def _last(items: Sequence[Series]) -> str | None:
    return max((item.date for item in items if item.date), default=None)


def _role(items: Sequence[Series], everything: Sequence[Series]) -> _Role:
    """Prior where a later examination of the same kind and region is in the case; current without a day."""
    when = _last(items)
    days = [other.date for other in everything if other.date and any(_alike(item, other) for item in items)]
    return "prior" if when and max(days, default=when) > when else "current"


def _alike(one: Series, other: Series) -> bool:
    """Whether one may be compared with the other: films with films, else of one modality; of one region."""
    films = one.kind == other.kind == "projection" and one.modality in _FILMS and other.modality in _FILMS
    return (films or one.modality == other.modality) and same_region(one.body_part, other.body_part)
