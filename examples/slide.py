"""Draw a slide, EXAMPLE-5's, as DICOM: `python -m examples.slide`. The same drawing every time.

Two levels, each one file of JPEG tiles (VL Whole Slide Microscopy, DICOM PS3.3 A.32.8, TILED_FULL).
"""

import io
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms
from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.uid import JPEGBaseline8Bit, VLWholeSlideMicroscopyImageStorage

from examples.tags import dataset_of, item, patient_tags, uid_of
from examples.tissue import GLASS, HEIGHT_PX, MPP_UM, WIDTH_PX, draw_tissue

SLIDE = Path(__file__).parent / "cases" / "slide"
NOTES = {SLIDE / "case.yaml": "patient: {id: EXAMPLE-5}\nindication: Sigmoid polyp, biopsy.\n"}
LEVELS = {SLIDE / "a4c1.dcm": 1, SLIDE / "07be.dcm": 4}
"""Each level's file and by how much it is reduced."""
_PATIENT, _DATE, _SEED = "EXAMPLE-5", "20250602", 5
_TILE_PX, _QUALITY, _DEPTH_MM = 512, 39, 0.004
_PROFILE_DATE = slice(24, 36)
"""Where an ICC profile says when it was made (ICC.1:2010, 7.2)."""


def slide_files() -> dict[Path, Dataset]:
    """Both levels, the largest first."""
    largest = draw_tissue(_SEED)
    return {path: _level(largest, reduced) for path, reduced in LEVELS.items()}


def _level(largest: Image.Image, reduced: int) -> Dataset:
    picture = largest.reduce(reduced) if reduced > 1 else largest
    tiles = _tiles(picture)
    ratio = round(picture.width * picture.height * 3 / sum(map(len, tiles)), 2)
    tags = _always(len(tiles)) | {
        "ImageType": _kind(reduced),
        "InstanceNumber": 1 if reduced == 1 else 2,
        "SOPInstanceUID": uid_of(_PATIENT, "level", reduced),
        "TotalPixelMatrixColumns": picture.width,
        "TotalPixelMatrixRows": picture.height,
        "LossyImageCompressionRatio": ratio,
        "SharedFunctionalGroupsSequence": [_shared(reduced)],
        "PixelData": encapsulate(tiles),
    }
    made = dataset_of(patient_tags(_PATIENT, _DATE, "Sigmoid colon") | tags, JPEGBaseline8Bit)
    made["PixelData"].is_undefined_length = True
    return made


def _tiles(picture: Image.Image) -> list[bytes]:
    """JPEG tiles, row by row; the last ones are filled up with glass."""
    tiles = []
    for top in range(0, picture.height, _TILE_PX):
        for left in range(0, picture.width, _TILE_PX):
            tile, buffer = Image.new("RGB", (_TILE_PX, _TILE_PX), GLASS), io.BytesIO()
            right, bottom = min(left + _TILE_PX, picture.width), min(top + _TILE_PX, picture.height)
            tile.paste(picture.crop((left, top, right, bottom)))
            tile.save(buffer, "JPEG", quality=_QUALITY, subsampling="4:2:0", optimize=True)
            tiles.append(buffer.getvalue())
    return tiles


def _always(tiles: int) -> dict[str, Any]:
    """What both levels say."""
    return {
        "SOPClassUID": VLWholeSlideMicroscopyImageStorage,
        "Modality": "SM",
        "SeriesNumber": 1,
        "SeriesInstanceUID": uid_of(_PATIENT, "series"),
        "SeriesDescription": "H&E",
        "BodyPartExamined": "COLON",
        "AcquisitionDateTime": f"{_DATE}090000",
        "NumberOfFrames": tiles,
        **_matrix(),
        **_specimen(),
        "ImagedVolumeWidth": WIDTH_PX * MPP_UM / 1000,
        "ImagedVolumeHeight": HEIGHT_PX * MPP_UM / 1000,
        "ImagedVolumeDepth": _DEPTH_MM * 1000,
        "TotalPixelMatrixOriginSequence": [item(XOffsetInSlideCoordinateSystem=20, YOffsetInSlideCoordinateSystem=40)],
        "ImageOrientationSlide": [0, -1, 0, -1, 0, 0],
        "TotalPixelMatrixFocalPlanes": 1,
        "SpecimenLabelInImage": "NO",
        "FocusMethod": "AUTO",
        "ExtendedDepthOfField": "NO",
        "VolumetricProperties": "VOLUME",
        "DimensionOrganizationType": "TILED_FULL",
        **_dimensions(),
        "NumberOfOpticalPaths": 1,
        "OpticalPathSequence": [_optical_path()],
        "AcquisitionContextSequence": [],
    }


