"""Laboratory results in a draft: which have to be said, and how."""

from collections.abc import Sequence

from agents.sections import Scribe, listed
from prelim.draft import Statement
from prelim.types import Evidence, LabResult, Support

_CRITICAL_FLAGS = ("HH", "LL", "AA", "CRIT", "PANIC")
"""Printed flags that mean critical: HL7 v2 table 0078 (HH, LL, AA), and the words that start so."""


def is_critical(lab: LabResult) -> bool:
    """Whether the laboratory itself marked the result as critical."""
    return (lab.flag_printed or "").strip(" *!()").upper().startswith(_CRITICAL_FLAGS)


def is_abnormal(lab: LabResult) -> bool:
    """Whether a result has to be said: outside its range, flagged by the laboratory, or in doubt."""
    printed = (lab.flag_printed or "N").strip().upper() not in ("", "N", "NORMAL", "-")
    return lab.flag in ("H", "L") or printed or lab.flag_conflict or lab.disagreement is not None


def laboratory(scribe: Scribe, labs: Sequence[LabResult], places: dict[str, Evidence]) -> tuple[Statement, ...]:
    """One statement for each result that stands out, and one that names the rest.

    What is named stays true whatever a person drops of the others.
    """
    loud = sorted((lab for lab in labs if is_abnormal(lab)), key=lambda lab: not is_critical(lab))
    lines = [lab_statement(scribe, "findings", lab, places) for lab in loud]
    quiet = [lab for lab in labs if not is_abnormal(lab)]
    within = [lab for lab in quiet if lab.flag == "N"]
    unjudged = [lab for lab in quiet if lab.flag != "N"]
    if within:
        text = f"Laboratory results within the printed range: {_named(within, labs)}."
        lines.append(scribe.write("findings", ["labs", "within"], text, _cells(within, places)))
    if unjudged:
        text = f"Laboratory results not judged, for want of a usable reference range: {_named(unjudged, labs)}."
        lines.append(scribe.write("findings", ["labs", "unjudged"], text, _cells(unjudged, places)))
    return tuple(lines)


def _named(some: Sequence[LabResult], labs: Sequence[LabResult]) -> str:
    """The names of some results; one that several results carry is told apart by its day."""
    names = [lab.name for lab in labs]
    return listed(
        f"{lab.name} of {lab.collected[:10]}" if names.count(lab.name) > 1 and lab.collected else lab.name
        for lab in some
    )


def lab_statement(scribe: Scribe, section: str, lab: LabResult, places: dict[str, Evidence]) -> Statement:
    """One result as printed: value, unit, flag, reference, date."""
    value = f"{lab.name} {lab.value_text} {lab.unit}".strip()
    reference = f" (reference {lab.reference.text})" if lab.reference.text else ""
    day = f", {lab.collected[:10]}" if lab.collected else ""
    doubt = "; the readers of this row disagree" if lab.disagreement else ""
    text = f"{value}{_flagged(lab)}{reference}{day}{doubt}."
    support: Support = "abstained" if lab.disagreement else "supported"
    return scribe.write(section, lab.id, text, _cells([lab], places), support=support)


def _flagged(lab: LabResult) -> str:
    """The flag in words; where paper and range contradict each other, both."""
    words = {"H": "high", "L": "low", "N": "within its range"}
    if lab.flag_conflict:
        by_range = words.get(lab.flag or "", "not judged")
        return f", printed flag {lab.flag_printed or 'none'}, by its range {by_range}"
    critical = "critically " if is_critical(lab) else ""
    if lab.flag in ("H", "L"):
        return f", {critical}{words[lab.flag]}"
    return f", {'critical, ' if critical else ''}printed flag {lab.flag_printed}" if lab.flag_printed else ""


def _cells(labs: Sequence[LabResult], places: dict[str, Evidence]) -> list[Evidence]:
    return [places[cell] for lab in labs for cell in lab.evidence if cell in places]
