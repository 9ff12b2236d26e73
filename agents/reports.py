"""Earlier reports: those of the history and those among the files of the case, quoted and taken apart into findings."""

import re
from collections.abc import Iterable, Iterator, Sequence

from agents.background import entry_evidence
from memory.artifacts import Artifacts
from prelim.documents.report import named_findings
from prelim.facts import EarlierFinding, Entry, ReportFinding
from prelim.types import Case, Document, Evidence, Record, digest_of, evidence

_QUOTE_CHARS = 300


def with_case_reports(
    remembered: Sequence[Record], case: Case, entries: Iterable[tuple[Document, Entry]], artifacts: Artifacts
) -> tuple[Record, ...]:
    """The history's records, then the reports that came with the case and are not among them, the latest first.

    A report of the current study's own day is no earlier one: what it says is not told of an earlier film.
    """
    texts = {_plain(record.text) for record in remembered if record.type == "report"}
    mine = [one for one in (*_documents(case, artifacts), *_entries(entries)) if not is_current(one.date, case)]
    mine.sort(key=lambda record: record.date or "", reverse=True)
    first = {_plain(record.text): record for record in reversed(mine)}
    fresh = [record for record in mine if first[_plain(record.text)] is record]
    return (*remembered, *(record for record in fresh if _plain(record.text) not in texts))


def is_current(date: str | None, case: Case) -> bool:
    """Whether a report of this day may be of a current study: of a current study's day, or after all of them."""
    days = [study.date for study in case.studies if study.role == "current" and study.date]
    return bool(date and days) and (date in days or str(date) > max(days))


def current_reports(case: Case) -> tuple[Document, ...]:
    """The reports among the files that may be of a current study. One without a day is none."""
    return tuple(one for one in case.documents if one.kind == "report" and is_current(one.date, case))


def _plain(text: str) -> str:
    return " ".join(text.split())


def _documents(case: Case, artifacts: Artifacts) -> Iterator[Record]:
    for document in case.documents:
        if document.kind == "report":
            text = artifacts.get(document.text_sha256).decode()
            yield _record(document, document.date, text, 0)


def _entries(entries: Iterable[tuple[Document, Entry]]) -> Iterator[Record]:
    for document, entry in entries:
        if entry.type == "report":
            place = entry_evidence(document, entry)
            yield _record(document, entry.date, entry.text, None, place)


def _record(
    document: Document, date: str | None, text: str, start: int | None, place: Evidence | None = None
) -> Record:
    """A report as a record of this case alone; `data` says where its text stands."""
    address = {"document_sha256": document.sha256, "start": start, "pointer": place.pointer if place else None}
    id = "d-" + digest_of([document.sha256, text])[:16]
    return Record(id=id, type="report", date=date, title="Earlier report", text=text, source="case", data=address)


# ------------------------------------------------------------------ quoted


def report_evidence(record: Record) -> Evidence:
    """What an earlier report said, in brief."""
    return _quoted(record, *gist_of(record.text))


def _quoted(record: Record, start: int, end: int) -> Evidence:
    """A stretch of a report, with its place where the report is a file of the case."""
    address = record.data if record.data.get("document_sha256") else {}
    first = address.get("start")
    return evidence(
        "statement",
        document_sha256=address.get("document_sha256"),
        chars=None if first is None else (first + start, first + end),
        quote=_plain(record.text[start:end]),
        pointer=address.get("pointer"),
        date=record.date,
        ref=record.id,
    )


def gist_of(text: str) -> tuple[int, int]:
    """What to quote of a report: its impression, else its last lines, else its beginning."""
    heading = re.search(r"\b(?:impression|conclusion)\s*:", text, re.I)
    lines = [(m.start(), m.end()) for m in re.finditer(r"\S(?:[^\n]*\S)?", text[heading.end() :] if heading else text)]
    first = heading.end() if heading else 0
    kept: list[tuple[int, int]] = []
    for line in lines if heading else reversed(lines):
        grown = sorted([*kept, line])
        if grown[-1][1] - grown[0][0] > _QUOTE_CHARS:
            break
        kept = grown
    if kept:
        return first + kept[0][0], first + kept[-1][1]
    start = first + (lines[0][0] if lines else 0)
    return start, start + len(text[start : start + _QUOTE_CHARS].rsplit(" ", 1)[0])


# ------------------------------------------------------------------ as findings


def earlier_findings(records: Iterable[Record]) -> tuple[tuple[EarlierFinding, ...], tuple[Evidence, ...]]:
    """What the reports state of each finding and side, and the sentences that state it."""
    found: list[EarlierFinding] = []
    places: dict[str, Evidence] = {}
    for record in records:
        if record.type == "report":
            for finding in named_findings(record.text):
                place = _quoted(record, *sentence_of(record.text, finding))
                places[place.id] = place
                found.append(_earlier(record, finding, place))
    return tuple(found), tuple(places.values())


def sentence_of(text: str, finding: ReportFinding) -> tuple[int, int]:
    """Where the sentence of a finding stands."""
    start = text.rfind(finding.sentence, 0, finding.chars[0] + len(finding.sentence))
    start = finding.chars[0] if start < 0 else start
    return start, max(start + len(finding.sentence), finding.chars[1])


def _earlier(record: Record, finding: ReportFinding, place: Evidence) -> EarlierFinding:
    about = [place.id, finding.label, finding.laterality, finding.state]
    return EarlierFinding(
        id="x-" + digest_of(about)[:12],
        label=finding.label,
        laterality=finding.laterality,
        state=finding.state,
        change=finding.change,
        date=record.date,
        evidence=(place.id,),
    )
