"""FHIR R4 resources as entries: what each type says, when, and in which words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from prelim.documents.fhir_attachments import attached, attachments
from prelim.documents.fhir_values import (
    LOINC,
    Json,
    Measured,
    code_of,
    codes,
    concept,
    day,
    measured,
    moment,
    reference,
)
from prelim.documents.values import Printed, flag_of
from prelim.facts import Entry
from prelim.types import LabResult, RecordType, digest_of

_LABORATORY = frozenset({"laboratory", "lab", "ch", "hm", "mb", "bg", "cus", "imm", "mcb", "sr", "tx", "ur", "vr"})
_RADIOLOGY = frozenset({"rad", "radiology", "imaging", "rus", "ct", "nmr", "xrc", "nms", "vus", "ous", "lp29684-5"})
"""Codes of HL7 v2 table 0074 and of observation-category; LP29684-5 is LOINC's part "Radiology"."""
_OBSERVED = ("effectiveDateTime", "effectivePeriod", "effectiveInstant", "issued")
_LEFT_OUT = frozenset({"entered-in-error", "cancelled", "not-done", "refuted"})


class LeftOut(ValueError):
    """A valid resource that leaves no entry; its words follow the resource's type, "without a value"."""


def entries_of(resource: Json, pointer: str, named: Callable[[Json], Json]) -> list[Entry]:
    """The entries of a valid resource of the types that are read. `named` resolves a reference.

    LeftOut where it was withdrawn, or says nothing; Unusable where no result can hold what it says.
    """
    if _LEFT_OUT & {str(resource.get("status", "")), *codes(resource.get("verificationStatus"))}:
        raise LeftOut("that was withdrawn")
    made = list(READ[resource["resourceType"]](resource, pointer, named))
    if not all(entry.title.strip() for entry in made):
        raise LeftOut("without a name")
    return made


def key_of(resource: Json) -> str:
    """What names a resource in its source: its type and id, else a digest of what it says."""
    kind = str(resource["resourceType"])
    return f"{kind}/{resource['id'] if resource.get('id') else digest_of(_plain(resource))[:16]}"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else str(value)


def _entry(
    resource: Json, type: RecordType, pointer: str, title: str, details: Sequence[str], when: str | None, **more: Any
) -> Entry:
    data = {name: value for name, value in more.items() if value} | ({"status": s} if (s := _status(resource)) else {})
    text = ", ".join([title, *filter(None, details)])
    return Entry(
        type=type, key=key_of(resource), date=day(when), time=when, title=title, text=text, pointer=pointer, data=data
    )


def _status(resource: Json) -> str:
    """A clinical status where the type has one (active, resolved), else the record's own."""
    clinical = sorted(codes(resource.get("clinicalStatus")))
    return clinical[0] if clinical else str(resource.get("status", ""))


# ------------------------------------------------------------------ results


def _observation(resource: Json, pointer: str, named: Callable[[Json], Json]) -> Iterator[Entry]:
    kinds = codes(resource.get("category"))
    unsorted = not kinds and ("referenceRange" in resource or "specimen" in resource)
    if kinds & _LABORATORY or unsorted:
        yield from _results(resource, pointer, named)
    else:
        yield _other(resource, "vital" if "vital-signs" in kinds else "observation", pointer)


def _results(resource: Json, pointer: str, named: Callable[[Json], Json]) -> Iterator[Entry]:
    """A result, one for each component; of an observation that only has members, a panel."""
    value = measured(resource)
    if value:
        yield _result(resource, resource, value, concept(resource.get("code")), pointer, named)
    elif "hasMember" in resource:
        when = moment(resource, *_OBSERVED)
        yield _entry(
            resource, "panel", pointer, concept(resource.get("code")), [_members(resource, "hasMember", named)], when
        )
    elif not any(map(measured, resource.get("component", ()))):
        raise LeftOut("without a value")
    for number, part in enumerate(resource.get("component", ())):
        value = measured(part)
        if value:
            place, name = f"{pointer}/component/{number}", concept(part.get("code"))
            entry = _result(resource, part, value, name, place, named)
            yield entry.model_copy(update={"key": f"{entry.key}#{number}"})


