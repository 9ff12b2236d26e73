"""What runs in a decoding child: a file's header, what its frames hold, and the pictures that are wanted of them.

Each function is an operation of prelim/isolation.py: plain arguments, the file's name for errors first.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import xxhash

from prelim.errors import InputError
from prelim.imaging.dicom import MAX_FILE_BYTES, check_size, check_whole, read
from prelim.imaging.display import Grey, film, to_grey, to_png
from prelim.imaging.flaws import flaws_of
from prelim.imaging.grouping import kind_of
from prelim.imaging.header import Opened, opened
from prelim.imaging.mosaic import mosaic_in, tiles
from prelim.imaging.patches import plan_patches, read_patch
from prelim.imaging.pixels import Frame, frame_count, frames_of
from prelim.imaging.raster import nearly_grey, page_count, read_raster
from prelim.imaging.slide_files import is_slide, is_tiff
from prelim.imaging.slides import open_slide
from prelim.imaging.tags import Header, items, numbers, text, values
from prelim.imaging.tissue import find_tissue
from prelim.imaging.windows import three_windows
from prelim.isolation import LIMIT_S, Answer
from prelim.line import ANSWER_BYTES
from prelim.types import Flaw, Kind

_BUDGET_S, _BUDGET_BYTES = LIMIT_S / 2, ANSWER_BYTES // 4
"""A call that has taken this long, or holds this much, answers with what it has; the next goes on from there."""
_LARGEST = float(np.finfo(np.float32).max)
_MOST_RECORDS, _MOST_PARTS, _MOST_CHARS = 50_000, 64, 255


class Showing(NamedTuple):
    """How pictures are wanted. `checked`: with what is wrong with them, which `flaws_of` tells from the rest."""

    value_range: tuple[float, float] = (0.0, 0.0)
    encoded: bool = True
    checked: bool = False
    frontal_chest: bool = False
    columns_to: str | None = None
    rows_to: str | None = None


def look(name: str, path: str) -> Answer:
    """[header, what `measure` says of its first frames, None]; of a slide no frames.

    Frames that cannot be decoded: [header, [], what `measure` would raise], for whose image it is can still be told.
    InputError as `read` and `check_size`.
    """
    file = _opened(path, name)
    if kind_of(file.header) == "slide":
        return Answer([file.header, [], None])
    try:
        return Answer([file.header, measure(name, path, 0).plain, None])
    except InputError as error:
        return Answer([file.header, [], [error.code, error.message, error.remedy]])


def directory(name: str, path: str) -> Answer:
    """The paths that a DICOMDIR names, each as its parts, which are never followed here (DICOM PS3.10, chapter 8).

    InputError unsupported for what is no directory, too_large for one of too many records, and as `read`.
    """
    dataset = read(Path(path), name, pixels=False)
    if "DirectoryRecordSequence" not in dataset:
        raise InputError("unsupported", f"{name} is called a DICOMDIR and is none.", "Rename it.", name)
    check_whole(dataset, "DirectoryRecordSequence", name)
    named = [values(record, "ReferencedFileID") for record in items(dataset, "DirectoryRecordSequence")]
    if len(named) > _MOST_RECORDS:
        raise InputError("too_large", f"{name} holds more than {_MOST_RECORDS} records.", "Split it.", name)
    return Answer([[part[:_MOST_CHARS] for part in parts[:_MOST_PARTS]] for parts in named if parts])


def measure(name: str, path: str, first: int) -> Answer:
    """Of each frame (of a mosaic each tile) from `first` on, until time is up: [lowest value, highest value, digest].

    The digest is of the values, or of the picture of a projection: the same film may be stored as its negative.
    """
    started, file, rows = time.monotonic(), _opened(path, name), []
    mosaic = mosaic_in(file.header)
    cells = range(first, mosaic.slices if mosaic else frame_count(file.header))
    negative = kind_of(file.header) == "projection"
    for frame in _wanted(file, name, list(cells)):
        content = film(file.dataset, frame.values()) if negative else frame.stored
        rows.append([*_range(frame, file.header, name), _digest(content, frame)])
        if time.monotonic() - started > _BUDGET_S:
            break
    return Answer(rows)


def pictures(name: str, path: str, frames: list[int], showing: list[Any]) -> Answer:
    """Pictures of some frames (tiles of a mosaic), until time is up, with [shape, flaws] of each: PNG, or as they are.

    CT in three windows, other volumes over their whole range, films by their own window.
    """
    started, file, how = time.monotonic(), _opened(path, name), Showing(*showing)
    numbered = zip(frames, _wanted(file, name, frames), strict=True)
    shown = (_shown(file, number, frame, how.value_range) for number, frame in numbered)
    return _within_budget(shown, kind_of(file.header), how, started)


def raster(name: str, path: str, showing: list[Any], slide: bool) -> Answer:
    """A PNG or JPEG file's upright picture as PNG, its range, how many pages there are, and its flaws.

    A tiled TIFF that is a slide, or a TIFF of which that is said (`slide`), is only said to be one.
    """
    if is_slide(Path(path)) or (slide and is_tiff(Path(path))):
        return Answer(None)
    if Path(path).stat().st_size > MAX_FILE_BYTES:
        raise InputError("too_large", f"{name} is larger than 512 MB and no slide.", "Make it smaller.", name)
    data, how = Path(path).read_bytes(), Showing(*showing)
    pixels = read_raster(data, name)
    plain = {
        "pages": page_count(data, name),
        "rows": pixels.shape[0],
        "columns": pixels.shape[1],
        "grey": pixels.ndim == 2,
        "nearly_grey": nearly_grey(pixels),
        "range": [float(pixels.min()), float(pixels.max())],
        "flaws": _flaws(pixels, "projection", how),
    }
    return Answer(plain, [to_png(pixels)])


def slide(name: str, paths: list[str], mpp: float | None) -> Answer:
    """A slide's size and magnification, and the regions with tissue that are to be shown."""
    with open_slide([Path(path) for path in paths], name, mpp) as opened:
        tissue = find_tissue(opened)
        plan = plan_patches(opened, tissue)
        plain = {
            "rows": opened.rows,
            "columns": opened.columns,
            "pixel_um": opened.pixel_um,
            "stated": opened.mpp is not None or mpp is not None,
            "grey": opened.grey,
            "regions": plan.regions,
            "total": plan.total,
            "issues": [*opened.issues, *tissue.issues, *plan.issues],
        }
    return Answer(plain)


