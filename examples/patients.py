"""Draw the two example patients: `python -m examples.patients`. The same drawing every time, to the byte.

EXAMPLE-1 has a right lung opacity that grew between two films, a lab report and a history; EXAMPLE-2 is normal. The
films are drawings, marked as such in the DICOM tags: nobody's data.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from pydicom import Dataset

from examples import record
from prelim.models.phantom import film_file
from prelim.models.phantom.draw import Anatomy, Film, Shape, Sign, Signs, anatomy, render
from tools.drawn_labs import draw_report

CASES = Path(__file__).parent / "cases"
GROWING, NORMAL = CASES / "growing-opacity", CASES / "normal"


class Exam(NamedTuple):
    """One film of a patient: who, when, what is drawn."""

    patient_id: str
    date: str
    signs: Signs
    seed: int


OPACITY: Sign = ("lung_opacity", "right")
EXAMS = {
    GROWING / "film-2025-01-03.dcm": Exam("EXAMPLE-1", "20250103", {OPACITY: Shape(18, (-26, 2))}, 11),
    GROWING / "film-2025-03-14.dcm": Exam("EXAMPLE-1", "20250314", {OPACITY: Shape(28, (-26, 2))}, 12),
    NORMAL / "film-2025-02-20.dcm": Exam("EXAMPLE-2", "20250220", {}, 13),
}
REPORTS = {
    GROWING / "labs-2025-03-14.pdf": (
        "EXAMPLE-1",
        "2025-03-14",
        (
            ("CRP", "87.0", "mg/L", "<5", "H"),
            ("WBC", "13.2", "10^9/L", "4-10", "H"),
            ("Hemoglobin", "11.1", "g/dL", "12-16", "L"),
            ("Platelets", "310", "10^9/L", "150-400", ""),
            ("Sodium", "138", "mmol/L", "135-145", ""),
            ("Potassium", "4.2", "mmol/L", "3.5-5.1", ""),
            ("Creatinine", "0.90", "mg/dL", "0.6-1.2", ""),
            ("Procalcitonin", "<0.05", "ng/mL", "0-0.5", ""),
        ),
    ),
    NORMAL / "labs-2025-02-20.pdf": (
        "EXAMPLE-2",
        "2025-02-20",
        (
            ("CRP", "1.2", "mg/L", "<5", ""),
            ("WBC", "6.1", "10^9/L", "4-10", ""),
            ("Hemoglobin", "14.0", "g/dL", "12-16", ""),
            ("Creatinine", "0.80", "mg/dL", "0.6-1.2", ""),
        ),
    ),
}
NOTES = {
    GROWING / "case.yaml": "patient: {id: EXAMPLE-1}\nindication: Cough and fever for three days.\n",
    NORMAL / "case.yaml": "patient: {id: EXAMPLE-2}\nindication: Routine check.\n",
}


def film_of(exam: Exam) -> Film:
    """The drawing of an exam; one patient has one anatomy."""
    chest: Anatomy = anatomy(np.random.default_rng(int(exam.patient_id[-1])))
    return render(np.random.default_rng(exam.seed), chest, exam.signs)


def dicom_of(exam: Exam) -> Dataset:
    """The drawing as a DX image, marked as drawn."""
    return film_file.dicom_of(film_of(exam).pixels, exam.patient_id, exam.date)


def draw() -> None:
    """Write every file of the example cases."""
    for path, exam in EXAMS.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        dicom_of(exam).save_as(path, enforce_file_format=True)
    for path, (patient_id, day, rows) in REPORTS.items():
        draw_report(path, patient_id, day, rows)
    for path, text in NOTES.items():
        path.write_text(text, encoding="utf-8")
    record.write(GROWING)


if __name__ == "__main__":
    draw()
