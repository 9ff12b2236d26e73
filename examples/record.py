"""What EXAMPLE-1 brings beside films and results: an earlier report, a referral, and a record as FHIR. All made up."""

import json
from pathlib import Path
from typing import Any

_PATIENT = "EXAMPLE-1"
_LOINC = {"CRP": "1988-5", "Hemoglobin": "718-7", "Creatinine": "14682-9"}
_RESULTS = (
    ("2023-11-08", "Hemoglobin", 13.1, "g/dL"),
    ("2024-02-20", "Hemoglobin", 12.6, "g/dL"),
    ("2024-02-20", "CRP", 3.1, "mg/L"),
    ("2024-02-20", "Creatinine", 78, "umol/L"),
)
_PROBLEMS = (("2015-06-01", "Hypertension"), ("2018-09-12", "Chronic obstructive pulmonary disease"))
_DRUGS = (("2019-01-10", "Lisinopril 10 mg oral tablet"), ("2018-09-12", "Salbutamol 100 microgram inhaler"))
REPORT = f"""Patient ID: {_PATIENT}
Date of exam: 2025-01-03
Examination: chest radiograph, PA view.

INDICATION: Cough.

FINDINGS: There is a small opacity in the right lung. No pleural effusion. The heart is not enlarged.

IMPRESSION: Small right lung opacity, probably infectious.
"""
REFERRAL = f"""Patient ID: {_PATIENT}
Note date: 2025-03-14

Reason for exam: rule out pneumonia.

History of present illness: cough and fever for three days, no chest pain.

Past medical history: COPD. Hypertension.

Medications:
- Lisinopril 10 mg daily
- Salbutamol inhaler as needed

Allergies: penicillin (rash).
"""


def bundle() -> dict[str, Any]:
    """The record as a FHIR R4 collection."""
    made = [_patient(), *_observations(), *_conditions(), *_medications(), _allergy()]
    entries = [{"fullUrl": f"urn:uuid:{item['id']}", "resource": item} for item in made]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def write(folder: Path) -> None:
    """The three files of the example case."""
    (folder / "report-2025-01-03.txt").write_text(REPORT, encoding="utf-8")
    (folder / "referral-2025-03-14.txt").write_text(REFERRAL, encoding="utf-8")
    (folder / "record.json").write_text(json.dumps(bundle(), indent=1) + "\n", encoding="utf-8")


def _patient() -> dict[str, Any]:
    return {"resourceType": "Patient", "id": _PATIENT, "identifier": [{"value": _PATIENT}], "gender": "other"}


def _about(kind: str, number: int) -> dict[str, Any]:
    return {
        "resourceType": kind,
        "id": f"{kind.lower()}-{number}",
        "subject": {"reference": f"Patient/{_PATIENT}"},
    }


def _coded(system: str, code: str) -> list[dict[str, Any]]:
    return [{"coding": [{"system": system, "code": code}]}]


def _observations() -> list[dict[str, Any]]:
    laboratory = _coded("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory")
    return [
        {
            **_about("Observation", number),
            "status": "final",
            "category": laboratory,
            "code": {"coding": [{"system": "http://loinc.org", "code": _LOINC[name]}], "text": name},
            "effectiveDateTime": day,
            "valueQuantity": {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
        }
        for number, (day, name, value, unit) in enumerate(_RESULTS, start=1)
    ]


def _conditions() -> list[dict[str, Any]]:
    [active] = _coded("http://terminology.hl7.org/CodeSystem/condition-clinical", "active")
    return [
        {**_about("Condition", number), "clinicalStatus": active, "code": {"text": name}, "onsetDateTime": day}
        for number, (day, name) in enumerate(_PROBLEMS, start=1)
    ]


def _medications() -> list[dict[str, Any]]:
    return [
        {
            **_about("MedicationRequest", number),
            "status": "active",
            "intent": "order",
            "medicationCodeableConcept": {"text": name},
            "authoredOn": day,
        }
        for number, (day, name) in enumerate(_DRUGS, start=1)
    ]


def _allergy() -> dict[str, Any]:
    [active] = _coded("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "active")
    item = _about("AllergyIntolerance", 1)
    patient = item.pop("subject")
    return {
        **item,
        "patient": patient,
        "clinicalStatus": active,
        "code": {"text": "Penicillin"},
        "recordedDate": "2018-09-12",
    }
