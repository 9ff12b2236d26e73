"""FHIR R4: a bundle, a resource, or a resource a line (NDJSON) → the dated entries of one patient.

Each resource is validated by fhir.resources (R4B), and refused alone where it is invalid, names no patient, or names
another one. That library takes any word as a status: the value sets are checked here.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from prelim.documents.day import readings
from prelim.documents.export import Export, Fault, summed_up, with_lines
from prelim.documents.fhir_entries import READ, NotText, entries_of
from prelim.documents.fhir_values import Json
from prelim.documents.identity import Identity, normal_name
from prelim.errors import InputError
from prelim.facts import Entry

_EVENT = "registered partial preliminary final amended corrected appended cancelled entered-in-error unknown"
STATUSES: Mapping[str, str] = {
    "Observation": _EVENT,
    "DiagnosticReport": _EVENT,
    "MedicationRequest": "active on-hold cancelled completed entered-in-error stopped draft unknown",
    "MedicationStatement": "active completed entered-in-error intended stopped on-hold unknown not-taken",
    "Procedure": "preparation in-progress not-done on-hold stopped completed entered-in-error unknown",
    "Encounter": "planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown",
    "ImagingStudy": "registered available cancelled entered-in-error unknown",
    "DocumentReference": "current superseded entered-in-error",
}
"""The required value sets of `status`. Source: HL7 FHIR R4, each resource's own page."""
_SUBJECTS = ("subject", "patient")


class _Item(NamedTuple):
    """A resource and its place in the file."""

    resource: Json
    pointer: str
    url: str


def is_fhir(value: Any) -> bool:
    """Whether JSON is a FHIR resource."""
    return isinstance(value, Mapping) and isinstance(value.get("resourceType"), str)


def parsed(text: str) -> Any:
    """JSON with numbers as printed, without the nulls, which FHIR has not. ValueError, RecursionError."""
    return json.loads(text, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_without_nulls)


def _without_nulls(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in pairs if value is not None}


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def lines_of(text: str) -> list[Any] | None:
    """The resources of NDJSON, one a line; None where it is none."""
    first, _, rest = text.strip().partition("\n")
    if not rest.lstrip().startswith("{") or not first.rstrip().endswith("}"):
        return None
    try:
        return [parsed(line) for line in text.splitlines() if line.strip()]
    except ValueError:
        return None


def read_fhir(resources: list[Any], name: str) -> Export:
    """The entries of one patient's resources. InputError several_patients, no_content."""
    items = [item for number, value in enumerate(resources) for item in _items(value, _root(resources, number))]
    patients = {str(item.resource.get("id", item.pointer)): item for item in items if _type(item) == "Patient"}
    if len(patients) > 1:
        raise InputError("several_patients", f"{name} holds several patients.", "Split it by patient.", name)
    owner = next(iter(patients.values()), None)
    reader = _Reader(items, owner)
    entries = [entry for item in items for entry in reader.entries(item)]
    if not entries:
        raise _nothing(reader.faults, name)
    text, placed = with_lines(_once(entries))
    return Export(text, placed, _identity(owner, reader), tuple(reader.faults), tuple(reader.issues()))


def _nothing(faults: Sequence[Fault], name: str) -> InputError:
    if faults:
        code, sentence = summed_up(faults)[0]
        return InputError(code, f"{name}: {sentence}", "Export it again.", name)
    message = f"{name} is FHIR without anything that is read."
    return InputError("no_content", message, f"What is read: {', '.join(READ)}.", name)


def _root(resources: list[Any], number: int) -> str:
    return f"/{number}" if len(resources) > 1 else ""


def _items(value: Any, pointer: str) -> Iterator[_Item]:
    """The resources of a bundle, whatever its type, or the one that is none."""
    if not is_fhir(value):
        return
    if value["resourceType"] != "Bundle":
        yield _Item(value, pointer, "")
        return
    for number, entry in enumerate(value.get("entry") or ()):
        if isinstance(entry, Mapping) and is_fhir(entry.get("resource")):
            yield _Item(entry["resource"], f"{pointer}/entry/{number}/resource", str(entry.get("fullUrl", "")))


def _type(item: _Item) -> str:
    return str(item.resource["resourceType"])


