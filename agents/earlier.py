"""What came before: the earlier films of a case and of the history, and what earlier reports said of them."""

import re
from collections.abc import Sequence

from agents.sections import Scribe, film_evidence, latest_first, scope_evidence
from agents.technique import described
from prelim.draft import Statement
from prelim.types import Case, Comparison, Evidence, Priors, Record, Study, evidence

_QUOTE_CHARS = 300


def prior_studies(case: Case, priors: Priors) -> list[Study]:
    """The earlier studies, of the case's files and of the history, each once, the latest first."""
    known = {study.study_instance_uid for study in case.studies}
    earlier = [study for study in case.studies if study.role == "prior"]
    remembered = [study for study in priors.studies if study.study_instance_uid not in known]
    return latest_first(earlier + [study.model_copy(update={"role": "prior"}) for study in remembered])


def comparison(scribe: Scribe, case: Case, priors: Priors, comparisons: Sequence[Comparison]) -> tuple[Statement, ...]:
    """The earlier films, and what earlier reports said of them."""
    used = {item.prior_sop_instance_uid for item in comparisons}
    lines = []
    for study in prior_studies(case, priors):
        where = film_evidence(study)
        text = described(scribe, study) + ("" if where.sop_instance_uid in used else " Not compared.")
        lines.append(scribe.write("comparison", study.study_instance_uid, text, [where]))
    films = {study.date: film_evidence(study) for study in prior_studies(case, priors) if study.date}
    reports = [record for record in priors.records if record.type == "report"]
    lines += [_report(scribe, record, films.get(record.date or "")) for record in reports]
    return tuple(lines) or (scribe.write("comparison", "none", "None available.", scope_evidence(case)),)


def _report(scribe: Scribe, record: Record, film: Evidence | None) -> Statement:
    """An earlier report, quoted; dated where a film of its day bears the date out."""
    where = report_evidence(record)
    text = f"Earlier report{f' of {record.date}' if film else ''}: “{where.quote}”"
    return scribe.write("comparison", ["report", where.id], text, [where, *([film] if film else [])])


def report_evidence(record: Record) -> Evidence:
    """What an earlier report said, in brief."""
    return evidence("statement", quote=_gist(record.text), ref=record.id)


def _gist(text: str) -> str:
    """What to quote of a report: its impression, else its last lines, else its beginning."""
    heading = re.search(r"\b(?:impression|conclusion)\s*:", text, re.I)
    lines = text[heading.end() :].split("\n") if heading else text.split("\n")
    kept: list[str] = []
    for line in lines if heading else reversed(lines):
        if len(" ".join([*kept, line])) > _QUOTE_CHARS:
            break
        kept = [*kept, line.strip()] if heading else [line.strip(), *kept]
    short = " ".join(" ".join(kept).split())
    return short or " ".join(text.split())[:_QUOTE_CHARS].rsplit(" ", 1)[0]
