"""Whose a FHIR resource is, by reference or by identifier, and whom a Patient resource names."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from prelim.documents.day import readings
from prelim.documents.fhir_resources import Item
from prelim.documents.fhir_values import Json
from prelim.documents.identity import Identity, normal_name

_SUBJECTS = ("subject", "patient")
_SEARCH = "Patient?identifier="


class Subject(NamedTuple):
    """The names of one patient: ids that references end in, and values of identifiers."""

    references: frozenset[str] = frozenset()
    identifiers: frozenset[str] = frozenset()

    def is_same(self, other: "Subject") -> bool:
        """By references where both have one, else by identifiers."""
        if self.references and other.references:
            return bool(self.references & other.references)
        return bool(self.identifiers & other.identifiers)


def patient_of(item: Item) -> Subject:
    """How other resources may name a patient's resource."""
    ids = {str(item.resource.get("id", "")), _referred(item.url)[0]}
    return Subject(frozenset(ids - {""}), _identifiers(item.resource))


def subject_of(resource: Json) -> Subject:
    """Whom a valid resource is about; nothing where it names nobody, or what is no patient (a group, a device).

    Source: HL7 FHIR R4, 2.3 Resource References.
    """
    stated: Json = next((resource[name] for name in _SUBJECTS if resource.get(name)), {})
    reference = str(stated.get("reference", ""))
    by_value = str(stated.get("identifier", {}).get("value", ""))
    if reference.startswith("#"):
        return Subject(identifiers=_inside(resource, reference[1:]) | (frozenset({by_value}) - {""}))
    id, value = _referred(reference)
    return Subject(frozenset({id}) - {""}, frozenset({value, by_value}) - {""})


def identity_of(subject: Subject, patient: Item | None) -> Identity:
    """The identity that a file states: its patient's, or without one whom its resources are about."""
    if patient is None:
        return Identity(ids=subject.references | subject.identifiers)
    given = patient.resource
    names = [" ".join([*_words(one.get("given")), str(one.get("family", ""))]) for one in _parts(given.get("name"))]
    return Identity(
        ids=frozenset({str(given.get("id", ""))}) - {""} | _identifiers(given),
        names=frozenset(map(normal_name, names)) - {""},
        birth_dates=frozenset(readings(str(given.get("birthDate", "")))),
    )


def _referred(reference: str) -> tuple[str, str]:
    """(id, identifier) of a patient that a reference names: relative, absolute, a version's, a URN, or a search."""
    if reference.startswith(_SEARCH):
        return "", unquote(reference.removeprefix(_SEARCH)).rpartition("|")[2]
    plain = re.sub(r"/_history/[^/]*$", "", reference)
    if plain.startswith("urn:"):
        return plain.rpartition(":")[2], ""
    rest, _, id = plain.rpartition("/")
    return (id if rest.rpartition("/")[2] in ("", "Patient") else ""), ""


def _inside(resource: Json, id: str) -> frozenset[str]:
    """The identifiers of a patient that a resource contains: its id means nothing outside."""
    contained = (one for one in _parts(resource.get("contained")) if one.get("id") == id)
    return frozenset(value for one in contained for value in _identifiers(one) if one.get("resourceType") == "Patient")


def _identifiers(patient: Json) -> frozenset[str]:
    return frozenset(str(one["value"]) for one in _parts(patient.get("identifier")) if one.get("value"))


def _parts(value: Any) -> Iterator[Json]:
    """The objects of a list. What a patient's resource holds is read even where it is not valid."""
    yield from (one for one in value if isinstance(one, Mapping)) if isinstance(value, list) else ()


def _words(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
