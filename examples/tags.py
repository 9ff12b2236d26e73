"""Tags that every drawn CT, MR and slide carries, and files of them. All invented, and marked as drawn."""

import hashlib
from collections.abc import Mapping
from typing import Any

from pydicom import Dataset, FileMetaDataset
from pydicom.uid import UID

DRAWN_EXAMPLE = "Prelim drawn example"
"""The Manufacturer of these drawings. Not the embedded model's own: it was never shown a CT, an MR or a slide."""
_EMPTY = ("PatientBirthDate", "AccessionNumber", "ReferringPhysicianName", "PositionReferenceIndicator")


def uid_of(*words: object) -> UID:
    """The same words, the same UID."""
    digest = hashlib.sha256(" ".join(map(str, words)).encode()).hexdigest()
    return UID(f"2.25.{int(digest[:32], 16)}")


def patient_tags(patient_id: str, date: str, region: str) -> dict[str, Any]:
    """Patient, study, frame of reference and equipment of one examination (`date` as YYYYMMDD)."""
    return {
        "PatientID": patient_id,
        "PatientName": f"Drawn^Example {patient_id.rpartition('-')[2]}",
        "PatientSex": "O",
        **dict.fromkeys(_EMPTY, ""),
        "StudyInstanceUID": uid_of(patient_id, date, "study"),
        "FrameOfReferenceUID": uid_of(patient_id, date, "frame of reference"),
        "StudyID": "1",
        "StudyDescription": f"{region}, drawn",
        **dict.fromkeys(("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"), date),
        **dict.fromkeys(("StudyTime", "SeriesTime", "AcquisitionTime", "ContentTime"), "090000"),
        "Manufacturer": DRAWN_EXAMPLE,
        "ManufacturerModelName": DRAWN_EXAMPLE,
        "DeviceSerialNumber": "0",
        "SoftwareVersions": "1",
        "DerivationDescription": "Drawn, not acquired",
        "BurnedInAnnotation": "NO",
    }


def dataset_of(tags: Mapping[str, Any], syntax: UID) -> Dataset:
    """A dataset with these tags, ready to be written in a transfer syntax."""
    made = Dataset()
    for keyword, value in tags.items():
        setattr(made, keyword, value)
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = syntax
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    return made


def item(**tags: Any) -> Dataset:
    """An item of a sequence."""
    made = Dataset()
    for keyword, value in tags.items():
        setattr(made, keyword, value)
    return made