def _matrix() -> dict[str, Any]:
    return {
        "Rows": _TILE_PX,
        "Columns": _TILE_PX,
        "SamplesPerPixel": 3,
        "PhotometricInterpretation": "YBR_FULL_422",
        "PlanarConfiguration": 0,
        **{"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "PixelRepresentation": 0},
        "LossyImageCompression": "01",
        "LossyImageCompressionMethod": "ISO_10918_1",
    }


def _specimen() -> dict[str, Any]:
    specimen = item(
        SpecimenIdentifier="EXAMPLE-5-A",
        SpecimenUID=uid_of(_PATIENT, "specimen"),
        IssuerOfTheSpecimenIdentifierSequence=[],
        SpecimenPreparationSequence=[],
    )
    return {
        "ContainerIdentifier": "EXAMPLE-5-A-1",
        "IssuerOfTheContainerIdentifierSequence": [],
        "ContainerTypeCodeSequence": [_code(Code("433466003", "SCT", "Microscope slide"))],
        "SpecimenDescriptionSequence": [specimen],
    }


def _dimensions() -> dict[str, Any]:
    """Tiles are ordered by column and row of the whole (PS3.3 C.7.6.17)."""
    organization = uid_of(_PATIENT, "dimensions")
    pointers = ((0x0048021F, 0x0048021A), (0x0048021E, 0x0048021A))
    return {
        "DimensionOrganizationSequence": [item(DimensionOrganizationUID=organization)],
        "DimensionIndexSequence": [
            item(DimensionOrganizationUID=organization, DimensionIndexPointer=tag, FunctionalGroupPointer=group)
            for tag, group in pointers
        ],
    }


def _optical_path() -> Dataset:
    return item(
        OpticalPathIdentifier="1",
        OpticalPathDescription="Brightfield",
        IlluminationTypeCodeSequence=[_code(codes.DCM.BrightfieldIllumination)],
        IlluminationColorCodeSequence=[_code(Code("414298005", "SCT", "Full Spectrum"))],
        ObjectiveLensPower=20,
        ICCProfile=_profile(),
    )


def _profile() -> bytes:
    """sRGB, with a fixed date; an even number of bytes."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    made[_PROFILE_DATE] = (2025).to_bytes(2, "big") + bytes((0, 1, 0, 1, 0, 0, 0, 0, 0, 0))
    return bytes(made) + b"\0" * (len(made) % 2)


def _shared(reduced: int) -> Dataset:
    """Pixel spacing (mm) and image type of all tiles."""
    spacing = MPP_UM / 1000 * reduced
    return item(
        PixelMeasuresSequence=[item(PixelSpacing=[spacing, spacing], SliceThickness=_DEPTH_MM)],
        WholeSlideMicroscopyImageFrameTypeSequence=[item(FrameType=_kind(reduced))],
        OpticalPathIdentificationSequence=[item(OpticalPathIdentifier="1")],
    )


def _kind(reduced: int) -> list[str]:
    return ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"] if reduced == 1 else ["DERIVED", "PRIMARY", "VOLUME", "RESAMPLED"]


def _code(known: Code) -> Dataset:
    return item(CodeValue=known.value, CodingSchemeDesignator=known.scheme_designator, CodeMeaning=known.meaning)


def draw() -> None:
    """Write both levels and the note."""
    for path, text in NOTES.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for path, file in slide_files().items():
        file.save_as(path, enforce_file_format=True)


if __name__ == "__main__":
    draw()
