"""Files that belong together as one series: placed in space, with the pictures that a model may be shown."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from prelim.errors import InputError
from prelim.imaging.cells import Cell, cells_of
from prelim.imaging.decode import Showing
from prelim.imaging.dicom import DRAWN_PHANTOM
from prelim.imaging.files import Shown, contents_of, pictures_of
from prelim.imaging.geometry import Stack
from prelim.imaging.grouping import Content, Source, kind_of
from prelim.imaging.mosaic import mosaic_in
from prelim.imaging.orientation import Orientation, plane_orientation, projection_orientation, view_of
from prelim.imaging.sampling import evenly
from prelim.imaging.selection import may_be_frontal_chest
from prelim.imaging.tags import Header, day, integer, numbers, text
from prelim.imaging.volumes import Volume, volumes_of
from prelim.isolation import call_each
from prelim.types import Image, ImageSet, Kind, Series

Store = Callable[[bytes], str]
MOST_SLICES = 85
"""As many slices of a CT or MR the model is shown. Source: Google's MedGemma 1.5 CT notebook, 2026."""
_SHOWN = 9
"""Pictures kept of a clip or a scout."""
_GAP = 1.5
"""As many thicknesses apart, slices leave much unseen."""
_MOST_VOLUMES = 4
"""Volumes of one series that are shown whole: a perfusion study has hundreds."""


class Measured(NamedTuple):
    """One file, and what each of its frames holds."""

    source: Source
    contents: tuple[Content, ...]


class Place(NamedTuple):
    """One slice: its file, and its frame there."""

    file: Measured
    frame: int

    @property
    def content(self) -> Content:
        return self.file.contents[self.frame]


class Group(NamedTuple):
    """What belongs together: slices in their order, and where they lie (None for what is no volume)."""

    kind: Kind
    places: tuple[Place, ...]
    volume: Volume | None


def measured(source: Source) -> Measured:
    """Look at every frame of a file. InputError as `contents_of` says."""
    return Measured(source, tuple(contents_of(source)))


def same_image(one: Measured, other: Measured) -> bool:
    """Whether two files show the same, however they store it."""
    return [item.digest for item in one.contents] == [item.digest for item in other.contents]


def groups_in(files: Sequence[Measured]) -> list[Group]:
    """The volumes of one series' files; a file of another kind is a group of its own."""
    kind = kind_of(files[0].source.header)
    if kind not in ("volume", "scout"):
        return [Group(kind, tuple(Place(file, frame) for file in files for frame in range(len(file.contents))), None)]
    cells = [cell for index, file in enumerate(files) for cell in _cells(file, index)]
    volumes = volumes_of(cells)
    return [
        Group(volume.kind, tuple(Place(files[cell.source], cell.frame) for cell in volume.cells), volume)
        for volume in volumes
    ]


def _cells(file: Measured, index: int) -> list[Cell]:
    header = file.source.header
    return cells_of(header, index, [content.digest for content in file.contents], mosaic_in(header))


def make_series(group: Group, number: int, store: Store) -> Series:
    """One series, the `number`-th of its UID. Pictures go into the store as PNG.

    InputError, with its file, as `pictures_of` says.
    """
    first, kind, placed = group.places[0].file.source.header, group.kind, group.volume and group.volume.stack
    view = view_of(first) if kind == "projection" else None
    way = _orientation(group, view)
    rows, columns = _matrix(group)
    ends = [end for place in group.places for end in place.content[:2]]
    value_range = (min(ends), max(ends))
    return Series(
        study_instance_uid=text(first, "StudyInstanceUID"),
        series_instance_uid=text(first, "SeriesInstanceUID"),
        volume=number,
        marks=dict(group.volume.marks) if group.volume else {},
        modality=text(first, "Modality") or "OT",
        body_part=_region(first),
        view=view,
        description=text(first, "SeriesDescription"),
        kind=kind,
        frames=len(group.places),
        shape=(len(group.places), rows, columns),
        **_place(placed, first),
        photometric=text(first, "PhotometricInterpretation"),
        value_range=value_range,
        date=day(first),
        time=text(first, "ContentTime") or text(first, "AcquisitionTime") or text(first, "StudyTime") or None,
        provenance="drawn_phantom" if text(first, "Manufacturer") == DRAWN_PHANTOM else "clinical",
        issues=tuple(_issues(first, group, way)),
        image_set=_image_set(group, _kept(group, number), way, value_range, store),
    )


def _orientation(group: Group, view: str | None) -> Orientation | None:
    if group.kind == "projection":
        return projection_orientation(group.places[0].file.source.header, view)
    plane = group.volume.cells[0].plane if group.volume else None
    return plane_orientation(plane.row_direction, plane.column_direction) if plane else None


