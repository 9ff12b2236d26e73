"""Whole files that mutants are made of: pydicom's own samples, and small ones of each kind made here."""

import io
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from PIL import Image
from pydicom import Dataset
from pydicom.data import get_testdata_files
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from tests.made_dicom import RAMP, ct_slice, dataset, dicom
from tests.made_files import png, zipped

_LARGEST_BYTES = 40_000
_NO_FILES = (".txt", ".json", ".gz", ".dump", ".icc", "README")
EDGE = 64
"""OpenJPEG encodes nothing much smaller."""


@cache
def packaged() -> tuple[bytes, ...]:
    """pydicom's samples that are on this disk and small, DICOMDIRs among them."""
    paths = [Path(name) for name in sorted(get_testdata_files())]
    kept = [path for path in paths if path.is_file() and not path.name.endswith(_NO_FILES)]
    data = {path.read_bytes() for path in kept if path.stat().st_size <= _LARGEST_BYTES}
    return tuple(sorted(data, key=lambda one: (len(one), one)))


@cache
def made() -> tuple[bytes, ...]:
    """One of each kind of file that the decoders know."""
    colour = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0, "Rows": EDGE}
    rgb = dataset(pixels=np.arange(3 * EDGE * EDGE, dtype=np.uint8).reshape(EDGE, -1), **colour, Columns=EDGE)
    return (
        *(compressed(one, to) for to in (RLELossless, JPEG2000Lossless, JPEGLSLossless) for one in (rgb, grey())),
        file_of(rgb),
        dicom(transfer_syntax=DeflatedExplicitVRLittleEndian),
        dicom(transfer_syntax=ExplicitVRBigEndian),
        dicom(transfer_syntax=ImplicitVRLittleEndian),
        dicom(transfer_syntax=ImplicitVRLittleEndian)[132:],
        ct_slice(
            3.0, RescaleSlope="1", RescaleIntercept="-1024", WindowCenter="40", WindowWidth="400", PixelPaddingValue=5
        ),
        compressed(enhanced(), RLELossless),
        file_of(enhanced()),
        file_of(palette()),
        file_of(looked_up("VOILUTSequence")),
        file_of(looked_up("ModalityLUTSequence")),
        file_of(overlaid()),
        file_of(floats()),
    )


def grey() -> Dataset:
    """A film that the codecs take, unlike smaller ones."""
    return dataset(pixels=np.arange(EDGE * EDGE, dtype="<u2").reshape(EDGE, EDGE))


def enhanced() -> Dataset:
    """Three slices in one file, with the plane and the slope of each."""
    made = dataset(
        pixels=np.stack([RAMP] * 3), Modality="MR", NumberOfFrames=3, SOPClassUID="1.2.840.10008.5.1.4.1.1.4.1"
    )
    shared = Dataset()
    shared.PlaneOrientationSequence = [_item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])]
    shared.PixelMeasuresSequence = [_item(PixelSpacing=[0.5, 0.5], SliceThickness=2)]
    made.SharedFunctionalGroupsSequence = [shared]
    groups = [Dataset() for _ in range(3)]
    for height, group in enumerate(groups):
        group.PlanePositionSequence = [_item(ImagePositionPatient=[0, 0, height])]
        group.PixelValueTransformationSequence = [_item(RescaleSlope=2, RescaleIntercept=height)]
    made.PerFrameFunctionalGroupsSequence = groups
    return made


def palette(**tags: Any) -> Dataset:
    """A picture of indices with a palette of 256 colours of 16 bits."""
    table = np.linspace(0, 65535, 256).astype("<u2").tobytes()
    names = ("Red", "Green", "Blue")
    descriptors = {f"{name}PaletteColorLookupTableDescriptor": [256, 0, 16] for name in names}
    tables = {f"{name}PaletteColorLookupTableData": table for name in names}
    usual = {"PhotometricInterpretation": "PALETTE COLOR", "Modality": "US", "pixels": RAMP.astype(np.uint8)}
    return dataset(**{**usual, **descriptors, **tables, **tags})


def looked_up(sequence: str, descriptor: tuple[int, int, int] = (32, 0, 16), entries: int = 32) -> Dataset:
    """A film with a modality or VOI LUT."""
    table = _item(
        LUTDescriptor=list(descriptor), LUTData=np.arange(entries, dtype="<u2").tobytes(), ModalityLUTType="US"
    )
    return dataset(**{sequence: [table]})


def overlaid(rows: int = 4, columns: int = 6) -> Dataset:
    """A film with an overlay."""
    made = dataset()
    for element, vr, value in ((0x10, "US", rows), (0x11, "US", columns), (0x100, "US", 1), (0x102, "US", 0)):
        made.add_new(0x60000000 + element, vr, value)
    made.add_new(0x60000040, "CS", "G")
    made.add_new(0x60000050, "SS", [1, 1])
    made.add_new(0x60003000, "OW", bytes(4))
    return made


def floats(*values: float) -> Dataset:
    """A map of floats, whose first values are these."""
    pixels = np.linspace(-1, 1, RAMP.size, dtype="<f4").reshape(RAMP.shape)
    pixels.flat[: len(values)] = values
    return dataset(
        Modality="OT", PixelData=None, BitsAllocated=32, BitsStored=32, HighBit=31, FloatPixelData=pixels.tobytes()
    )


@cache
def rasters() -> tuple[bytes, ...]:
    """The picture formats, grey and coloured, with EXIF, pages, palette and transparency."""
    grey, colour = Image.fromarray((RAMP * 10).astype(np.uint8)), Image.new("RGB", (EDGE, EDGE), (200, 30, 40))
    turned = Image.Exif()
    turned[0x0112] = 6
    return (
        png(RAMP),
        png(RAMP.astype(np.uint8)),
        _saved(colour.convert("P"), "PNG", transparency=0),
        _saved(colour.convert("RGBA"), "PNG"),
        _saved(colour, "JPEG", exif=turned),
        _saved(grey, "JPEG", progressive=True),
        _saved(grey, "TIFF", compression="tiff_lzw"),
        _saved(colour, "TIFF", save_all=True, append_images=[colour]),
        _saved(colour, "TIFF", compression="jpeg"),
        _saved(colour, "BMP"),
        _saved(grey, "BMP"),
    )


@cache
def cases() -> tuple[tuple[str, bytes], ...]:
    """Files that hold or list others, each with its name."""
    film = dicom(transfer_syntax=DeflatedExplicitVRLittleEndian)
    listing = next(data for data in reversed(packaged()) if b"1.2.840.10008.1.3.10" in data[:400])
    return (
        ("case.zip", zipped({"disc/note.txt": b"Seen today.\n", "disc/a.dcm": film, "disc/film.png": rasters()[1]})),
        ("case.zip", zipped({"note.txt": b"Seen today.\n", "DICOMDIR": listing})),
        ("DICOMDIR", listing),
    )


def _item(**tags: Any) -> Dataset:
    item = Dataset()
    for keyword, value in tags.items():
        setattr(item, keyword, value)
    return item


def file_of(made: Dataset) -> bytes:
    """A file of a dataset."""
    out = io.BytesIO()
    pydicom.dcmwrite(out, made, enforce_file_format=True)
    return out.getvalue()


def compressed(made: Dataset, syntax: str) -> bytes:
    """The same with its pixels compressed."""
    made = pydicom.dcmread(io.BytesIO(file_of(made)))
    made.compress(syntax, generate_instance_uid=False)
    return file_of(made)


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
