"""Stored pixels → values, one frame at a time: decoded, palettes applied, and the line that makes values of them."""

import warnings
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from pydicom import Dataset
from pydicom.pixels.processing import apply_color_lut
from pydicom.pixels.utils import iter_pixels
from pydicom.uid import (
    JPEG2000,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from prelim.errors import InputError
from prelim.imaging.dicom import DAMAGE, check_pixels, check_size
from prelim.imaging.header import Opened
from prelim.imaging.tags import Header, functional, integer, items, numbers, text

Pixels = npt.NDArray[np.generic]
_DECODERS = {
    RLELossless: "pydicom",
    JPEGBaseline8Bit: "pillow",
    JPEGLSLossless: "pyjpegls",
    JPEGLSNearLossless: "pyjpegls",
    JPEG2000Lossless: "pylibjpeg",
    JPEG2000: "pylibjpeg",
}
"""Decoders that raise on damage. Left to itself, pydicom goes on to ones that end the process instead."""
_TRANSFORM = "PixelValueTransformationSequence"


class Frame(NamedTuple):
    """One frame as stored, (rows, columns), and what makes values of it; colour is (rows, columns, 3) 8-bit RGB."""

    stored: Pixels
    slope: float = 1.0
    intercept: float = 0.0

    def values(self) -> Pixels:
        """Values after the modality LUT (HU for CT): as stored where nothing is to be done, else float32.

        float32 holds every HU exactly, and nothing is cast back to a stored type, where air would wrap round to white.
        """
        if (self.slope, self.intercept) == (1.0, 0.0):
            return self.stored
        return np.asarray(self.stored.astype(np.float64) * self.slope + self.intercept, np.float32)


def frames_of(file: Opened, name: str, wanted: list[int] | None = None) -> Iterator[Frame]:
    """The frames, all or those wanted. InputError cannot_decode, and as `check_size` and `check_pixels`."""
    header = file.header
    check_size(header, name)
    if file.pixels is None:
        check_pixels(file.dataset, header, name)
    expected = (integer(header, "Rows", 0), integer(header, "Columns", 0))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # padding and excess bytes
            indices = range(frame_count(header)) if wanted is None else wanted
            for index, stored in zip(indices, _decoded(file, wanted), strict=True):
                frame = _frame(file, index, stored)
                if frame.stored.shape[:2] != expected or frame.stored.shape[2:] not in ((), (3,)):
                    raise ValueError(f"decoded to {frame.stored.shape}")
                yield frame
    except DAMAGE as error:
        syntax = getattr(file.dataset.file_meta.TransferSyntaxUID, "name", "unknown")
        raise InputError(
            "cannot_decode", f"{name} cannot be decoded ({syntax}).", "Export it uncompressed.", name
        ) from error


def frame_count(header: Header) -> int:
    """At least one."""
    return max(1, integer(header, "NumberOfFrames", 1))


def _decoded(file: Opened, wanted: list[int] | None) -> Iterable[Pixels]:
    if file.pixels is None:
        decoder = _DECODERS.get(file.dataset.file_meta.TransferSyntaxUID, "")
        return iter_pixels(file.dataset, decoding_plugin=decoder, indices=wanted)
    rows, columns = integer(file.header, "Rows", 0), integer(file.header, "Columns", 0)
    signed, bits = integer(file.header, "PixelRepresentation", 0), integer(file.header, "BitsAllocated", 0)
    kind = np.dtype(f"<{'i' if signed else 'u'}{bits // 8}")
    return [_used_bits(np.frombuffer(file.pixels, kind, rows * columns).reshape(rows, columns), file.header)]


def _used_bits(stored: Pixels, header: Header) -> Pixels:
    """The bits that hold the value, its sign continued: the others may hold overlays, or nothing (PS3.5, 8.1.1)."""
    allocated = 8 * stored.dtype.itemsize
    used = integer(header, "BitsStored", allocated)
    if not 0 < used <= allocated:
        raise ValueError(f"{used} bits stored in {allocated}")
    least, most = (-(2 ** (used - 1)), 2 ** (used - 1) - 1) if stored.dtype.kind == "i" else (0, 2**used - 1)
    if least <= int(stored.min()) and int(stored.max()) <= most:
        return stored
    return np.asarray(np.right_shift(np.left_shift(stored, allocated - used), allocated - used))


def _frame(file: Opened, index: int, stored: Pixels) -> Frame:
    header = file.header
    palette = text(header, "PhotometricInterpretation") == "PALETTE COLOR"
    if palette or integer(header, "SamplesPerPixel", 1) > 1:
        return Frame(_of_palette(stored, file.dataset) if palette else _eight_bit(stored, header))
    if file.pixels is None and items(file.dataset, "ModalityLUTSequence"):
        return Frame(looked_up(file.dataset.ModalityLUTSequence[0], stored))
    finite = np.nan_to_num(stored, posinf=0, neginf=0) if stored.dtype.kind == "f" else stored
    return Frame(finite, *_line(header, index))


def looked_up(lut: Dataset, values: Pixels) -> Pixels:
    """Whole values through a LUT; what lies before its first or behind its last entry takes that one's. DAMAGE."""
    entries, first = entries_of(lut), int(lut.LUTDescriptor[1])
    return entries[np.clip(values.astype(np.int64) - first, 0, len(entries) - 1)]


def entries_of(lut: Dataset) -> Pixels:
    """The entries of a modality or VOI LUT; those of 8 bits lie two in a word, or have a word each. DAMAGE.

    Source: DICOM PS3.3 C.11.1.1 and C.11.2.1.1. pydicom does not read the former.
    """
    count, data = lut.LUTDescriptor[0] or 2**16, lut.LUTData
    order = ">" if lut.original_encoding[1] is False else "<"
    stored = data if isinstance(data, bytes) else np.asarray(data, f"{order}u2").tobytes()
    entries = np.frombuffer(stored, "u1" if len(stored) < 2 * count else f"{order}u2", count)
    return entries.astype(np.uint16)


def _of_palette(stored: Pixels, dataset: Dataset) -> Pixels:
    """Palette colours as 8 bit: the upper byte of a 16-bit entry, the lower of an 8-bit one that is stored as 16.

    Source: DICOM PS3.3 C.7.6.3.1.5 and 6.
    """
    colour = apply_color_lut(stored, dataset)
    if colour.dtype == np.uint8:
        return colour
    if "RedPaletteColorLookupTableData" in dataset and not dataset.file_meta.TransferSyntaxUID.is_little_endian:
        colour = colour.byteswap()  # pydicom takes these tables for little endian
    shift = 0 if dataset.RedPaletteColorLookupTableDescriptor[2] == 8 else 8
    return (colour.astype(np.uint16) >> shift).astype(np.uint8)


def _eight_bit(colour: Pixels, header: Header) -> Pixels:
    """Colour of any depth as 8 bit."""
    if colour.dtype == np.uint8:
        return colour
    most = 2 ** integer(header, "BitsStored", 16) - 1
    return np.asarray(np.rint(colour.astype(np.float32) * (255 / most)).clip(0, 255).astype(np.uint8))


def _line(header: Header, frame: int) -> tuple[float, float]:
    """(slope, intercept) of a frame, in an enhanced file its own."""
    either = (functional(header, frame, _TRANSFORM, keyword) for keyword in ("RescaleSlope", "RescaleIntercept"))
    group = next((group for group in either if group is not None), None)
    if group is None:
        return 1.0, 0.0
    slope, intercept = numbers(group, "RescaleSlope", 1), numbers(group, "RescaleIntercept", 1)
    return (slope or (1.0,))[0], (intercept or (0.0,))[0]
