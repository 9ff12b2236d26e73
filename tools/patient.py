"""Whose case it is. Identifiers are compared here, as keyed hashes or among the files themselves, and go no further."""

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

from memory.artifacts import Artifacts
from prelim.documents.day import readings
from prelim.documents.identity import Identity, normal_name
from prelim.errors import RefusedError
from prelim.imaging.dicom import is_dicom
from prelim.imaging.files import head_of, open_dicom
from prelim.imaging.grouping import Source
from prelim.imaging.tags import Header, text
from prelim.isolation import call_each
from prelim.types import Refusal, digest_of
from tools.case_file import CASE_FILE, CaseFile, case_file
from tools.manifest import File, Manifest

KeyOf = Callable[[str], str]
_DIFFER = "The files carry the ids of different patients."
_NOT_ASKED = f"The patient id asked for is not the one that the files, or {CASE_FILE}, state."
_NOT_STATED = f"{CASE_FILE} states another patient id than the files carry."
_REMEDY_ID = f"Give the id that they state, or list the other one in {CASE_FILE} as other_ids."
_REMEDY = f"Separate them, or list the patient's other ids in {CASE_FILE} as other_ids."


class Who(NamedTuple):
    """Whose case it is. A temporary patient has no history."""

    patient_key: str
    temporary: bool


class Known(NamedTuple):
    """What the images and case.yaml say of the patient: keyed hashes of the ids, names, birth dates."""

    keys: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    birth_dates: frozenset[str] = frozenset()


def identify(manifest: Manifest, artifacts: Artifacts, patient_id: str | None, key_of: KeyOf) -> Who:
    """The patient: as asked for, else as case.yaml says, else as the images agree, else a temporary one.

    RefusedError patient_mismatch where two ids of one issuer contradict each other and `other_ids` lists neither, or
    where images without any id are of two people by name and birth date.
    """
    stated = case_file(manifest, artifacts).patient
    headers = _headers(manifest, artifacts)
    asked, said, carried = (patient_id or "").strip(), stated.id.strip(), _carried(headers)
    main = asked or said or next((id for id, _ in carried), None)
    if main is not None and _strangers([(main, ""), (said, ""), *carried], stated.other_ids):
        differ = _strangers(carried, stated.other_ids)
        message = _DIFFER if differ else _NOT_ASKED if asked else _NOT_STATED
        raise RefusedError("patient_mismatch", message, _REMEDY if differ else _REMEDY_ID)
    if main is None:
        if _two_people(headers):
            message = "The images carry no patient id, and the names and birth dates of different people."
            raise RefusedError("patient_mismatch", message, "Separate them.")
        return Who("t-" + digest_of(sorted(file.sha256 for file in manifest.files))[:32], True)
    return Who(key_of(main), False)


def refuse_two_patients(manifests: Iterable[Manifest], artifacts: Artifacts) -> None:
    """RefusedError patient_mismatch where files that were given together are not one patient's.

    By their ids and those of each one's case.yaml; where an image has none, by name and birth date.
    """
    headers: list[Header] = []
    ids: list[tuple[str, str]] = []
    others: list[str] = []
    for manifest in manifests:
        stated = case_file(manifest, artifacts).patient
        mine = _headers(manifest, artifacts)
        headers += mine
        ids += [(stated.id.strip(), ""), *_carried(mine)]
        others += stated.other_ids
    nameless = not all(_id_of(header)[0] for header in headers)
    if _strangers(ids, others) or (nameless and _two_people(headers)):
        raise RefusedError("patient_mismatch", "The files are of different patients.", "Give one patient's files.")


def _carried(headers: Iterable[Header]) -> list[tuple[str, str]]:
    """The (id, issuer) pairs of the images that have an id, each once."""
    return list(dict.fromkeys(_id_of(header) for header in headers if _id_of(header)[0]))


def _strangers(ids: Iterable[tuple[str, str]], others: Iterable[str]) -> bool:
    """Whether ids of one issuer differ from the first and are not listed beside it."""
    known = [(id, issuer) for id, issuer in ids if id]
    main = known[0][0] if known else ""
    issuers = {issuer for id, issuer in known if id == main} - {""}
    allowed = {main, *others}
    return any(id not in allowed and not (issuer and issuers - {issuer}) for id, issuer in known)


