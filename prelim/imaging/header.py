"""The header of a DICOM file as plain values: what crosses from the process that decodes to all others.

Only what is asked about crosses: no private tags, no comments, no names but the patient's own, for intake to compare.
"""

from typing import Any

from pydicom import Dataset
from pydicom.datadict import keyword_for_tag, tag_for_keyword

from prelim.imaging.dicom import DAMAGE
from prelim.imaging.tags import Header, values

_DEPTH = 6
_TEXT_CHARS, _VALUES, _ITEMS = 1024, 64, 20_000
KEYWORDS = (
    *("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"),
    *("PatientID", "IssuerOfPatientID", "PatientName", "PatientBirthDate", "PatientSex"),
    *("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate", "StudyTime", "AcquisitionTime", "ContentTime"),
    *("AcquisitionDateTime", "StudyDescription", "SeriesDescription", "AccessionNumber", "Manufacturer", "Modality"),
    *("BodyPartExamined", "ViewPosition", "ViewCodeSequence", "Laterality", "ImageLaterality", "PatientOrientation"),
    *("ImageType", "InstanceNumber", "AcquisitionNumber", "SeriesNumber", "ConvolutionKernel", "ProtocolName"),
    *("Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "BitsAllocated", "PhotometricInterpretation"),
    *("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "ImagerPixelSpacing", "SliceThickness"),
    *("SpacingBetweenSlices", "GantryDetectorTilt", "PatientPosition", "StackID", "ConcatenationUID"),
    *("InConcatenationNumber", "ConcatenationFrameOffsetNumber", "EchoTime", "EchoNumbers", "InversionTime"),
    *("RepetitionTime", "TriggerTime", "TemporalPositionIdentifier", "TemporalPositionIndex", "DiffusionBValue"),
    *("DiffusionGradientOrientation", "NumberOfTemporalPositions", "ContrastBolusAgent", "SequenceName", "KVP"),
    *("ComplexImageComponent", "ScanOptions", "ReconstructionDiameter", "PixelPaddingValue"),
    *("TotalPixelMatrixRows", "TotalPixelMatrixColumns", "ImagedVolumeWidth", "ImagedVolumeHeight"),
    *("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"),
)
_TAGS = {keyword: tag for keyword in KEYWORDS if (tag := tag_for_keyword(keyword)) is not None}
_BLANKED = dict.fromkeys([*range(32), *range(127, 160), *range(0xD800, 0xE000)], " ")
"""What moves a terminal's cursor, or is no text at all, is in no header."""
_OVERLAYS = range(0x6000, 0x6020, 2)


def header_of(dataset: Dataset) -> Header:
    """The tags in KEYWORDS as text; a tag that cannot be read is left out, as one that is not there."""
    header: Header = {keyword: _stated(dataset, keyword) for keyword, tag in _TAGS.items() if tag in dataset}
    if any((group, 0x3000) in dataset for group in _OVERLAYS):
        header["OverlayData"] = ["present"]
    return header


def _stated(dataset: Dataset, keyword: str, depth: int = _DEPTH) -> list[Any]:
    try:
        element = dataset[keyword]
    except DAMAGE:
        return []
    if isinstance(element.value, bytes):
        return []
    if element.VR == "SQ":
        return [_item(item, depth - 1) for item in element.value[:_ITEMS]] if depth else []
    return [given[:_TEXT_CHARS].translate(_BLANKED).strip() for given in values(dataset, keyword)[:_VALUES]]


def _item(item: Dataset, depth: int) -> Header:
    """Every public element of an item that can be read and is not bytes."""
    keywords = filter(None, map(keyword_for_tag, item.keys()))
    return {keyword: stated for keyword in keywords if (stated := _stated(item, keyword, depth))}
