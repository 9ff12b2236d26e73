"""A drawn film as a DICOM file, in the radiographic convention, marked as drawn."""

import hashlib
from typing import Any

from pydicom import Dataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.uid import UID, DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian

from prelim.imaging.dicom import DRAWN_PHANTOM
from prelim.models.phantom.draw import Pixels

_ALWAYS: dict[str, Any] = {
    "SOPClassUID": DigitalXRayImageStorageForPresentation,
    "Modality": "DX",
    "Manufacturer": DRAWN_PHANTOM,
    "PatientName": "Drawn^Phantom",
    "PatientSex": "O",
    **dict.fromkeys(("PatientBirthDate", "AccessionNumber", "ReferringPhysicianName"), ""),
    **dict.fromkeys(("DetectorType", "PositionerType"), ""),
    "AcquisitionContextSequence": [],
    "StudyID": "1",
    "SeriesNumber": 1,
    "InstanceNumber": 1,
    "StudyDescription": "Chest, drawn",
    "SeriesDescription": "PA",
    "BodyPartExamined": "CHEST",
    "ViewPosition": "PA",
    "PatientOrientation": ["L", "F"],
    "ImageLaterality": "U",
    "ImageType": ["DERIVED", "PRIMARY"],
    "DerivationDescription": "Drawn, not acquired",
    "PresentationIntentType": "FOR PRESENTATION",
    "ImagerPixelSpacing": [1.5, 1.5],
    "PixelIntensityRelationship": "LOG",
    "PixelIntensityRelationshipSign": 1,
    "RescaleIntercept": 0,
    "RescaleSlope": 1,
    "RescaleType": "US",
    "PresentationLUTShape": "IDENTITY",
    "WindowCenter": 128,
    "WindowWidth": 256,
    "LossyImageCompression": "00",
    "BurnedInAnnotation": "NO",
}
"""What every drawn film says, as the DX image IOD asks (DICOM PS3.3 A.26)."""


def dicom_of(pixels: Pixels, patient_id: str, date: str, **tags: Any) -> Dataset:
    """The drawing as a DX image of a patient on a day (YYYYMMDD); `tags`, by their keywords, go before all others."""
    image = Dataset()
    for keyword, value in (_ALWAYS | _of_exam(patient_id, date) | _of_pixels(pixels) | tags).items():
        setattr(image, keyword, value)
    image.AnatomicRegionSequence = [_code(codes.cid4031.Chest)]
    image.ViewCodeSequence = [_code(codes.cid4010.PosteroAnterior)]
    image.ViewCodeSequence[0].ViewModifierCodeSequence = []
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    return image


def _of_exam(patient_id: str, date: str) -> dict[str, Any]:
    """Who and when."""

    def uid(what: str) -> UID:
        digest = hashlib.sha256(f"{patient_id} {date} {what}".encode()).hexdigest()
        return UID(f"2.25.{int(digest[:32], 16)}")

    return {
        "PatientID": patient_id,
        "StudyInstanceUID": uid("study"),
        "SeriesInstanceUID": uid("series"),
        "SOPInstanceUID": uid("instance"),
        **dict.fromkeys(("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"), date),
        **dict.fromkeys(("StudyTime", "ContentTime"), "090000"),
    }


def _of_pixels(pixels: Pixels) -> dict[str, Any]:
    """The matrix, one byte a pixel."""
    return {
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": pixels.shape[0],
        "Columns": pixels.shape[1],
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
        "PixelRepresentation": 0,
        "PixelData": pixels.tobytes(),
    }


def _code(known: Code) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = known.value, known.scheme_designator, known.meaning
    return item