def _once(entries: Iterable[Entry]) -> list[Entry]:
    """Each entry once: a bundle may hold a resource twice."""
    return list({(entry.key, entry.text): entry for entry in entries}.values())


def _identity(owner: _Item | None, reader: "_Reader") -> Identity:
    """Whom the patient's resource names; without one, whom the others refer to."""
    if owner is None:
        return Identity(ids=frozenset(filter(None, (reader.stranger,))))
    patient = owner.resource
    ids = [patient.get("id"), *(item.get("value") for item in patient.get("identifier") or ())]
    names = [
        " ".join([*map(str, one.get("given") or ()), str(one.get("family", ""))]) for one in patient.get("name") or ()
    ]
    return Identity(
        frozenset(str(id) for id in ids if id),
        frozenset(normal_name(one) for one in names) - {""},
        frozenset(readings(str(patient.get("birthDate", "")))),
    )


class _Reader:
    """Reads the resources of one file: whose they are, what they refer to, what is refused and what is not read."""

    def __init__(self, items: list[_Item], owner: _Item | None) -> None:
        self.faults: list[Fault] = []
        self.skipped: Counter[str] = Counter()
        self.stranger: str | None = None
        """Without a patient's resource: whom the first resource refers to, and all others must."""
        self._known = {ref: item.resource for item in items for ref in _references(item)}
        self._owner = frozenset(_references(owner)) if owner else frozenset[str]()
        self._identifiers = (
            {str(one.get("value")) for one in owner.resource.get("identifier") or ()} if owner else set()
        )

    def entries(self, item: _Item) -> list[Entry]:
        """The entries of a resource; none where it is refused or its type is not read."""
        kind = _type(item)
        if kind not in READ:
            self.skipped[kind] += kind not in ("Patient", "Practitioner", "Organization", "Medication", "Specimen")
            return []
        fault = self._fault(item)
        if fault:
            self.faults.append(fault)
            return []
        try:
            return entries_of(item.resource, item.pointer, lambda reference: self._resolved(item, reference))
        except NotText:
            self.skipped[f"{kind} without a text"] += 1
            return []

    def _fault(self, item: _Item) -> Fault | None:
        kind, status = _type(item), item.resource.get("status")
        try:
            get_fhir_model_class(kind).model_validate(item.resource)
        except ValidationError as error:
            where = ".".join(str(part) for part in error.errors()[0]["loc"]) or kind
            return Fault("invalid_resource", f"{kind} is not valid at '{where}'", item.pointer)
        if kind in STATUSES and status not in STATUSES[kind].split():
            return Fault("invalid_resource", f"{kind} has a status that FHIR does not know", item.pointer)
        return self._foreign(item)

    def _foreign(self, item: _Item) -> Fault | None:
        subject = next((item.resource[name] for name in _SUBJECTS if item.resource.get(name)), None)
        if not subject:
            return Fault("no_subject", f"{_type(item)} names no patient", item.pointer)
        reference = str(subject.get("reference", ""))
        value = str(subject.get("identifier", {}).get("value", ""))
        if self._owner:
            known = reference in self._owner or (not reference and value in self._identifiers)
            own = known or reference.rpartition("/")[2] in {one.rpartition("/")[2] for one in self._owner}
        else:
            named = reference.rpartition("/")[2].rpartition(":")[2] or value
            self.stranger = self.stranger or named
            own = named == self.stranger
        return None if own else Fault("patient_mismatch", f"{_type(item)} is about another patient", item.pointer)

    def _resolved(self, item: _Item, reference: Json) -> Json:
        """What a reference points at: in the resource itself, else in the file; nothing where it lies elsewhere."""
        name = str(reference.get("reference", ""))
        inside = {f"#{one.get('id')}": one for one in item.resource.get("contained") or ()}
        return inside.get(name) or self._known.get(name) or {}

    def issues(self) -> Iterator[str]:
        """What of the file is not read, by kind."""
        if +self.skipped:
            yield f"Not read: {', '.join(f'{count} {kind}' for kind, count in sorted((+self.skipped).items()))}."


def _references(item: _Item) -> list[str]:
    """The names by which other resources may refer to one."""
    id = item.resource.get("id")
    return [*([item.url] if item.url else []), *([f"{_type(item)}/{id}", f"urn:uuid:{id}"] if id else [])]
