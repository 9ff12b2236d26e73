"""FHIR R4: a bundle, a resource, or a resource a line (NDJSON) → the dated entries of one patient.

Each resource is validated by fhir.resources (R4B), and refused alone where it is invalid, names no patient, or names
another one. That library takes any word as a status: the value sets are checked here.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from prelim.documents.export import Export, Fault, in_utc, summed_up, with_lines
from prelim.documents.fhir_attachments import attached, attachments
from prelim.documents.fhir_entries import READ, LeftOut, entries_of
from prelim.documents.fhir_resources import Item, is_fhir, items_of
from prelim.documents.fhir_subject import Subject, identity_of, patient_of, subject_of
from prelim.documents.fhir_values import Json, Unusable
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
_UNCOUNTED = ("Patient", "Practitioner", "PractitionerRole", "Organization", "Location", "Medication", "Specimen")
"""What the others refer to, and says nothing of its own about the patient."""


def read_fhir(resources: Sequence[Any], name: str) -> Export:
    """The entries of one patient's resources. InputError several_patients, no_content, unreadable.

    Where nothing can be read, the InputError has the code of what was refused first.
    """
    items = [item for number, value in enumerate(resources) for item in items_of(value, _root(resources, number), name)]
    patients = {str(item.resource.get("id", item.pointer)): item for item in items if item.kind == "Patient"}
    if len(patients) > 1:
        raise InputError("several_patients", f"{name} holds several patients.", "Split it by patient.", name)
    owner = next(iter(patients.values()), None)
    reader = _Reader(items, owner)
    reader.faults += [
        Fault("unreadable", "A line is no FHIR resource", f"/{number}")
        for number, value in enumerate(resources)
        if not is_fhir(value)
    ]
    entries = [entry for item in items for entry in reader.entries(item)]
    if not entries:
        raise _nothing(reader, name)
    text, placed = with_lines(_latest(entries))
    return Export(text, placed, identity_of(reader.patient, owner), tuple(reader.faults), tuple(reader.issues()))


def _nothing(reader: "_Reader", name: str) -> InputError:
    if reader.faults:
        code, sentence = summed_up(reader.faults)[0]
        return InputError(code, f"{name}: {sentence}", "Export it again.", name)
    message = " ".join([f"{name} is FHIR without anything that is read.", *reader.issues()])
    return InputError("no_content", message, f"What is read: {', '.join(READ)}.", name)


def _root(resources: Sequence[Any], number: int) -> str:
    return f"/{number}" if len(resources) > 1 else ""


def _latest(entries: Iterable[Entry]) -> list[Entry]:
    """Each entry once; of one that is there in versions that can be told apart, the latest."""
    kept: dict[str, list[Entry]] = {}
    for entry in entries:
        others = kept.setdefault(entry.key, [])
        if any(entry.text == other.text and entry.time == other.time for other in others):
            continue
        dated = [other for other in others if other.version and entry.version]
        if not any((other.version or "") > (entry.version or "") for other in dated):
            kept[entry.key] = [other for other in others if other not in dated] + [entry]
    return [entry for versions in kept.values() for entry in versions]


class _Reader:
    """Reads the resources of one file: whose they are, what they refer to, what is refused and what is not read."""

    def __init__(self, items: Sequence[Item], owner: Item | None) -> None:
        self.faults: list[Fault] = []
        self.skipped: Counter[str] = Counter()
        self.patient = patient_of(owner) if owner else Subject()
        """Where no patient's resource names them: whom the first resource is about, and all others must be."""
        self._known = {name: item.resource for item in items for name in _names(item)}

    def entries(self, item: Item) -> list[Entry]:
        """The entries of a resource; none where it is refused or its type is not read."""
        if item.kind not in READ:
            self.skipped[item.kind] += item.kind not in _UNCOUNTED
            return []
        try:
            fault = self._fault(item)
            made = [] if fault else entries_of(item.resource, item.pointer, lambda one: self._resolved(item, one))
            self.skipped[f"attachment of a {item.kind}"] += 0 if fault else _unread(item.resource)
            changed = item.resource.get("meta", {}).get("lastUpdated") if not fault else None
        except LeftOut as reason:
            self.skipped[f"{item.kind} {reason}"] += 1
            return []
        except Unusable as reason:
            fault = Fault("invalid_resource", f"{item.kind} holds {reason}", item.pointer)
        except RecursionError:
            fault = Fault("invalid_resource", f"{item.kind} is nested too deeply", item.pointer)
        if fault:
            self.faults.append(fault)
            return []
        return [entry.model_copy(update={"version": in_utc(changed)}) for entry in made]

    def _fault(self, item: Item) -> Fault | None:
        status = item.resource.get("status")
        try:
            get_fhir_model_class(item.kind).model_validate(item.resource)
        except ValidationError as error:
            where = ".".join(str(part) for part in error.errors()[0]["loc"]) or item.kind
            return Fault("invalid_resource", f"{item.kind} is not valid at '{where}'", item.pointer)
        if item.kind in STATUSES and status not in STATUSES[item.kind].split():
            return Fault("invalid_resource", f"{item.kind} has a status that FHIR does not know", item.pointer)
        return self._foreign(item)

    def _foreign(self, item: Item) -> Fault | None:
        subject = subject_of(item.resource)
        if not any(subject):
            return Fault("no_subject", f"{item.kind} names no patient", item.pointer)
        if not any(self.patient):
            self.patient = subject
        own = subject.is_same(self.patient)
        return None if own else Fault("patient_mismatch", f"{item.kind} is about another patient", item.pointer)

    def _resolved(self, item: Item, reference: Json) -> Json:
        """What a reference points at: in the resource itself, else in the file; nothing where it lies elsewhere."""
        name = str(reference.get("reference", ""))
        inside = {f"#{one.get('id')}": one for one in item.resource.get("contained") or ()}
        return inside.get(name) or self._known.get(name) or {}

    def issues(self) -> Iterator[str]:
        """What of the file is not read, by kind."""
        if +self.skipped:
            yield f"Not read: {', '.join(f'{count} {kind}' for kind, count in sorted((+self.skipped).items()))}."


def _unread(resource: Json) -> int:
    """How many attachments of a resource leave no text: they are no text, or lie elsewhere."""
    return sum(not attached(item) for item in attachments(resource))


def _names(item: Item) -> list[str]:
    """The names by which other resources may refer to one."""
    id = item.resource.get("id")
    return [*([item.url] if item.url else []), *([f"{item.kind}/{id}", f"urn:uuid:{id}"] if id else [])]
