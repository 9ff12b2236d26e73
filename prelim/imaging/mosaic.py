"""Siemens mosaics: the slices of one volume side by side in one picture, taken apart and put in their places.

Sources: NiBabel's documentation, "Siemens format DICOM with CSA header" and "Siemens mosaic format".
"""

import math
import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from pydicom import Dataset

from prelim.imaging.geometry import Plane, normal_of
from prelim.imaging.planes import is_mosaic
from prelim.imaging.tags import Tags, integer, items, numbers, values
from prelim.types import Vector3

Pixels = npt.NDArray[np.generic]
Csa = dict[str, list[str]]
MOSAIC = "PrelimMosaic"
"""The header's word for what `mosaic_of` says."""
_MOST_TAGS, _MOST_ITEMS = 128, 1000
_TAG, _ITEM = struct.Struct("<64si4s3i"), struct.Struct("<4i")
_PARALLEL = 0.99
_PROTOCOLS = ("MrPhoenixProtocol", "MrProtocol")


class Mosaic(NamedTuple):
    """How a picture of `grid` × `grid` tiles is laid out, the first `slices` of them slices of the volume.

    `step_mm` goes from one slice to the next along row × column: negative where the slices count against it; None
    where spacing or direction is not stated, and then no slice has a position. `marks` are what the private header
    says that may tell volumes apart.
    """

    slices: int
    grid: int
    step_mm: float | None
    marks: tuple[tuple[str, str], ...]


def mosaic_of(dataset: Dataset) -> dict[str, list[str]] | None:
    """What the private elements of a Siemens mosaic say of its layout, as text for `read_mosaic`; None if it is none.

    None too where the number of slices is not stated or does not fit the matrix. ValueError for a damaged CSA header.
    """
    if not is_mosaic(dataset):
        return None
    image = csa_values(_private(dataset, 0x0029, "SIEMENS CSA HEADER", 0x10))
    series = csa_values(_private(dataset, 0x0029, "SIEMENS CSA HEADER", 0x20))
    protocol = "".join(next((series[name] for name in _PROTOCOLS if series.get(name)), []))
    count = _count(dataset, image, protocol)
    grid = math.isqrt(count - 1) + 1 if count > 0 else 0
    if not grid or integer(dataset, "Rows", 0) % grid or integer(dataset, "Columns", 0) % grid:
        return None
    spacing = _spacing(dataset, protocol)
    return {
        "Slices": [str(count)],
        "SliceNormal": image.get("SliceNormalVector", [])[:3],
        "SliceSpacing": [] if spacing is None else [str(spacing)],
        "DiffusionBValue": image.get("B_value", [])[:1],
        "DiffusionGradientOrientation": image.get("DiffusionGradientDirection", [])[:3],
    }


def read_mosaic(stated: Tags, header: Tags) -> Mosaic:
    """The layout from what `mosaic_of` said and the mosaic's own orientation."""
    count, spacing = integer(stated, "Slices", 1), numbers(stated, "SliceSpacing", 1)
    normal, direction = numbers(stated, "SliceNormal", 3), numbers(header, "ImageOrientationPatient", 6)
    step = None
    if normal and direction and spacing and spacing[0] > 0:
        along = float(np.dot(np.cross(direction[:3], direction[3:]), normal))
        step = math.copysign(spacing[0], along) if abs(along) > _PARALLEL else None
    told = ("DiffusionBValue", "DiffusionGradientOrientation")
    marks = tuple((name, "\\".join(values(stated, name))) for name in told if values(stated, name))
    return Mosaic(count, math.isqrt(count - 1) + 1, step, marks)


def mosaic_in(header: Tags) -> Mosaic | None:
    """The layout that a header carries; None for what is no mosaic, or one whose layout is not known."""
    stated = items(header, MOSAIC)
    return read_mosaic(stated[0], header) if stated else None


def tiles(frame: Pixels, mosaic: Mosaic) -> Pixels:
    """(rows, columns) of a mosaic → (slices, rows, columns), in the order of the tiles."""
    rows, columns = frame.shape[0] // mosaic.grid, frame.shape[1] // mosaic.grid
    blocks = frame.reshape(mosaic.grid, rows, mosaic.grid, columns).swapaxes(1, 2)
    return blocks.reshape(-1, rows, columns)[: mosaic.slices]


