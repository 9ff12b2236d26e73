"""Laboratory results to print: the public truth files' observations, ranges and further results made up by seed."""

import json
import random
from pathlib import Path
from typing import NamedTuple

LANGUAGES = ("en", "de", "es", "fr")


class Analyte(NamedTuple):
    """How a test is printed: its names by language, unit, range, decimals, and what it is measured in."""

    names: tuple[str, str, str, str]
    unit: str
    low: float | None
    high: float | None
    decimals: int
    long: str = ""


ANALYTES = {
    "6690-2": Analyte(
        ("Leukocytes", "Leukozyten", "Leucocitos", "Leucocytes"),
        "10^9/L",
        4,
        10,
        1,
        "Leukocytes [#/volume] in Blood by Automated count",
    ),
    "789-8": Analyte(
        ("Erythrocytes", "Erythrozyten", "Eritrocitos", "Érythrocytes"),
        "10^12/L",
        4.3,
        5.7,
        2,
        "Erythrocytes [#/volume] in Blood by Automated count",
    ),
    "718-7": Analyte(
        ("Hemoglobin", "Hämoglobin", "Hemoglobina", "Hémoglobine"),
        "g/dL",
        13.5,
        17.2,
        1,
        "Hemoglobin [Mass/volume] in Blood",
    ),
    "4544-3": Analyte(
        ("Hematocrit", "Hämatokrit", "Hematocrito", "Hématocrite"),
        "%",
        40,
        50,
        1,
        "Hematocrit [Volume Fraction] of Blood by Automated count",
    ),
    "787-2": Analyte(("MCV", "MCV", "VCM", "VGM"), "fL", 82, 98, 1, "MCV [Entitic volume] by Automated count"),
    "785-6": Analyte(("MCH", "MCH", "HCM", "TCMH"), "pg", 27, 33, 1, "MCH [Entitic mass] by Automated count"),
    "786-4": Analyte(("MCHC", "MCHC", "CHCM", "CCMH"), "g/dL", 32, 36, 1, "MCHC [Mass/volume] by Automated count"),
    "21000-5": Analyte(
        ("RDW-SD", "EVB", "ADE", "IDR"),
        "fL",
        39,
        46,
        1,
        "Erythrocyte distribution width [Entitic volume] by Automated count",
    ),
    "777-3": Analyte(
        ("Platelets", "Thrombozyten", "Plaquetas", "Plaquettes"),
        "10^9/L",
        150,
        400,
        0,
        "Platelets [#/volume] in Blood by Automated count",
    ),
    "32207-3": Analyte(
        (
            "Platelet distribution width",
            "Thrombozytenverteilungsbreite",
            "Ancho de distribución plaquetaria",
            "Indice de distribution plaquettaire",
        ),
        "fL",
        150,
        450,
        0,
        "Platelet distribution width [Entitic volume] in Blood by Automated count",
    ),
    "32623-1": Analyte(
        ("MPV", "MPV", "VPM", "VPM"),
        "fL",
        9.4,
        12.3,
        1,
        "Platelet mean volume [Entitic volume] in Blood by Automated count",
    ),
    "2093-3": Analyte(
        ("Total Cholesterol", "Cholesterin gesamt", "Colesterol total", "Cholestérol total"), "mg/dL", None, 190, 0
    ),
    "2571-8": Analyte(("Triglycerides", "Triglyzeride", "Triglicéridos", "Triglycérides"), "mg/dL", None, 150, 0),
    "18262-6": Analyte(
        ("LDL Cholesterol", "LDL-Cholesterin", "Colesterol LDL", "Cholestérol LDL"),
        "mg/dL",
        None,
        100,
        0,
        "Low Density Lipoprotein Cholesterol",
    ),
    "2085-9": Analyte(
        ("HDL Cholesterol", "HDL-Cholesterin", "Colesterol HDL", "Cholestérol HDL"),
        "mg/dL",
        40,
        None,
        0,
        "High Density Lipoprotein Cholesterol",
    ),
    "33914-3": Analyte(
        ("eGFR", "eGFR", "FGe", "DFGe"), "mL/min/1.73 m2", 90, None, 0, "Estimated Glomerular Filtration Rate"
    ),
    "4548-4": Analyte(("HbA1c", "HbA1c", "HbA1c", "HbA1c"), "%", 4, 5.7, 1, "Hemoglobin A1c/Hemoglobin.total in Blood"),
    "2339-0": Analyte(("Glucose", "Glukose", "Glucosa", "Glucose"), "mg/dL", 70, 99, 0),
    "6299-2": Analyte(("Urea Nitrogen", "Harnstoff-N", "Nitrógeno ureico", "Azote uréique"), "mg/dL", 7, 20, 0),
    "38483-4": Analyte(("Creatinine", "Kreatinin", "Creatinina", "Créatinine"), "mg/dL", 0.7, 1.3, 2),
    "49765-1": Analyte(("Calcium", "Calcium", "Calcio", "Calcium"), "mg/dL", 8.6, 10.2, 1),
    "2947-0": Analyte(("Sodium", "Natrium", "Sodio", "Sodium"), "mmol/L", 136, 145, 0),
    "6298-4": Analyte(("Potassium", "Kalium", "Potasio", "Potassium"), "mmol/L", 3.5, 5.1, 1),
    "2069-3": Analyte(("Chloride", "Chlorid", "Cloruro", "Chlorure"), "mmol/L", 98, 107, 0),
    "20565-8": Analyte(
        ("Carbon Dioxide", "Kohlendioxid", "Dióxido de carbono", "Dioxyde de carbone"), "mmol/L", 21, 29, 0
    ),
}
FURTHER = (
    Analyte(("CRP", "CRP", "PCR", "CRP"), "mg/L", None, 5, 1),
    Analyte(("Ferritin", "Ferritin", "Ferritina", "Ferritine"), "µg/L", 30, 400, 0),
    Analyte(("TSH", "TSH", "TSH", "TSH"), "mIU/L", 0.4, 4.0, 2),
    Analyte(("ALT", "GPT (ALT)", "ALT (GPT)", "ALAT"), "U/L", None, 45, 0),
    Analyte(("AST", "GOT (AST)", "AST (GOT)", "ASAT"), "U/L", None, 40, 0),
    Analyte(("D-dimer", "D-Dimere", "Dímero D", "D-dimères"), "mg/L", None, 0.5, 2),
    Analyte(("Troponin T", "Troponin T", "Troponina T", "Troponine T"), "ng/L", None, 14, 0),
    Analyte(("CA 19-9", "CA 19-9", "CA 19-9", "CA 19-9"), "U/mL", None, 37, 1),
    Analyte(("Vitamin B12", "Vitamin B12", "Vitamina B12", "Vitamine B12"), "pg/mL", 200, 900, 0),
)