def _matrix(group: Group) -> tuple[int, int]:
    """(rows, columns) of a slice."""
    header = group.places[0].file.source.header
    if group.volume:
        return group.volume.cells[0].rows, group.volume.cells[0].columns
    return integer(header, "Rows", 0), integer(header, "Columns", 0)


def _region(header: Header) -> str:
    return text(header, "BodyPartExamined").upper()


def _place(placed: Stack | None, first: Header) -> dict[str, Any]:
    if placed:
        names = {"affine_lps": placed.affine_lps, "slice_origins_lps": placed.origins_lps}
        return {**names, "spacing_mm": placed.spacing_mm}
    spacing = numbers(first, "PixelSpacing", 2) or numbers(first, "ImagerPixelSpacing", 2)
    return {"spacing_mm": (None, *spacing) if spacing and min(spacing) > 0 else None}


def _issues(first: Header, group: Group, way: Orientation | None) -> list[str]:
    found = list(group.volume.issues) if group.volume else []
    detector = not numbers(first, "PixelSpacing", 2) and numbers(first, "ImagerPixelSpacing", 2)
    if group.kind == "projection" and detector:
        found.append("The spacing is the detector's: no lengths in the patient.")
    found += _thin(first, group.volume.stack) if group.volume and group.volume.stack else []
    if "OverlayData" in first:
        found.append("Overlays (annotations drawn over the image) are not shown.")
    return [*found, way.issue] if way and way.issue else found


def _thin(first: Header, placed: Stack) -> list[str]:
    """Even spacing hides that every second slice of a CT is missing; their thickness does not. MR is often gapped."""
    thickness, apart = numbers(first, "SliceThickness", 1), placed.spacing_mm[0]
    if text(first, "Modality") != "CT" or not thickness or not apart or not 0 < _GAP * thickness[0] <= apart:
        return []
    return [f"Slices {thickness[0]:g} mm thick lie {apart:g} mm apart: the scan has gaps, or slices are missing."]


# ------------------------------------------------------------------ pictures


def _kept(group: Group, number: int) -> list[int]:
    """Which slices to show: evenly sampled; of the further volumes of a long series the middle one alone."""
    count = len(group.places)
    if number >= _MOST_VOLUMES:
        return [count // 2]
    return evenly(count, MOST_SLICES if group.kind == "volume" else _SHOWN)


def _image_set(
    group: Group,
    kept: Sequence[int],
    way: Orientation | None,
    value_range: tuple[float, float],
    store: Store,
) -> ImageSet:
    """The pictures to show, and how many there were to choose from."""
    places = [group.places[position] for position in kept]
    rows, columns = _matrix(group)
    stated = {
        "rows": rows,
        "columns": columns,
        "columns_to": way.columns_to if way else None,
        "rows_to": way.rows_to if way else None,
        "orientation_from": way.source if way else "unknown",
    }
    conflict = way.conflict if way else False
    shown = _pictures(places, _showing(group, way, value_range))
    images = [
        Image(
            sop_instance_uid=text(place.file.source.header, "SOPInstanceUID"),
            frame=place.frame,
            pixels_sha256=store(bytes(picture.pixels)),
            position=position,
            flaws=picture.flaws,
            marker_conflict=conflict or "mirrored" in picture.flaws,
            **stated,
        )
        for position, place, picture in zip(kept, places, shown, strict=True)
    ]
    return ImageSet(images=tuple(images), total=len(group.places))


def _showing(group: Group, way: Orientation | None, value_range: tuple[float, float]) -> Showing:
    header = group.places[0].file.source.header
    return Showing(
        value_range=value_range,
        checked=True,
        frontal_chest=group.kind == "projection" and may_be_frontal_chest(view_of(header), _region(header)),
        columns_to=way.columns_to if way else None,
        rows_to=way.rows_to if way else None,
    )


def _pictures(wanted: Sequence[Place], showing: Showing) -> list[Shown]:
    """In the order wanted; the frames of one file are asked for together."""
    frames: dict[str, list[int]] = {}
    files = {place.file.source.path: place.file.source for place in wanted}
    for place in wanted:
        frames.setdefault(place.file.source.path, []).append(place.frame)
    made = call_each(lambda path: pictures_of(files[path], frames[path], showing), frames)
    by_place: dict[tuple[str, int], Shown] = {}
    for (path, some), pictures in zip(frames.items(), made, strict=True):
        if isinstance(pictures, InputError):
            raise pictures
        by_place.update(zip(((path, frame) for frame in some), pictures, strict=True))
    return [by_place[place.file.source.path, place.frame] for place in wanted]
