"""What came before: the earlier films of a case and of the history, and what earlier reports said of them."""

from collections.abc import Sequence

from agents.facts import comparison_evidence
from agents.reports import report_evidence
from agents.sections import Scribe, film_evidence, latest_first, scope_evidence
from agents.technique import described
from prelim.draft import Statement
from prelim.types import Case, Comparison, Evidence, Priors, Record, Study


def prior_studies(case: Case, priors: Priors) -> list[Study]:
    """The earlier studies, of the case's files and of the history, each once, the latest first."""
    known = {study.study_instance_uid for study in case.studies}
    earlier = [study for study in case.studies if study.role == "prior"]
    remembered = [study for study in priors.studies if study.study_instance_uid not in known]
    return latest_first(earlier + [study.model_copy(update={"role": "prior"}) for study in remembered])


def comparison(scribe: Scribe, case: Case, priors: Priors, comparisons: Sequence[Comparison]) -> tuple[Statement, ...]:
    """The earlier films, and what earlier reports said of them."""
    lines = []
    for study in prior_studies(case, priors):
        where = film_evidence(study)
        pairs = ((c, (c.prior_sop_instance_uid, c.current_sop_instance_uid)) for c in comparisons)
        used = [comparison_evidence(c) for c, uids in pairs if where.sop_instance_uid in uids]
        text = described(scribe, study) + ("" if used else " Not compared.")
        lines.append(scribe.write("comparison", study.study_instance_uid, text, [where, *used]))
    films = {study.date: film_evidence(study) for study in prior_studies(case, priors) if study.date}
    reports = [record for record in priors.records if record.type == "report"]
    lines += [_report(scribe, record, films.get(record.date or "")) for record in reports]
    return tuple(lines) or (scribe.write("comparison", "none", "None available.", scope_evidence(case)),)


def _report(scribe: Scribe, record: Record, film: Evidence | None) -> Statement:
    """An earlier report, quoted, with its day and the film of that day where there is one."""
    where = report_evidence(record)
    text = f"Earlier report{f' of {record.date}' if record.date else ''}: “{where.quote}”"
    return scribe.write("comparison", ["report", where.id], text, [where, *([film] if film else [])])