class Item(NamedTuple):
    """One result to print. `comparator` makes it "<5"; `earlier` are results of days before, oldest first."""

    code: str
    analyte: Analyte
    value: float
    comparator: str | None
    low: float | None
    high: float | None
    earlier: tuple[float, ...]

    @property
    def flag(self) -> str | None:
        """By its own arithmetic, on the numbers as they are printed."""
        return flag(self.value, self.comparator, self.low, self.high)


class Panel(NamedTuple):
    """The results of one patient on one day."""

    day: str
    items: tuple[Item, ...]
    sex: str
    age: int


def flag(value: float, comparator: str | None, low: float | None, high: float | None) -> str | None:
    if comparator == "<" and low is not None:
        return "L" if value <= low else None
    if comparator == "<":
        return "N" if high is not None and value <= high else None
    if high is not None and value > high:
        return "H"
    if low is not None and value < low:
        return "L"
    return "N"


def panels(folder: Path, patients: slice = slice(None), seed: int = 0) -> list[Panel]:
    """The panels of the truth files of `folder` (fhir-synthea/truth), the patients' files in order."""
    found = []
    for path in sorted(folder.glob("*.json"))[patients]:
        truth = json.loads(path.read_text(encoding="utf-8"))
        born = int(truth["patient"]["birthDate"][:4])
        labs = [o for o in truth["observations"] if "laboratory" in o["category"] and o["value"] is not None]
        for number, day in enumerate(sorted({lab["date"][:10] for lab in labs})):
            rng = random.Random(f"{seed} {path.name} {day}")
            mine = [lab for lab in labs if lab["date"][:10] == day]
            items = tuple(_item(lab["loinc"], ANALYTES[lab["loinc"]], lab["value"], rng) for lab in mine)
            found.append(Panel(day, items + _further(rng), "M" if number % 2 else "F", int(day[:4]) - born))
    return found


def _item(code: str, analyte: Analyte, value: float, rng: random.Random) -> Item:
    """The truth's value as it is printed; its range moved a little, so that flags of every kind occur."""
    digits, moved = analyte.decimals, rng.uniform(0.88, 1.12)
    limits = [None if limit is None else round(limit * moved, digits) for limit in (analyte.low, analyte.high)]
    earlier = tuple(round(value * rng.uniform(0.7, 1.4), digits) for _ in range(2))
    return Item(code, analyte, round(value, digits), None, limits[0], limits[1], earlier)


def _further(rng: random.Random) -> tuple[Item, ...]:
    """Results of kinds that the truth files lack: below what is measured, above a thousand, far outside."""
    items = []
    for analyte in rng.sample(FURTHER, 4):
        top = analyte.high or 1.0
        kind = rng.random()
        value = top * rng.uniform(0.3, 2.5) if kind < 0.7 else top * rng.uniform(4, 9)
        item = _item("", analyte, value, rng)
        if kind < 0.25 and item.high:
            item = item._replace(value=round(item.high / 5, analyte.decimals) or 1.0, comparator="<")
        items.append(item)
    return tuple(items)
