"""The studies of a case: image files as series, series as studies, each with its role."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from memory.artifacts import Artifacts
from prelim.errors import InputError
from prelim.imaging.display import read_raster, to_png
from prelim.imaging.orientation import orientation_of
from prelim.imaging.series import Source, group_key, load, make_series
from prelim.types import Image, ImageSet, Refusal, Series, Study
from tools.manifest import CaseFile, File, FileNote

_FILMS = ("CR", "DX", "DR", "RG")
_Role = Literal["current", "prior"]


class Picture(NamedTuple):
    """An image file without DICOM tags."""

    file: File
    data: bytes


class Files(NamedTuple):
    """The image files of a case and what case.yaml says of them."""

    sources: Sequence[Source]
    pictures: Sequence[Picture]
    stated: CaseFile

    def note(self, path: str) -> FileNote:
        """What case.yaml says of a file."""
        return self.stated.files.get(path, FileNote())


def studies_of(files: Files, artifacts: Artifacts) -> tuple[tuple[Study, ...], list[Refusal]]:
    """Every study, the oldest first; files whose pixels cannot be decoded are refused alone."""
    refused: list[Refusal] = []
    series = [*_dicom_series(files, artifacts, refused), *_pictures(files, artifacts, refused)]
    groups: dict[str, list[Series]] = {}
    for item in series:
        groups.setdefault(item.study_instance_uid, []).append(item)
    stated = _stated_roles(files)
    described = {str(s.dataset.get("StudyInstanceUID")): s.dataset.get("StudyDescription") for s in files.sources}
    studies = [
        Study(
            study_instance_uid=uid,
            date=max((item.date for item in items if item.date), default=None),
            role=stated.get(uid) or _role(items, series),
            description=str(described.get(uid) or ""),
            series=tuple(items),
        )
        for uid, items in groups.items()
    ]
    return tuple(sorted(studies, key=lambda study: (study.date or "", study.study_instance_uid))), refused


def _refusal(path: str, error: InputError) -> Refusal:
    return Refusal(path=path, code=error.code, message=str(error))


# ------------------------------------------------------------------ DICOM


def _dicom_series(files: Files, artifacts: Artifacts, refused: list[Refusal]) -> list[Series]:
    groups: dict[tuple[object, ...], list[Source]] = {}
    for source in files.sources:
        groups.setdefault(group_key(source.dataset), []).append(source)
    made: list[Series] = []
    for sources in groups.values():
        loaded = []
        for source in sorted(sources, key=_instance):
            try:
                loaded.append(load(source))
            except InputError as error:
                refused.append(_refusal(source.path, error))
        if loaded:
            uid = str(loaded[0].source.dataset.get("SeriesInstanceUID"))
            volume = sum(series.series_instance_uid == uid for series in made)
            made.append(_noted(make_series(loaded, volume, artifacts.put), files.note(loaded[0].source.path)))
    return made


def _instance(source: Source) -> tuple[int, str]:
    number = source.dataset.get("InstanceNumber")
    return (int(number) if number not in (None, "") else 0, source.path)


def _noted(series: Series, note: FileNote) -> Series:
    """The series with what case.yaml adds; where both speak, the tags stand."""
    return series.model_copy(
        update={
            "date": series.date or note.date,
            "body_part": series.body_part or (note.body_part or "").upper(),
            "view": series.view or note.view,
        }
    )


# ------------------------------------------------------------------ PNG and JPEG


def _pictures(files: Files, artifacts: Artifacts, refused: list[Refusal]) -> Iterable[Series]:
    for picture in files.pictures:
        try:
            yield _picture(picture, files.note(picture.file.path), artifacts)
        except InputError as error:
            refused.append(_refusal(picture.file.path, error))


def _uid(file: File) -> str:
    """The UID of a file that is no DICOM: 2.25. and 128 bits of its sha256."""
    return f"2.25.{int(file.sha256[:32], 16)}"


def _picture(picture: Picture, note: FileNote, artifacts: Artifacts) -> Series:
    """A picture as a series of its own. Without a modality in case.yaml, a grey one is taken for a film."""
    name, uid = picture.file.path, _uid(picture.file)
    pixels = read_raster(picture.data, name)
    modality = (note.modality or ("CR" if pixels.ndim == 2 else "XC")).upper()
    film = modality in _FILMS
    way = orientation_of(note.view, None)
    issues = [] if note.modality else [f"No tags: taken for a {'film' if film else 'photograph'} by its pixels."]
    issues += [way.issue] if film and way.issue else []
    rows, columns = pixels.shape[:2]
    image = Image(
        sop_instance_uid=uid,
        pixels_sha256=artifacts.put(to_png(pixels)),
        rows=rows,
        columns=columns,
        columns_to=way.columns_to if film else None,
        rows_to=way.rows_to if film else None,
        orientation_from=way.source if film else "unknown",
    )
    return Series(
        study_instance_uid=uid,
        series_instance_uid=uid,
        modality=modality,
        body_part=(note.body_part or ("CHEST" if film else "")).upper(),
        view=note.view,
        kind="projection" if film else "photograph",
        frames=1,
        shape=(1, rows, columns),
        photometric="MONOCHROME2" if pixels.ndim == 2 else "RGB",
        value_range=(float(pixels.min()), float(pixels.max())),
        date=note.date,
        issues=tuple(issues),
        image_set=ImageSet(images=(image,)),
    )


# ------------------------------------------------------------------ roles


def _stated_roles(files: Files) -> dict[str, _Role]:
    """Study UID → the role that case.yaml gives one of its files."""
    named = [(str(source.dataset.get("StudyInstanceUID")), files.note(source.path).role) for source in files.sources]
    named += [(_uid(picture.file), files.note(picture.file.path).role) for picture in files.pictures]
    return {uid: role for uid, role in named if role == "prior" or role == "current"}


def _role(items: Sequence[Series], everything: Sequence[Series]) -> _Role:
    """Prior where a later examination of the same kind and region is in the case; current without a day."""
    when = max((item.date for item in items if item.date), default=None)
    kinds = {(item.kind, item.body_part) for item in items}
    days = [other.date for other in everything if (other.kind, other.body_part) in kinds and other.date]
    return "prior" if when and max(days) > when else "current"