def patches(name: str, paths: list[str], mpp: float | None, regions: list[list[float]]) -> Answer:
    """Pictures of some regions of a slide, until time is up, with [shape, flaws] of each."""
    started = time.monotonic()
    with open_slide([Path(path) for path in paths], name, mpp) as opened:
        shown = (read_patch(opened, (y0, x0, y1, x1)) for y0, x0, y1, x1 in regions)
        return _within_budget(shown, "slide", Showing(checked=True), started)


def _within_budget(shown: Iterable[Grey], kind: Kind, how: Showing, started: float) -> Answer:
    """Pictures with [shape, flaws] of each, until time is up or the answer is full: at least one."""
    rows, blobs = [], []
    for picture in shown:
        rows.append([picture.shape, _flaws(picture, kind, how)])
        blobs.append(to_png(picture) if how.encoded else picture.tobytes())
        if time.monotonic() - started > _BUDGET_S or sum(map(len, blobs)) > _BUDGET_BYTES:
            break
    return Answer(rows, blobs)


def _flaws(pixels: Grey, kind: Kind, how: Showing) -> Sequence[Flaw]:
    if not how.checked:
        return ()
    return flaws_of(pixels, kind, frontal_chest=how.frontal_chest, columns_to=how.columns_to, rows_to=how.rows_to)


_last: dict[tuple[str, int, int], Opened] = {}


def _opened(path: str, name: str) -> Opened:
    """Kept for the next call, which is often about the same file; never two at a time. InputError as `look`."""
    status = Path(path).stat()
    known = (path, status.st_size, status.st_mtime_ns)
    if known not in _last:
        _last.clear()
        file = opened(Path(path), name)
        if kind_of(file.header) != "slide":
            check_size(file.header, name)
        _last[known] = file
    return _last[known]


def _wanted(file: Opened, name: str, cells: list[int]) -> Iterator[Frame]:
    """Frames by their number; of a mosaic, tiles of its one frame."""
    mosaic = mosaic_in(file.header)
    if mosaic is None:
        yield from frames_of(file, name, cells)
        return
    [whole] = frames_of(file, name)
    apart = tiles(whole.stored, mosaic)
    yield from (whole._replace(stored=apart[cell]) for cell in cells)


def _range(frame: Frame, header: Header, name: str) -> tuple[float, float]:
    """Lowest and highest value, without what fills the corners.

    InputError cannot_decode for values beyond those that `Frame.values` can hold.
    """
    padded, stored = _padded(frame, header), frame.stored
    stored = stored if padded is None or padded.all() else stored[~padded]
    ends = [float(end) * frame.slope + frame.intercept for end in (stored.min(), stored.max())]
    if not all(abs(end) <= _LARGEST for end in ends):
        raise InputError("cannot_decode", f"{name} rescales its pixels beyond all numbers.", "Export it again.", name)
    return min(ends), max(ends)


def _padded(frame: Frame, header: Header) -> npt.NDArray[np.bool_] | None:
    """What fills the corners of a grey frame (Pixel Padding Value, PS3.3 C.7.5.1.1.2); a CT's is air, or darker."""
    value = numbers(header, "PixelPaddingValue", 1)
    if not value or frame.stored.ndim != 2 or text(header, "Modality") == "CT":
        return None
    ends = sorted((value[0], (numbers(header, "PixelPaddingRangeLimit", 1) or value)[0]))
    return np.greater_equal(frame.stored, ends[0]) & np.less_equal(frame.stored, ends[1])


def _digest(content: Any, frame: Frame) -> str:
    line = f"{content.shape} {frame.slope} {frame.intercept}".encode()
    digest = xxhash.xxh3_128(line)
    digest.update(np.ascontiguousarray(content, content.dtype.newbyteorder("<")).data)
    return digest.hexdigest()


def _shown(file: Opened, number: int, frame: Frame, value_range: Sequence[float]) -> Grey:
    header = file.header
    if frame.stored.ndim == 3:
        return frame.stored.astype(np.uint8, copy=False)
    if kind_of(header) != "volume":
        return film(file.dataset, frame.values(), number)
    if text(header, "Modality") == "CT":
        return three_windows(frame)
    inverted = text(header, "PhotometricInterpretation") == "MONOCHROME1"
    shown = to_grey(frame.values(), value_range[0], value_range[1], inverted)
    padded = _padded(frame, header)
    return shown if padded is None else np.where(padded, np.uint8(0), shown)
