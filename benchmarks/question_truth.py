"""Five patients of Synthea as their truth files and bundles tell of them: never as our own store does."""

import json
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from graphs.chat_marks import Point

_DATED = {
    "Condition": ("onsetDateTime", "code"),
    "MedicationRequest": ("authoredOn", "medicationCodeableConcept"),
    "Procedure": ("performedPeriod", "code"),
    "AllergyIntolerance": ("recordedDate", "code"),
}
_NO_ACT = ("Documentation of current medications", "Information gathering")
"""Procedures that nobody asks about."""


class Fact(NamedTuple):
    """A condition, medication, procedure or allergy: its name without what stands in brackets, its day, its status."""

    name: str
    date: str
    status: str


class Known(NamedTuple):
    """One patient: results by LOINC code, the oldest first; facts by resource type; days that may be the newest."""

    id: str
    name: str
    born: str
    file: Path
    results: dict[str, list[Point]]
    facts: dict[str, list[Fact]]
    newest: tuple[date, date]

    @property
    def numbers(self) -> set[str]:
        """Every recorded number."""
        return {point.value for some in self.results.values() for point in some if point.value and "." in point.value}


def patients(data: Path) -> list[Known]:
    """Every patient that has a truth file. Numbers keep the decimals that they are recorded with."""
    folder = data / "fhir-synthea"
    found = []
    for path in sorted((folder / "truth").glob("*.json")):
        truth = json.loads(path.read_text(encoding="utf-8"), parse_float=str)
        file = next(folder.glob(f"{path.stem}*.json"))
        resources = [entry["resource"] for entry in json.loads(file.read_bytes())["entry"]]
        found.append(_known(truth, file, resources))
    return found


def _known(truth: dict[str, Any], file: Path, resources: list[dict[str, Any]]) -> Known:
    who = truth["patient"]
    of_results = max(date.fromisoformat(one["date"][:10]) for one in truth["observations"])
    return Known(
        id=who["id"],
        name=f"{who['given'][0]} {who['name']}",
        born=who["birthDate"],
        file=file,
        results=_results(truth["observations"]),
        facts={kind: _facts(kind, resources) for kind in _DATED},
        newest=(of_results, max(of_results, *(_day(one) for one in resources if _day(one)))),
    )


def _results(observations: list[dict[str, Any]]) -> dict[str, list[Point]]:
    """By LOINC code, that of a component included."""
    found: dict[str, list[Point]] = {}
    for one in sorted(observations, key=lambda one: str(one["date"])):
        day = one["date"][:10]
        for part in (one, *one["components"]):
            value = part.get("value") if part.get("value") is not None else part.get("text")
            if value is not None:
                unit = part.get("unit")
                point = Point(value=value, unit=None if unit and "{s" in unit else unit, date=day)
                found.setdefault(part["loinc"], []).append(point)
    return found


def _facts(kind: str, resources: list[dict[str, Any]]) -> list[Fact]:
    when, what = _DATED[kind]
    facts = []
    for one in resources:
        if one["resourceType"] == kind:
            moment = one[when]["start"] if isinstance(one[when], dict) else one[when]
            status = one.get("status") or one.get("clinicalStatus", {}).get("coding", [{}])[0].get("code", "")
            facts.append(Fact(one[what]["text"].split(" (")[0], moment[:10], status))
    return sorted((one for one in facts if one.name not in _NO_ACT), key=lambda one: one.date)


def _day(resource: dict[str, Any]) -> date:
    """The day of a resource, of whichever kind; the first of all days where it has none."""
    moments = [resource.get(name) for name in ("effectiveDateTime", "onsetDateTime", "authoredOn", "started")]
    moments += [resource.get(name, {}).get("start") for name in ("performedPeriod", "period")]
    days = [moment[:10] for moment in moments if moment]
    return date.fromisoformat(max(days)) if days else date.min
