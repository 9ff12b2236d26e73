"""From image files to series: what belongs together, in what order, and the pictures that can be shown."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from pydicom import Dataset

from prelim.imaging.dicom import DRAWN_PHANTOM, Pixels, frames_of, window_of
from prelim.imaging.display import to_grey, to_png
from prelim.imaging.geometry import Plane, Stack, stack
from prelim.imaging.orientation import orientation_of, view_of
from prelim.types import Image, ImageSet, Series

Store = Callable[[bytes], str]
Kind = Literal["projection", "volume", "still", "clip", "photograph", "scout", "other"]
PROJECTIONS = ("CR", "DX", "DR", "RG", "MG", "RF", "XA", "IO", "PX")
_VOLUMES = ("CT", "MR", "PT", "NM")
_PHOTOGRAPHS = ("XC", "ES", "GM", "OP", "SM", "DMS")
_CT_WINDOW_HU = (-160.0, 240.0)
_SHOWN_OF_VOLUME = 9


class Source(NamedTuple):
    """A DICOM file that could be read."""

    path: str
    dataset: Dataset


class Frames(NamedTuple):
    """One file's frames after the modality LUT, with the planes they lie in (empty where not stated)."""

    source: Source
    values: Pixels
    planes: tuple[Plane, ...]


def group_key(dataset: Dataset) -> tuple[Any, ...]:
    """Files of one key are one series: the series UID, matrix, direction, and whether it is a scout."""
    plane = _orientation(dataset)
    direction = tuple(round(float(value), 2) for value in plane) if plane else ()
    kind = kind_of(dataset)
    alone = str(dataset.get("SOPInstanceUID")) if kind not in ("volume", "scout") else ""
    uids = (str(dataset.get("StudyInstanceUID", "")), str(dataset.get("SeriesInstanceUID", "")))
    return (*uids, int(dataset.Rows), int(dataset.Columns), direction, kind, alone)


def kind_of(dataset: Dataset) -> Kind:
    """What kind of picture a file holds, by its modality and image type."""
    modality, frames = str(dataset.get("Modality") or ""), int(dataset.get("NumberOfFrames") or 1)
    if modality in PROJECTIONS:
        return "projection"
    if modality in _VOLUMES:
        return "scout" if "LOCALIZER" in (dataset.get("ImageType") or []) else "volume"
    if modality in ("US", "IVUS"):
        return "clip" if frames > 1 else "still"
    return "photograph" if modality in _PHOTOGRAPHS else "other"


def load(source: Source) -> Frames:
    """Decode a file. InputError as `frames_of` says."""
    values = frames_of(source.dataset, source.path)
    return Frames(source, values, _planes(source.dataset, len(values)))


def make_series(loaded: Sequence[Frames], volume: int, store: Store) -> Series:
    """One series of files that share a key. Pictures go into the store as PNG."""
    first = loaded[0].source.dataset
    kind, planes = kind_of(first), [plane for frames in loaded for plane in frames.planes]
    count = sum(len(frames.values) for frames in loaded)
    placed = stack(planes) if kind in ("volume", "scout") and len(planes) == count else None
    order = placed.order if placed else range(count)
    issues = list(placed.issues) if placed else []
    if kind == "volume" and placed is None:
        issues.append("Slice positions are not stated: files in the order of their instance numbers.")
    low, high = (min(float(f.values.min()) for f in loaded), max(float(f.values.max()) for f in loaded))
    images, more = _images(first, kind, loaded, list(order), (low, high), store)
    return Series(
        study_instance_uid=str(first.get("StudyInstanceUID") or first.get("SOPInstanceUID")),
        series_instance_uid=str(first.get("SeriesInstanceUID") or first.get("SOPInstanceUID")),
        volume=volume,
        modality=str(first.get("Modality") or "OT"),
        body_part=str(first.get("BodyPartExamined") or "").upper(),
        view=view_of(first) if kind == "projection" else None,
        description=str(first.get("SeriesDescription") or ""),
        kind=kind,
        frames=count,
        shape=(count, int(first.Rows), int(first.Columns)),
        **_place(placed, first),
        photometric=str(first.get("PhotometricInterpretation") or ""),
        value_range=(low, high),
        date=day_of(first),
        time=str(first.get("ContentTime") or first.get("AcquisitionTime") or first.get("StudyTime") or "") or None,
        provenance="drawn_phantom" if first.get("Manufacturer") == DRAWN_PHANTOM else "clinical",
        issues=tuple(dict.fromkeys([*issues, *more])),
        image_set=ImageSet(images=images),
    )


def _place(placed: Stack | None, first: Dataset) -> dict[str, Any]:
    if placed is None:
        spacing = first.get("PixelSpacing") or first.get("ImagerPixelSpacing")
        stated = spacing and len(spacing) == 2 and min(float(value) for value in spacing) > 0
        known = (None, float(spacing[0]), float(spacing[1])) if stated else None
        return {"spacing_mm": known}
    return {
        "affine_lps": placed.affine_lps,
        "slice_origins_lps": placed.origins_lps,
        "spacing_mm": placed.spacing_mm,
    }