def tile_planes(whole: Plane, mosaic: Mosaic, rows: int, columns: int) -> list[Plane] | None:
    """The plane of each tile of `rows` × `columns` pixels; None where the slices' step is not known.

    The stated position is the corner of a picture as large as the mosaic around the first slice's centre.
    """
    if mosaic.step_mm is None:
        return None
    row, column = np.array(whole.row_direction), np.array(whole.column_direction)
    across = (mosaic.grid - 1) / 2 * columns * whole.column_spacing_mm * row
    down = (mosaic.grid - 1) / 2 * rows * whole.row_spacing_mm * column
    corner, step = np.array(whole.position_mm) + across + down, mosaic.step_mm * normal_of(whole)
    return [whole._replace(position_mm=_vector(corner + index * step)) for index in range(mosaic.slices)]


def _vector(point: npt.NDArray[np.float64]) -> Vector3:
    x, y, z = point.tolist()
    return (x, y, z)


# ------------------------------------------------------------------ the private header


def _private(dataset: Dataset, group: int, creator: str, element: int) -> bytes:
    """The bytes of a private element, none where it is missing."""
    block = dataset.private_block(group, creator) if creator in dataset.private_creators(group) else None
    found = block[element].value if block and element in block else b""
    return found if isinstance(found, bytes) else b""


def _count(dataset: Dataset, image: Csa, protocol: str) -> int:
    """How many slices a mosaic holds: by (0019,xx0A), else the CSA header, else the protocol; 0 where none says."""
    stated = [*image.get("NumberOfImagesInMosaic", []), *_protocol(protocol, "sSliceArray.lSize")]
    if "SIEMENS MR HEADER" in dataset.private_creators(0x0019):
        block = dataset.private_block(0x0019, "SIEMENS MR HEADER")
        stated = [_number(block[0x0A].value), *stated] if 0x0A in block else stated
    return next((int(text) for text in stated if text.isdecimal() and 0 < int(text) <= _MOST_ITEMS), 0)


def _number(found: object) -> str:
    """A private number as text; it comes as bytes where a file states no type for it."""
    return str(int.from_bytes(found, "little")) if isinstance(found, bytes) else str(found)


def _spacing(dataset: Dataset, protocol: str) -> float | None:
    """Between the centres of slices, in mm: as stated, else thickness and gap (a share of the thickness)."""
    stated, thickness = numbers(dataset, "SpacingBetweenSlices", 1), numbers(dataset, "SliceThickness", 1)
    if stated and stated[0] > 0:
        return stated[0]
    if not thickness or not protocol:
        return None
    gap = next(_protocol(protocol, "sGroupArray.asGroup[0].dDistFact"), "0")  # the protocol leaves zeros out
    return thickness[0] * (1 + float(gap))


def _protocol(protocol: str, name: str) -> Iterator[str]:
    """The number that Siemens' ASCII protocol gives a name."""
    found = re.search(rf"^{re.escape(name)}[ \t]*=[ \t]*(-?\d+(?:\.\d*)?)", protocol, re.MULTILINE)
    if found:
        yield found[1]


def csa_values(data: bytes) -> Csa:
    """The values of a CSA header (versions 1 and 2) by name, as text; none for no bytes. ValueError if damaged."""
    if not data:
        return {}
    second = data[:4] == b"SV10"
    try:
        (tags,) = struct.unpack_from("<I", data, 8 if second else 0)
        if not 0 < tags <= _MOST_TAGS:
            raise ValueError(f"a CSA header of {tags} tags")
        return dict(_csa_tags(data, tags, second))
    except struct.error as error:
        raise ValueError("a CSA header that ends too early") from error


def _csa_tags(data: bytes, tags: int, second: bool) -> Iterator[tuple[str, list[str]]]:
    at, offset = (16 if second else 8), None
    for _ in range(tags):
        name, count, _, _, items, _ = _TAG.unpack_from(data, at)
        at += _TAG.size
        if not 0 <= items <= _MOST_ITEMS:
            raise ValueError(f"a CSA tag of {items} items")
        offset = items if offset is None else offset
        found = []
        for _ in range(items):
            first, length, _, _ = _ITEM.unpack_from(data, at)
            at += _ITEM.size
            # Version 1 states each length with the first tag's number of items added to it.
            length = length if second else first - offset
            if not 0 <= length <= len(data) - at:
                if second:
                    raise ValueError(f"a CSA item of {length} bytes")
                break  # so ends a tag of version 1
            found.append(_text(data[at : at + length]))
            at += -(-length // 4) * 4
        yield _text(name), [text for text in found[: count or items] if text]


def _text(data: bytes) -> str:
    return data.split(b"\0", 1)[0].decode("latin-1").strip()
