"""Results of structured exports (FHIR, HL7), as they are stated; what they leave out the tables fill in."""

from collections.abc import Iterable

from prelim.documents.reference import read_reference
from prelim.documents.values import Printed, flag_of
from prelim.facts import Entry
from prelim.knowledge.labs import lab_table
from prelim.types import Document, Evidence, LabResult, Labs, Sex, digest_of, evidence
from tools.lab_rows import conflicts


def entered(document: Document, entries: Iterable[Entry], sex: Sex | None, age_years: int | None) -> Labs:
    """The lab results among a document's entries, each with its line in the text and its place in the file."""
    made = [_result(document, entry, sex, age_years) for entry in entries if entry.type == "lab"]
    return Labs(labs=tuple(lab for lab, _ in made), evidence=tuple(place for _, place in made))


def _result(document: Document, entry: Entry, sex: Sex | None, age_years: int | None) -> tuple[LabResult, Evidence]:
    place = evidence("lab", document_sha256=document.sha256, chars=entry.chars, quote=entry.text, pointer=entry.pointer)
    stated = LabResult.model_validate({"id": "", "readers": "table", **entry.data})
    ucum = stated.ucum or (lab_table().ucum(stated.unit) if stated.unit else None)
    reference = stated.reference
    if reference.low is None and reference.high is None and reference.text:
        reference = read_reference(reference.text, sex=sex, age_years=age_years)
    flag = stated.flag or flag_of(Printed(stated.kind, stated.value, stated.comparator), reference, stated.value_text)
    filled = {
        "id": "l-" + digest_of([document.sha256, place.id])[:12],
        "ucum": ucum,
        "loinc": stated.loinc or lab_table().loinc(stated.name, ucum, stated.specimen),
        "reference": reference,
        "flag": flag,
        "flag_conflict": stated.flag_conflict or conflicts(flag, stated.flag_printed),
        "readers": "table",
        "evidence": (place.id,),
    }
    return stated.model_copy(update=filled), place