def day_of(dataset: Dataset) -> str | None:
    """The day of the examination, ISO 8601; the older dotted form is understood."""
    for keyword in ("StudyDate", "AcquisitionDate", "SeriesDate", "ContentDate"):
        digits = "".join(c for c in str(dataset.get(keyword) or "") if c.isdigit())
        if len(digits) == 8:
            return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
    return None


# ------------------------------------------------------------------ pictures


def _images(
    first: Dataset,
    kind: Kind,
    loaded: Sequence[Frames],
    order: Sequence[int],
    value_range: tuple[float, float],
    store: Store,
) -> tuple[tuple[Image, ...], list[str]]:
    """Every projection or still; of volumes and clips a few, evenly spread, ends included."""
    places = [(frames, index) for frames in loaded for index in range(len(frames.values))]
    chosen = [places[position] for position in _spread(order, 1 if kind == "projection" else _SHOWN_OF_VOLUME)]
    if kind == "projection":
        chosen = places
    view, stated = view_of(first) if kind == "projection" else None, first.get("PatientOrientation")
    way = orientation_of(view, stated) if kind == "projection" else None
    images = []
    for frames, index in chosen:
        dataset = frames.source.dataset
        images.append(
            Image(
                sop_instance_uid=str(dataset.get("SOPInstanceUID") or ""),
                frame=index,
                pixels_sha256=store(to_png(_shown(dataset, kind, frames.values[index], value_range))),
                rows=int(dataset.Rows),
                columns=int(dataset.Columns),
                columns_to=way.columns_to if way else None,
                rows_to=way.rows_to if way else None,
                orientation_from=way.source if way else "unknown",
            )
        )
    return tuple(images), [way.issue] if way and way.issue else []


def _spread(order: Sequence[int], most: int) -> list[int]:
    if len(order) <= most:
        return list(order)
    return [order[round(step)] for step in np.linspace(0, len(order) - 1, most)]


def _shown(dataset: Dataset, kind: Kind, values: Pixels, value_range: tuple[float, float]) -> Any:
    """8-bit pixels: CT in a soft-tissue window, other volumes over their whole range, films by their own window."""
    if values.ndim == 3:
        return values if values.dtype == np.uint8 else to_grey(values, 0, float(values.max()))
    inverted = dataset.get("PhotometricInterpretation") == "MONOCHROME1"
    if kind == "volume":
        low, high = _CT_WINDOW_HU if dataset.get("Modality") == "CT" else value_range
        return to_grey(values, low, high, inverted)
    shown, low, high = window_of(dataset, values)
    return to_grey(shown, low, high, inverted)


# ------------------------------------------------------------------ planes


def _groups(dataset: Dataset) -> list[Dataset]:
    """Functional groups of an enhanced file: the per-frame ones, or none."""
    return list(dataset.get("PerFrameFunctionalGroupsSequence") or [])


def _macro(dataset: Dataset, frame: Dataset | None, sequence: str, keyword: str) -> Any:
    """A value from a frame's functional group, else the shared one, else the dataset itself."""
    shared = next(iter(dataset.get("SharedFunctionalGroupsSequence") or []), None)
    for group in (frame, shared):
        items = group.get(sequence) if group is not None else None
        if items and items[0].get(keyword) is not None:
            return items[0].get(keyword)
    return dataset.get(keyword)


def _orientation(dataset: Dataset) -> Any:
    frame = next(iter(_groups(dataset)), None)
    return _macro(dataset, frame, "PlaneOrientationSequence", "ImageOrientationPatient")


def _planes(dataset: Dataset, frames: int) -> tuple[Plane, ...]:
    """One plane a frame; empty where any frame lacks its position."""
    groups: list[Dataset | None] = list(_groups(dataset)) or [None]
    if len(groups) != frames:
        return ()
    planes = [_plane(dataset, group) for group in groups]
    return tuple(plane for plane in planes if plane) if all(planes) else ()


def _plane(dataset: Dataset, group: Dataset | None) -> Plane | None:
    position = _macro(dataset, group, "PlanePositionSequence", "ImagePositionPatient")
    direction = _macro(dataset, group, "PlaneOrientationSequence", "ImageOrientationPatient")
    spacing = _macro(dataset, group, "PixelMeasuresSequence", "PixelSpacing")
    if not (position and direction and spacing and len(position) == 3 and len(direction) == 6 and len(spacing) == 2):
        return None
    numbers = [float(value) for value in (*position, *direction, *spacing)]
    x, y, z, a, b, c, d, e, f, row_mm, column_mm = numbers
    return Plane((x, y, z), (a, b, c), (d, e, f), row_mm, column_mm)
