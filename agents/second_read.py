"""A second read: a person's own report held against what the tools found in a case. Deterministic, no model.

It says only what it can point at. What the case itself is uncertain of contradicts nothing, a size that nobody
measured differs from nothing, and what was not asked about is said to be not assessed, never wrong. A statement of
normality ("the lungs are clear") contradicts what is there, and bears out no single absence.
"""

from collections.abc import Iterator, Sequence

from agents.dates import dates_in
from agents.reports import is_current
from agents.second_findings import finding_looks, unsettled
from agents.second_looks import Looks, Passage, Report
from agents.second_results import result_looks
from prelim.documents.report import findings_in
from prelim.documents.sections import sections_of
from prelim.draft import Draft
from prelim.facts import SecondLook, SecondRead
from prelim.types import Case

_ORDER = ("contradicted", "missing", "unsupported")
_SHOWN = 12
"""How many differences of one kind are told as warnings of a draft; all stand in its second read."""


def second_read(reports: Sequence[Report], draft: Draft) -> SecondRead:
    """Everything on which the reports, taken together, and the case differ: contradictions first."""
    looks = Looks(draft)
    found = [*finding_looks(looks, reports), *result_looks(looks, reports)]
    for report in reports:
        found += _unknown_days(looks, report)
    items = sorted(dict.fromkeys(found), key=lambda look: (_ORDER.index(look.kind), look.chars or (0, 0)))
    cited = dict.fromkeys(id for item in items for id in item.evidence)
    return SecondRead(
        items=tuple(items),
        warnings=tuple(_warnings(looks, reports)),
        evidence=tuple(looks.places[id] for id in cited),
    )


def attached(draft: Draft, read: SecondRead) -> Draft:
    """The draft with its second read, told among its warnings; the draft's evidence holds that of the read too."""
    known = {item.id for item in draft.evidence}
    more = tuple(item for item in read.evidence if item.id not in known)
    return draft.model_copy(
        update={
            "second_read": read.model_copy(update={"evidence": ()}),
            "warnings": (*draft.warnings, *(f"Second read: {text}" for text in [*_told(read), *read.warnings])),
            "evidence": (*draft.evidence, *more),
        }
    )


def _told(read: SecondRead) -> Iterator[str]:
    """Contradictions and omissions one by one, what was not assessed as a count."""
    loud = [item for item in read.items if item.kind != "unsupported"]
    for item in loud[:_SHOWN]:
        yield f"{item.detail} ({item.kind})."
    if len(loud) > _SHOWN:
        yield f"{len(loud) - _SHOWN} more differences."
    quiet = len(read.items) - len(loud)
    if quiet:
        what = "1 statement of the report rests" if quiet == 1 else f"{quiet} statements of the report rest"
        yield f"{what} on nothing that was assessed."


def _unknown_days(looks: Looks, report: Report) -> Iterator[SecondLook]:
    """The days of the examinations that a report says it compared with, where the case holds none of that day."""
    known = {study.date for study in looks.draft.studies if study.date} | {report.document.date}
    known |= {document.date for document in looks.draft.documents}
    for section in sections_of(report.text):
        for said in dates_in(report.text[section.start : section.end]) if section.heading == "comparison" else ():
            if not said.days & known:
                passage = Passage(report, section.start + said.start, section.start + said.end)
                detail = f"No examination of {passage.text} is in the case: not assessed"
                yield looks.add("unsupported", detail, passage=passage)


def _warnings(looks: Looks, reports: Sequence[Report]) -> Iterator[str]:
    """What was not judged, and why."""
    names = unsettled(looks, reports)
    if names:
        yield f"not judged, for the case itself is uncertain: {', '.join(names)}."
    if not any(findings_in(report.text) for report in reports):
        yield "no statement about a finding was recognised in the report."
    if not looks.draft.findings:
        yield "no finding was read from the images of this case."
    case = Case(patient_key=looks.draft.patient_key, studies=looks.draft.studies)
    for report in reports:
        day = report.document.date
        if day and not is_current(day, case) and any(study.date for study in case.studies):
            yield f"the report is dated {day}, before the current study: it may be of an earlier one."
