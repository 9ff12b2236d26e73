"""Laboratory results in a draft: which have to be said, and how."""

from collections.abc import Mapping, Sequence

from agents.sections import Scribe, listed
from agents.trending import Before, as_text
from prelim.draft import Statement
from prelim.types import Case, Evidence, LabResult, Labs, Support

_CRITICAL_FLAGS = ("HH", "LL", "AA", "CRIT", "PANIC")
"""Printed flags that mean critical: HL7 v2 table 0078 (HH, LL, AA), and the words that start so."""


def is_critical(lab: LabResult) -> bool:
    """Whether the laboratory itself marked the result as critical."""
    return (lab.flag_printed or "").strip(" *!()").upper().startswith(_CRITICAL_FLAGS)


def is_abnormal(lab: LabResult) -> bool:
    """Whether a result has to be said: outside its range, flagged by the laboratory, or in doubt."""
    printed = (lab.flag_printed or "N").strip().upper() not in ("", "N", "NORMAL", "-")
    return lab.flag in ("H", "L") or printed or lab.flag_conflict or lab.disagreement is not None


def recent(labs: Labs, case: Case, months: int) -> Labs:
    """The results parted: those of the last months before the current study (without one: before the last result)."""
    studies = [study.date for study in case.studies if study.date and study.role == "current"]
    days = [lab.collected[:10] for lab in labs.labs if lab.collected]
    last = max(studies or days, default=None)
    if last is None:
        return labs
    since = _months_before(last, months)
    old = [lab for lab in labs.labs if lab.collected and lab.collected[:10] < since]
    return labs.model_copy(
        update={"labs": tuple(lab for lab in labs.labs if lab not in old), "earlier": (*labs.earlier, *old)}
    )


def _months_before(day: str, months: int) -> str:
    """An ISO day; it may name a 31st that its month has not, which sorts right all the same."""
    year, month, rest = day[:4], day[5:7], day[7:]
    count = int(year) * 12 + int(month) - 1 - months
    return f"{count // 12:04d}-{count % 12 + 1:02d}{rest}"


def laboratory(
    scribe: Scribe, labs: Sequence[LabResult], places: dict[str, Evidence], before: Mapping[str, Before]
) -> tuple[Statement, ...]:
    """One statement for each result that stands out or has moved, and one that names the rest.

    What is named stays true whatever a person drops of the others.
    """
    told = [lab for lab in labs if is_abnormal(lab) or (lab.id in before and before[lab.id].moved)]
    loud = sorted(told, key=lambda lab: (not is_critical(lab), not is_abnormal(lab)))
    lines = [lab_statement(scribe, "findings", lab, places, before.get(lab.id)) for lab in loud]
    quiet = [lab for lab in labs if lab not in told]
    within = [lab for lab in quiet if lab.flag == "N"]
    unjudged = [lab for lab in quiet if lab.flag != "N"]
    if within:
        text = f"Results within the printed range: {_named(within, labs)}."
        lines.append(scribe.write("findings", ["labs", "within"], text, _cells(within, places)))
    if unjudged:
        text = f"Results not judged, for want of a usable reference range: {_named(unjudged, labs)}."
        lines.append(scribe.write("findings", ["labs", "unjudged"], text, _cells(unjudged, places)))
    return tuple(lines)


def only_earlier(scribe: Scribe, earlier: Sequence[LabResult], places: dict[str, Evidence]) -> tuple[Statement, ...]:
    """Where only old results are there: how old the latest is."""
    if not earlier:
        return ()
    last = max(earlier, key=lambda lab: lab.collected or "")
    text = f"No recent laboratory results; the latest are of {(last.collected or '')[:10]}."
    cells = [as_text(cell, last) for cell in _cells([last], places)]
    return (scribe.write("findings", ["labs", "earlier"], text, cells, support="abstained"),)


def _named(some: Sequence[LabResult], labs: Sequence[LabResult]) -> str:
    """The names of some results; one that several results carry is told apart by its day."""
    names = [lab.name for lab in labs]
    return listed(
        f"{lab.name} of {lab.collected[:10]}" if names.count(lab.name) > 1 and lab.collected else lab.name
        for lab in some
    )


def lab_statement(
    scribe: Scribe, section: str, lab: LabResult, places: dict[str, Evidence], before: Before | None = None
) -> Statement:
    """One result as printed: value, unit, flag, reference, date; then the one before it as recorded."""
    value = f"{lab.name} {lab.value_text} {lab.unit}".strip()
    reference = f" (reference {lab.reference.text})" if lab.reference.text else ""
    day = f", {lab.collected[:10]}" if lab.collected else ""
    doubt = "; the readers of this row disagree" if lab.disagreement else ""
    text = f"{value}{_flagged(lab)}{reference}{day}{_was(before)}{doubt}."
    support: Support = "abstained" if lab.disagreement else "supported"
    rests_on = [*_cells([lab], places), *([before.place] if before else [])]
    return scribe.write(section, lab.id, text, rests_on, support=support)


def _was(before: Before | None) -> str:
    if before is None:
        return ""
    point = before.point
    value = f"{point.value_text} {point.unit}".strip()
    return f"; was {value}{f' on {point.date[:10]}' if point.date else ''}"


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
