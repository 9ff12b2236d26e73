"""Histories made of public data, for questions whose right answers are known: FHIR's truth files, reports, notes.

Five patients of Synthea with all that their truth files hold, each with thirty chest reports (Open-i) and the films
they are of, on made-up days; ten with fifteen such reports and films; one with sixteen oncology notes.
"""

import json
import random
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from prelim.types import Record, Series, Study, digest_of

Patients = dict[str, list[Record]]
_VIEWS = ("PA", "AP", "LATERAL")
_OTHERS = (("HAND", "DX"), ("KNEE", "CR"), ("CHEST", "CT"))
"""Studies that a question about a chest film must not be answered with."""


class Report(NamedTuple):
    """A chest report and what its readers coded by hand (MeSH, the first word of each major term)."""

    text: str
    coded: frozenset[str]


def patients(data: Path) -> Patients:
    """Every patient's records."""
    rng, found = random.Random(5), Patients()
    reports = list(_reports(data / "reports-openi"))
    rng.shuffle(reports)
    for path in sorted((data / "fhir-synthea" / "truth").glob("*.json")):
        key = f"p-{len(found)}"
        found[key] = list(_structured(key, json.loads(path.read_text(encoding="utf-8"))))
        found[key] += _bundle(key, json.loads(next((data / "fhir-synthea").glob(f"{path.stem}*.json")).read_bytes()))
        found[key] += _films(key, [reports.pop() for _ in range(30)], rng)
    for _ in range(10):
        key = f"p-{len(found)}"
        found[key] = _films(key, [reports.pop() for _ in range(15)], rng)
    key = f"p-{len(found)}"
    found[key] = [_note(key, path) for path in sorted((data / "patient-oncology").glob("*/clinical_notes/*.json"))]
    return found


def _record(key: str, type: str, item: str, moment: str | None, title: str, text: str, **more: Any) -> Record:
    given = {"type": type, "date": moment[:10] if moment else None, "time": moment, "title": title, "text": text}
    return Record.model_validate({"id": "r-" + digest_of([key, type, item])[:16], "source": "bench", **given, **more})


def _structured(key: str, truth: dict[str, Any]) -> Iterator[Record]:
    types = {"laboratory": "lab", "vital-signs": "vital"}
    for one in truth["observations"]:
        type = types.get(next(iter(one["category"]), ""), "observation")
        parts = [f"{part.get('name')} {part.get('value')} {part.get('unit') or ''}" for part in one["components"]]
        value = one["text"] if one["value"] is None else f"{one['value']:.4g}"
        text = " ".join(str(part) for part in (one["name"], value, one["unit"], *parts) if part)
        numbers = {"value": one["value"], "unit": one["unit"], "loinc": one["loinc"]}
        yield _record(key, type, one["id"], one["date"], one["name"], text, **numbers)
    for one in truth["diagnostic_reports"]:
        yield _record(key, "panel", one["id"], one["date"], one["name"], one["name"], loinc=one["loinc"])
    for one in truth["imaging_studies"]:
        title = " ".join(f"{series['modality']} {series['bodySite']}" for series in one["series"])
        yield _record(key, "imaging", one["id"], one["started"], title, title)
    for one in truth["conditions"]:
        data = {"abated": one["abated"]} if one["abated"] else {}
        yield _record(
            key, "condition", f"{one['text']} {one['onset']}", one["onset"], one["text"], one["text"], data=data
        )


def _bundle(key: str, bundle: dict[str, Any]) -> Iterator[Record]:
    """What the truth files leave out: drugs, allergies, procedures, encounters."""
    for entry in bundle["entry"]:
        one = entry["resource"]
        type, when, what = {
            "MedicationRequest": ("medication", "authoredOn", "medicationCodeableConcept"),
            "AllergyIntolerance": ("allergy", "recordedDate", "code"),
            "Procedure": ("procedure", "performedPeriod", "code"),
            "Encounter": ("encounter", "period", "type"),
        }.get(one["resourceType"], ("", "", ""))
        if type:
            concept = one[what][0] if isinstance(one[what], list) else one[what]
            moment = one[when]["start"] if isinstance(one[when], dict) else one[when]
            data = {"status": one["status"]} if "status" in one else {}
            yield _record(key, type, one["id"], moment, concept["text"], concept["text"], data=data)


def _reports(folder: Path) -> Iterator[Report]:
    for path in sorted(folder.glob("*.xml")):
        tree = ET.parse(path)
        parts = {one.get("Label"): (one.text or "").strip() for one in tree.iter("AbstractText")}
        text = "\n".join(
            f"{name}: {parts[name]}" for name in ("INDICATION", "FINDINGS", "IMPRESSION") if parts.get(name)
        )
        if parts.get("FINDINGS") and parts.get("IMPRESSION"):
            coded = frozenset(re.split("[/,]", one.text or "")[0].lower() for one in tree.iter("major"))
            yield Report(text, coded)


def _films(key: str, reports: list[Report], rng: random.Random) -> list[Record]:
    """Reports with their films, about four months apart; every fifth day has a study of something else instead."""
    day, found = date(2008, 1, 1) + timedelta(days=rng.randrange(400)), list[Record]()
    for number, report in enumerate(reports):
        day += timedelta(days=rng.randrange(40, 200))
        uid = f"2.25.{int(digest_of([key, number])[:12], 16)}"
        if number % 5 == 4:
            part, modality = rng.choice(_OTHERS)
            found.append(_study(key, uid + ".9", day - timedelta(days=20), part, modality, None))
        found.append(_study(key, uid, day, "CHEST", rng.choice(("DX", "CR")), rng.choice(_VIEWS)))
        coded = {"coded": sorted(report.coded)}
        found.append(_record(key, "report", uid, day.isoformat(), "Radiology report", report.text, data=coded))
    return found


def _study(key: str, uid: str, day: date, part: str, modality: str, view: str | None) -> Record:
    kind = "volume" if modality == "CT" else "projection"
    series = Series.model_validate(
        {
            "study_instance_uid": uid,
            "series_instance_uid": f"{uid}.1",
            "modality": modality,
            "body_part": part,
            "view": view,
            "kind": kind,
            "frames": 1,
            "shape": (1, 2, 2),
        }
    )
    study = Study(study_instance_uid=uid, date=day.isoformat(), series=(series,))
    title = f"{modality} {part.lower()} study"
    return _record(key, "study", uid, day.isoformat(), title, title, data=study.model_dump(mode="json"))


def _note(key: str, path: Path) -> Record:
    note = json.loads(path.read_text(encoding="utf-8"))
    return _record(key, "note", note["id"], note["date"], note["note_type"], note["text"])