def _result(
    resource: Json, part: Json, value: Measured, name: str, pointer: str, named: Callable[[Json], Json]
) -> Entry:
    when = moment(resource, *_OBSERVED)
    loinc, limits = code_of(part.get("code"), LOINC), reference(part)
    printed_flag = _flag(part)
    lab = LabResult(
        id="l-" + digest_of([key_of(resource), pointer])[:12],
        name=name,
        specimen=concept(named(resource["specimen"]).get("type")) or None if "specimen" in resource else None,
        loinc=loinc,
        kind=value.kind,
        value=value.value,
        comparator=value.comparator,
        value_text=value.text,
        unit=value.unit,
        ucum=value.ucum,
        reference=limits,
        flag_printed=printed_flag,
        flag=flag_of(Printed(value.kind, value.value, value.comparator), limits),
        collected=when,
        readers="table",
    )
    status = str(resource.get("status", ""))
    words = [
        name,
        value.text,
        value.unit,
        printed_flag,
        f"({status})" if status in ("preliminary", "registered") else "",
    ]
    return Entry(
        type="lab",
        key=key_of(resource),
        date=day(when),
        time=when,
        title=name,
        text=" ".join(filter(None, words)),
        pointer=pointer + _value_field(part),
        value=value.value,
        unit=value.unit or None,
        loinc=loinc,
        data=lab.model_dump(mode="json"),
    )


def _value_field(part: Json) -> str:
    return next((f"/{name}" for name in part if name.startswith("value")), "")


def _flag(part: Json) -> str | None:
    first = next(iter(part.get("interpretation", ())), None)
    coded = next((str(c["code"]) for c in first.get("coding", ()) if c.get("code")), "") if first else ""
    return coded or concept(first) or None


def _other(resource: Json, type: RecordType, pointer: str) -> Entry:
    """A vital sign, an answer, a habit: its value in words, its components beside it."""
    when = moment(resource, *_OBSERVED)
    title, value = concept(resource.get("code")), measured(resource)
    parts = [(concept(part.get("code")), measured(part)) for part in resource.get("component", ())]
    words = [f"{name} {one.text} {one.unit}".strip() for name, one in parts if one]
    said = " ".join(filter(None, (title, value.text, value.unit))) if value else title
    entry = _entry(resource, type, pointer, title, [], when, components=words)
    numbers = {"value": value.value, "unit": value.unit or None} if value else {}
    text = f"{said}{': ' if words and not value else ''}{'; '.join(words)}"
    return entry.model_copy(update={"text": text, "loinc": code_of(resource.get("code"), LOINC), **numbers})


def _diagnostic_report(resource: Json, pointer: str, named: Callable[[Json], Json]) -> Iterator[Entry]:
    """A report with its text, or a panel with the names of its results."""
    when = moment(resource, "effectiveDateTime", "effectivePeriod", "issued")
    title, said = concept(resource.get("code")) or "Report", [str(resource.get("conclusion", ""))]
    said += map(attached, attachments(resource))
    if any(said) or codes(resource.get("category")) & _RADIOLOGY:
        entry = _entry(resource, "report", pointer, title, [], when)
        yield entry.model_copy(update={"text": "\n".join(filter(None, [title, *said]))})
    else:
        yield _entry(resource, "panel", pointer, title, [_members(resource, "result", named)], when)


def _members(resource: Json, field: str, named: Callable[[Json], Json]) -> str:
    names = [str(item.get("display") or concept(named(item).get("code"))) for item in resource.get(field, ())]
    return "; ".join(filter(None, names))


# ------------------------------------------------------------------ the rest of a record


def _condition(resource: Json, pointer: str, named: Callable[[Json], Json]) -> Iterator[Entry]:
    when = moment(resource, "onsetDateTime", "onsetPeriod", "recordedDate")
    ended = day(moment(resource, "abatementDateTime", "abatementPeriod"))
    details = [_status(resource), f"until {ended}" if ended else ""]
    yield _entry(resource, "condition", pointer, concept(resource.get("code")), details, when, abated=ended)


