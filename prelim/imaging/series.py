"""Files that belong together as one series: placed in space, with the pictures that a model may be shown."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from prelim.imaging.dicom import DRAWN_PHANTOM
from prelim.imaging.files import Content, contents_of, pictures_of
from prelim.imaging.geometry import Plane, Stack, stack
from prelim.imaging.grouping import Source, kind_of
from prelim.imaging.orientation import Orientation, projection_orientation, view_of
from prelim.imaging.planes import is_mosaic, planes_of
from prelim.imaging.tags import Header, day, integer, numbers, text
from prelim.isolation import call_each
from prelim.types import Image, ImageSet, Kind, Series

Store = Callable[[bytes], str]
MOST_SLICES = 85
"""As many slices of a CT or MR the model is shown. Source: Google's MedGemma 1.5 CT notebook, 2026."""
_SHOWN = 9
"""Pictures kept of a clip or a scout."""


class Measured(NamedTuple):
    """One file, what each of its frames holds, and the planes they lie in (empty where not stated)."""

    source: Source
    contents: tuple[Content, ...]
    planes: tuple[Plane, ...]


def measured(source: Source) -> Measured:
    """Look at every frame of a file. InputError as `contents_of` says."""
    contents = contents_of(source)
    return Measured(source, tuple(contents), planes_of(source.header, len(contents)))


def same_image(one: Measured, other: Measured) -> bool:
    """Whether two files show the same, however they store it."""
    return [item.digest for item in one.contents] == [item.digest for item in other.contents]


def sampled(count: int, most: int) -> list[int]:
    """At most so many of `count` places, evenly spread, both ends kept."""
    if count <= most:
        return list(range(count))
    return [int(place) for place in np.linspace(0, count - 1, most).round()]


def make_series(files: Sequence[Measured], volume: int, store: Store, issues: Sequence[str] = ()) -> Series:
    """One series of files that belong together. Pictures go into the store as PNG; `issues` are added to its own."""
    first = files[0].source.header
    kind, places = kind_of(first), [(file, index) for file in files for index in range(len(file.contents))]
    view = view_of(first) if kind == "projection" else None
    way = projection_orientation(first, view) if kind == "projection" else None
    planes = [plane for file in files for plane in file.planes]
    placed = stack(planes) if kind in ("volume", "scout") and len(planes) == len(places) else None
    ordered = [places[index] for index in placed.order] if placed else places
    ends = [end for file, index in places for end in (file.contents[index].low, file.contents[index].high)]
    value_range = (min(ends), max(ends))
    return Series(
        study_instance_uid=text(first, "StudyInstanceUID"),
        series_instance_uid=text(first, "SeriesInstanceUID"),
        volume=volume,
        modality=text(first, "Modality") or "OT",
        body_part=text(first, "BodyPartExamined").upper(),
        view=view,
        description=text(first, "SeriesDescription"),
        kind=kind,
        frames=len(places),
        shape=(len(places), integer(first, "Rows", 0), integer(first, "Columns", 0)),
        **_place(placed, first),
        photometric=text(first, "PhotometricInterpretation"),
        value_range=value_range,
        date=day(first),
        time=text(first, "ContentTime") or text(first, "AcquisitionTime") or text(first, "StudyTime") or None,
        provenance="drawn_phantom" if text(first, "Manufacturer") == DRAWN_PHANTOM else "clinical",
        issues=(*_issues(first, kind, placed, way), *issues),
        image_set=_image_set(ordered, kind, way, value_range, store),
    )


def _place(placed: Stack | None, first: Header) -> dict[str, Any]:
    if placed:
        names = {"affine_lps": placed.affine_lps, "slice_origins_lps": placed.origins_lps}
        return {**names, "spacing_mm": placed.spacing_mm}
    spacing = numbers(first, "PixelSpacing", 2) or numbers(first, "ImagerPixelSpacing", 2)
    return {"spacing_mm": (None, *spacing) if spacing and min(spacing) > 0 and not is_mosaic(first) else None}


def _issues(first: Header, kind: Kind, placed: Stack | None, way: Orientation | None) -> list[str]:
    found = list(placed.issues) if placed else []
    if kind == "volume" and is_mosaic(first):
        found.append("A mosaic: each picture holds many slices side by side; they are not taken apart.")
    elif kind == "volume" and placed is None:
        found.append("Slice positions are not stated: files in the order of their instance numbers.")
    if kind == "projection" and not numbers(first, "PixelSpacing", 2) and numbers(first, "ImagerPixelSpacing", 2):
        found.append("The spacing is the detector's: no lengths in the patient.")
    if "OverlayData" in first:
        found.append("Overlays (annotations drawn over the image) are not shown.")
    return [*found, way.issue] if way and way.issue else found


# ------------------------------------------------------------------ pictures


def _image_set(
    ordered: Sequence[tuple[Measured, int]],
    kind: Kind,
    way: Orientation | None,
    value_range: tuple[float, float],
    store: Store,
) -> ImageSet:
    """The pictures to show: all of few, else evenly sampled."""
    kept = sampled(len(ordered), MOST_SLICES if kind == "volume" else _SHOWN)
    pictures = _pictures([ordered[place] for place in kept], value_range)
    stated = {
        "columns_to": way.columns_to if way else None,
        "rows_to": way.rows_to if way else None,
        "orientation_from": way.source if way else "unknown",
        "marker_conflict": way.conflict if way else False,
    }
    images = [
        Image(
            sop_instance_uid=text(file.source.header, "SOPInstanceUID"),
            frame=frame,
            pixels_sha256=store(png),
            rows=integer(file.source.header, "Rows", 0),
            columns=integer(file.source.header, "Columns", 0),
            position=place,
            **stated,
        )
        for place, (file, frame), png in zip(kept, (ordered[place] for place in kept), pictures, strict=True)
    ]
    return ImageSet(images=tuple(images), total=len(ordered))


def _pictures(wanted: Sequence[tuple[Measured, int]], value_range: tuple[float, float]) -> list[bytes]:
    """In the order wanted; the frames of one file are asked for together."""
    frames: dict[str, list[int]] = {}
    files = {file.source.path: file.source for file, _ in wanted}
    for file, frame in wanted:
        frames.setdefault(file.source.path, []).append(frame)
    made = call_each(lambda path: pictures_of(files[path], frames[path], value_range), frames)
    by_place: dict[tuple[str, int], bytes] = {}
    for (path, some), pictures in zip(frames.items(), made, strict=True):
        if isinstance(pictures, Exception):
            raise pictures
        by_place.update(zip(((path, frame) for frame in some), pictures, strict=True))
    return [by_place[file.source.path, frame] for file, frame in wanted]
