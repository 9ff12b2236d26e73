"""Stored pixels → values: decoded, palettes and the modality LUT applied."""

import warnings

import numpy as np
import numpy.typing as npt
from pydicom import Dataset
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut
from pydicom.pixels.utils import pixel_array
from pydicom.uid import (
    JPEG2000,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from prelim.errors import InputError
from prelim.imaging.dicom import DAMAGE, check_size
from prelim.imaging.tags import functional, integer, items, numbers, text

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


def frames_of(dataset: Dataset, name: str) -> Pixels:
    """All frames: grey (frames, rows, columns) after the modality LUT (HU for CT), colour (…, 3) as 8-bit RGB.

    Values that need no rescaling stay as stored; the others are float32, which holds every HU exactly: nothing is
    cast back to a stored type, where air would wrap round to white. InputError cannot_decode, and as `check_size`.
    """
    check_size(dataset, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # padding and excess bytes
            frames = _values(dataset)
            expected = (integer(dataset, "Rows", 0), integer(dataset, "Columns", 0))
            if frames.shape[1:3] != expected or frames.shape[3:] not in ((), (3,)):
                raise ValueError(f"decoded to {frames.shape}")
    except DAMAGE as error:
        syntax = dataset.file_meta.TransferSyntaxUID.name
        raise InputError(
            "cannot_decode", f"{name} cannot be decoded ({syntax}).", "Export it uncompressed.", name
        ) from error
    return frames


def _values(dataset: Dataset) -> Pixels:
    decoder = _DECODERS.get(dataset.file_meta.TransferSyntaxUID, "")
    stored: Pixels = pixel_array(dataset, decoding_plugin=decoder)
    palette = text(dataset, "PhotometricInterpretation") == "PALETTE COLOR"
    if palette or integer(dataset, "SamplesPerPixel", 1) > 1:
        colour = _eight_bit(apply_color_lut(stored, dataset) if palette else stored, dataset)
        return colour[None] if colour.ndim == 3 else colour
    return _rescaled(stored[None] if stored.ndim == 2 else stored, dataset)


def _eight_bit(colour: Pixels, dataset: Dataset) -> Pixels:
    """Colour of any depth as 8 bit. A 16-bit palette holds its 8 bits in the upper byte (PS3.3 C.7.6.3.1.6)."""
    if colour.dtype == np.uint8:
        return colour
    if text(dataset, "PhotometricInterpretation") == "PALETTE COLOR":
        return (colour.astype(np.uint16) >> 8).astype(np.uint8)
    most = 2 ** integer(dataset, "BitsStored", 16) - 1
    return np.asarray(np.rint(colour.astype(np.float32) * (255 / most)).clip(0, 255).astype(np.uint8))


def _rescaled(stored: Pixels, dataset: Dataset) -> Pixels:
    """Grey frames after the modality LUT, or after each frame's own rescaling in an enhanced file."""
    if items(dataset, "ModalityLUTSequence"):
        return np.asarray(apply_modality_lut(stored, dataset))
    lines = [_line(dataset, frame) for frame in range(len(stored))]
    if all(line == (1.0, 0.0) for line in lines):
        return np.nan_to_num(stored, posinf=0, neginf=0) if stored.dtype.kind == "f" else stored
    slopes, intercepts = (np.array(column, np.float64)[:, None, None] for column in zip(*lines, strict=True))
    return np.asarray(stored.astype(np.float64) * slopes + intercepts, np.float32)


def _line(dataset: Dataset, frame: int) -> tuple[float, float]:
    """(slope, intercept) of a frame."""
    group = functional(dataset, frame, _TRANSFORM, "RescaleSlope")
    if group is None:
        return 1.0, 0.0
    slope, intercept = numbers(group, "RescaleSlope", 1), numbers(group, "RescaleIntercept", 1)
    return (slope or (1.0,))[0], (intercept or (0.0,))[0]