def _two_people(headers: Iterable[Header]) -> bool:
    return any(other_person(*pair) for pair in combinations(_people(headers), 2))


def _headers(manifest: Manifest, artifacts: Artifacts) -> list[Header]:
    """Of the files that can be read; intake refuses the others by name."""
    found = call_each(lambda file: _header(file, artifacts), manifest.files)
    return [header for header in found if isinstance(header, dict)]


def _header(file: File, artifacts: Artifacts) -> Header | None:
    place = artifacts.file(file.sha256)
    return open_dicom(file.path, place).header if is_dicom(head_of(place)) else None


def _id_of(header: Header) -> tuple[str, str]:
    """(id, issuer)."""
    return text(header, "PatientID"), text(header, "IssuerOfPatientID")


def _people(headers: Iterable[Header]) -> list[Identity]:
    return list(dict.fromkeys(person_of(header) for header in headers))


def person_of(header: Header) -> Identity:
    """Name and birth date of an image's tags."""
    name = normal_name(text(header, "PatientName"))
    return Identity(frozenset(), frozenset({name} - {""}), frozenset(readings(text(header, "PatientBirthDate"))))


# ------------------------------------------------------------------ what contradicts the patient


def known_of(patient_key: str, stated: CaseFile, headers: Sequence[Header], key_of: KeyOf) -> Known:
    """What is known of the patient, from case.yaml and from the images that carry an id.

    A temporary patient has no id that could be contradicted; their images without an id agree with each other.
    """
    temporary = patient_key.startswith("t-")
    ids = [id for id in (stated.patient.id, *stated.patient.other_ids) if id.strip()]
    carrying = [header for header in headers if text(header, "PatientID")]
    people = _people(carrying or (headers if temporary else []))
    born = readings(stated.patient.birth_date or "")
    return Known(
        keys=frozenset() if temporary else frozenset({patient_key, *map(key_of, ids)}),
        names=frozenset({normal_name(stated.patient.name)} - {""}).union(*(person.names for person in people)),
        birth_dates=frozenset(born).union(*(person.birth_dates for person in people)),
    )


def known_in(manifest: Manifest, artifacts: Artifacts, patient_key: str, key_of: KeyOf) -> Known:
    """The same from the files of a case that was taken in before."""
    return known_of(patient_key, case_file(manifest, artifacts), _headers(manifest, artifacts), key_of)


def other_person(one: Identity | Known, other: Identity | Known) -> bool:
    """Whether name and birth date, both stated by both, differ."""
    pairs = ((one.names, other.names), (one.birth_dates, other.birth_dates))
    return all(mine and theirs and not mine & theirs for mine, theirs in pairs)


def keep_own_images(sources: Sequence[Source], known: Known) -> tuple[list[Source], list[Refusal]]:
    """Refuse each image without an id whose name together with birth date contradicts the patient."""
    refused = [
        Refusal(
            path=source.path,
            code="patient_mismatch",
            message=f"{source.path} is of another patient: refused. Check it, or take it out of the case.",
        )
        for source in sources
        if not text(source.header, "PatientID") and other_person(person_of(source.header), known)
    ]
    foreign = {refusal.path for refusal in refused}
    return [source for source in sources if source.path not in foreign], refused


def image_warnings(sources: Sequence[Source], known: Known) -> list[str]:
    """What is odd about the images' identity without contradicting it. Nobody is named."""
    warnings = []
    nameless = sum(not text(source.header, "PatientID") for source in sources)
    if nameless and known.keys:
        warnings.append(f"Images without a patient id: {nameless}.")
    people = [person_of(source.header) for source in sources]
    names = len(known.names.union(*(person.names for person in people))) > 1
    births = len(known.birth_dates.union(*(person.birth_dates for person in people))) > 1
    if names or births:
        what = " and ".join(["different names"] * names + ["different birth dates"] * births)
        warnings.append(f"The images carry {what}: check that they are one patient's.")
    return warnings
