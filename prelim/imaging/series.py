"""A group of files as one series: decoded, placed in space, with the pictures that can be shown."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from pydicom import Dataset

from prelim.imaging.dicom import DRAWN_PHANTOM
from prelim.imaging.display import Grey, film, to_grey, to_png
from prelim.imaging.geometry import Plane, Stack, stack
from prelim.imaging.grouping import Source, kind_of
from prelim.imaging.orientation import Orientation, projection_orientation, view_of
from prelim.imaging.pixels import Pixels, frames_of
from prelim.imaging.planes import is_mosaic, planes_of
from prelim.imaging.tags import day, integer, numbers, text
from prelim.types import Image, ImageSet, Kind, Series

Store = Callable[[bytes], str]
_CT_WINDOW_HU = (-160.0, 240.0)
_SHOWN = 9
"""Pictures kept of a volume or clip, evenly spread, both ends included."""


class Frames(NamedTuple):
    """One file's frames after the modality LUT, with the planes they lie in (empty where not stated)."""

    source: Source
    values: Pixels
    planes: tuple[Plane, ...]


def load(source: Source) -> Frames:
    """Decode a file. InputError as `frames_of` says."""
    values = frames_of(source.dataset, source.path)
    return Frames(source, values, planes_of(source.dataset, len(values)))


def same_image(one: Frames, other: Frames) -> bool:
    """Whether two files show the same pixels, however they store them."""
    if one.values.shape != other.values.shape:
        return False
    if kind_of(one.source.dataset) != "projection":
        return bool(np.array_equal(one.values, other.values))
    first, second = (film(frames.source.dataset, frames.values[0]) for frames in (one, other))
    return bool(np.array_equal(first, second))


def make_series(loaded: Sequence[Frames], volume: int, store: Store, issues: Sequence[str] = ()) -> Series:
    """One series of files that belong together. Pictures go into the store as PNG; `issues` are added to its own."""
    first = loaded[0].source.dataset
    kind, count = kind_of(first), sum(len(frames.values) for frames in loaded)
    view = view_of(first) if kind == "projection" else None
    way = projection_orientation(first, view) if kind == "projection" else None
    planes = [plane for frames in loaded for plane in frames.planes]
    placed = stack(planes) if kind in ("volume", "scout") and len(planes) == count else None
    low, high = (min(float(f.values.min()) for f in loaded), max(float(f.values.max()) for f in loaded))
    order = placed.order if placed else range(count)
    return Series(
        study_instance_uid=text(first, "StudyInstanceUID"),
        series_instance_uid=text(first, "SeriesInstanceUID"),
        volume=volume,
        modality=text(first, "Modality") or "OT",
        body_part=text(first, "BodyPartExamined").upper(),
        view=view,
        description=text(first, "SeriesDescription"),
        kind=kind,
        frames=count,
        shape=(count, integer(first, "Rows", 0), integer(first, "Columns", 0)),
        **_place(placed, first),
        photometric=text(first, "PhotometricInterpretation"),
        value_range=(low, high),
        date=day(first),
        time=text(first, "ContentTime") or text(first, "AcquisitionTime") or text(first, "StudyTime") or None,
        provenance="drawn_phantom" if text(first, "Manufacturer") == DRAWN_PHANTOM else "clinical",
        issues=(*_issues(first, kind, placed, way), *issues),
        image_set=ImageSet(images=_images(loaded, kind, way, _shown_places(loaded, order), (low, high), store)),
    )


def _place(placed: Stack | None, first: Dataset) -> dict[str, Any]:
    if placed:
        names = {"affine_lps": placed.affine_lps, "slice_origins_lps": placed.origins_lps}
        return {**names, "spacing_mm": placed.spacing_mm}
    spacing = numbers(first, "PixelSpacing", 2) or numbers(first, "ImagerPixelSpacing", 2)
    return {"spacing_mm": (None, *spacing) if spacing and min(spacing) > 0 and not is_mosaic(first) else None}


def _issues(first: Dataset, kind: Kind, placed: Stack | None, way: Orientation | None) -> list[str]:
    found = list(placed.issues) if placed else []
    if kind == "volume" and is_mosaic(first):
        found.append("A mosaic: each picture holds many slices side by side; they are not taken apart.")
    elif kind == "volume" and placed is None:
        found.append("Slice positions are not stated: files in the order of their instance numbers.")
    if kind == "projection" and not numbers(first, "PixelSpacing", 2) and numbers(first, "ImagerPixelSpacing", 2):
        found.append("The spacing is the detector's: no lengths in the patient.")
    return [*found, way.issue] if way and way.issue else found


# ------------------------------------------------------------------ pictures


def _shown_places(loaded: Sequence[Frames], order: Sequence[int]) -> list[tuple[Frames, int]]:
    """(file, its frame) of every picture to keep, in the order of the slices."""
    places = [(frames, index) for frames in loaded for index in range(len(frames.values))]
    kept = range(len(order)) if len(order) <= _SHOWN else np.linspace(0, len(order) - 1, _SHOWN).round().astype(int)
    return [places[order[int(position)]] for position in kept]


def _images(
    loaded: Sequence[Frames],
    kind: Kind,
    way: Orientation | None,
    places: Sequence[tuple[Frames, int]],
    value_range: tuple[float, float],
    store: Store,
) -> tuple[Image, ...]:
    first = loaded[0].source.dataset
    stated = {
        "rows": integer(first, "Rows", 0),
        "columns": integer(first, "Columns", 0),
        "columns_to": way.columns_to if way else None,
        "rows_to": way.rows_to if way else None,
        "orientation_from": way.source if way else "unknown",
        "marker_conflict": way.conflict if way else False,
    }
    return tuple(
        Image(
            sop_instance_uid=text(frames.source.dataset, "SOPInstanceUID"),
            frame=index,
            pixels_sha256=store(to_png(_shown(frames.source.dataset, kind, frames.values[index], value_range))),
            **stated,
        )
        for frames, index in places
    )


def _shown(dataset: Dataset, kind: Kind, values: Pixels, value_range: tuple[float, float]) -> Grey:
    """8-bit pixels: CT in a soft-tissue window, other volumes over their whole range, films by their own window."""
    if values.ndim == 3:
        return values.astype(np.uint8, copy=False)
    if kind == "volume":
        low, high = _CT_WINDOW_HU if text(dataset, "Modality") == "CT" else value_range
        return to_grey(values, low, high, text(dataset, "PhotometricInterpretation") == "MONOCHROME1")
    return film(dataset, values)
