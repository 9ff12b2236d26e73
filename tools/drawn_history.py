"""Made-up histories and questions whose right records are known: results, reports, diagnoses, drugs over ten years."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from prelim.types import Record, RecordType
from tools.retrieval_truth import Histories, Query, own_id

_STREAM = 20261128
_TODAY = date(2025, 1, 1)
_FIRST = date(2014, 6, 1)
_TESTS = {
    "Creatinine": ("mg/dL", "2160-0", 0.6, 2.4, 2),
    "Potassium": ("mmol/L", "2823-3", 3.2, 5.6, 1),
    "Hemoglobin": ("g/dL", "718-7", 8.5, 16.5, 1),
    "Sodium": ("mmol/L", "2951-2", 128, 147, 0),
}
_FINDINGS = ("pleural effusion", "lung nodule", "atelectasis", "pneumonia", "cardiomegaly")
_CONDITIONS = ("Asthma", "Hypertension", "Type 2 diabetes mellitus", "Gout", "Migraine", "Psoriasis")
_DRUGS = ("Amlodipine 5 MG", "Metformin 500 MG", "Allopurinol 100 MG", "Salbutamol 0.1 MG", "Ramipril 2.5 MG")
_VISITS = 8


def drawn_histories(count: int, seed: int) -> Histories:
    """So many questions to as many patients as that takes, all held in one store."""
    found = Histories({}, [], [])
    while len(found.queries) < count:
        number = len(found.records)
        patient = f"PHANTOM-{seed}-{number}"
        rng = np.random.default_rng([_STREAM, seed, number])
        found.records[patient] = list(_records(patient, rng))
        found.queries.extend(_queries(patient, found.records[patient], rng))
    del found.queries[count:]
    return found


def _records(patient: str, rng: np.random.Generator) -> Iterator[Record]:
    day = _FIRST + timedelta(days=int(rng.integers(0, 200)))
    reported = rng.permutation(len(_FINDINGS))
    for visit in range(_VISITS):
        for name, (unit, loinc, low, high, digits) in _TESTS.items():
            value = round(float(rng.uniform(low, high)), digits)
            numbers = {"value": value, "unit": unit, "loinc": loinc}
            yield _record(patient, "lab", day, name, f"{name} {value:.{digits}f} {unit}", numbers)
        if visit < len(reported):
            text = f"FINDINGS: There is {_FINDINGS[reported[visit]]}. IMPRESSION: {_FINDINGS[reported[visit]]}."
            yield _record(patient, "report", day, "Radiology report", text)
        day += timedelta(days=int(rng.integers(300, 500)))
    for type, names in (("condition", _CONDITIONS), ("medication", _DRUGS)):
        for place in rng.permutation(len(names))[:3]:
            began = _FIRST + timedelta(days=int(rng.integers(0, 3_000)))
            yield _record(patient, type, began, names[place], names[place])


def _record(
    patient: str, type: RecordType | str, day: date, title: str, text: str, numbers: dict[str, object] | None = None
) -> Record:
    id = own_id(patient, f"{type} {title} {day}")
    given = {"id": id, "type": type, "date": day.isoformat(), "title": title, "text": text, "source": "phantom"}
    return Record.model_validate({**given, **(numbers or {})})


def _queries(patient: str, records: list[Record], rng: np.random.Generator) -> Iterator[Query]:
    """One question of each kind."""
    name = list(_TESTS)[int(rng.integers(len(_TESTS)))]
    of_test = [record for record in records if record.title == name]
    some = of_test[int(rng.integers(len(of_test)))]
    year = (some.date or "")[:4]
    in_year = [record for record in of_test if (record.date or "").startswith(year)]
    report = next(record for record in records if record.type == "report")
    finding = report.text.split("There is ")[1].split(".")[0]
    asked = [
        (f"last {name.lower()}", of_test[-1:]),
        (f"first {name.lower()}", of_test[:1]),
        (f"{name.lower()} in {year}", in_year),
        (f"report that mentions {finding}", [report]),
    ]
    for type, form in (("condition", "when was {} diagnosed"), ("medication", "when was {} prescribed")):
        one = next(record for record in records if record.type == type)
        asked.append((form.format(one.title.split(" ")[0].lower()), [one]))
    for query, relevant in asked:
        yield Query(patient=patient, query=query, relevant=frozenset(one.id for one in relevant), today=_TODAY)