def _medication(resource: Json, pointer: str, named: Callable[[Json], Json]) -> Iterator[Entry]:
    drug = concept(resource.get("medicationCodeableConcept"))
    elsewhere = resource.get("medicationReference", {})
    drug = drug or concept(named(elsewhere).get("code")) or str(elsewhere.get("display", ""))
    doses = [
        str(item.get("text", "")) for item in (*resource.get("dosageInstruction", ()), *resource.get("dosage", ()))
    ]
    when = moment(resource, "authoredOn", "effectiveDateTime", "effectivePeriod", "dateAsserted")
    yield _entry(resource, "medication", pointer, drug, [*doses, _status(resource)], when)


def _allergy(resource: Json, pointer: str, named: Callable[[Json], Json]) -> Iterator[Entry]:
    signs = [concept(sign) for item in resource.get("reaction", ()) for sign in item.get("manifestation", ())]
    details = ["; ".join(filter(None, signs)), str(resource.get("criticality", "")), _status(resource)]
    when = moment(resource, "recordedDate", "onsetDateTime")
    yield _entry(resource, "allergy", pointer, concept(resource.get("code")), details, when)


def _procedure(resource: Json, pointer: str, named: Callable[[Json], Json]) -> Iterator[Entry]:
    reasons = [concept(item) for item in resource.get("reasonCode", ())]
    reasons += [str(item.get("display", "")) for item in resource.get("reasonReference", ())]
    when = moment(resource, "performedDateTime", "performedPeriod")
    yield _entry(resource, "procedure", pointer, concept(resource.get("code")), reasons, when)


def _encounter(resource: Json, pointer: str, named: Callable[[Json], Json]) -> Iterator[Entry]:
    title = next(filter(None, map(concept, resource.get("type", ()))), "Encounter")
    reasons = [concept(item) for item in resource.get("reasonCode", ())]
    yield _entry(resource, "encounter", pointer, title, reasons, moment(resource, "period"))


def _imaging(resource: Json, pointer: str, named: Callable[[Json], Json]) -> Iterator[Entry]:
    series = resource.get("series", ())
    kinds = {str(one["modality"].get("code", "")) for one in series if "modality" in one}
    kinds |= {str(one.get("code", "")) for one in resource.get("modality", ())}
    parts = {
        str(one["bodySite"].get("display") or one["bodySite"].get("code", "")) for one in series if "bodySite" in one
    }
    modalities, regions = sorted(kinds - {""}), sorted(parts - {""})
    title = " ".join([*modalities, *(part.lower() for part in regions), "study"])
    yield _entry(
        resource,
        "imaging",
        pointer,
        title,
        [str(resource.get("description", ""))],
        moment(resource, "started"),
        modalities=modalities,
        regions=regions,
    )


def _document(resource: Json, pointer: str, named: Callable[[Json], Json]) -> Iterator[Entry]:
    """A note or a report, by what its text is."""
    from prelim.documents.read import kind_of

    title = concept(resource.get("type")) or str(resource.get("description") or "Document")
    whole = "\n".join(filter(None, map(attached, attachments(resource))))
    if not whole:
        raise LeftOut("without a text")
    type: RecordType = "report" if kind_of(whole) == "report" else "note"
    entry = _entry(resource, type, pointer, title, [], moment(resource, "date", "context"))
    yield entry.model_copy(update={"text": whole})


READ: Mapping[str, Callable[[Json, str, Callable[[Json], Json]], Iterator[Entry]]] = {
    "Observation": _observation,
    "DiagnosticReport": _diagnostic_report,
    "Condition": _condition,
    "MedicationRequest": _medication,
    "MedicationStatement": _medication,
    "AllergyIntolerance": _allergy,
    "Procedure": _procedure,
    "Encounter": _encounter,
    "ImagingStudy": _imaging,
    "DocumentReference": _document,
}
"""The types of resources that become entries."""
