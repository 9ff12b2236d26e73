"""The impression: what matters, in order of urgency, with its dates."""

from collections.abc import Mapping, Sequence

from agents.laboratory import is_critical, lab_statement
from agents.said import Said, written
from agents.sections import MOST_NAMED, Scribe, current_studies, film_evidence, listed, noun_of, scope_evidence
from agents.trending import Before
from prelim.draft import Statement
from prelim.knowledge import rule_of
from prelim.types import Case, Evidence, LabResult, Study


def impression(
    scribe: Scribe,
    case: Case,
    labs: Sequence[LabResult],
    said: Sequence[Said],
    known: dict[str, Evidence],
    before: Mapping[str, Before],
) -> tuple[Statement, ...]:
    """What matters, by urgency: critical results, findings, doubts, then what was not seen or not read."""
    critical = [lab_statement(scribe, "impression", lab, known, before.get(lab.id)) for lab in labs if is_critical(lab)]
    studies = {study.study_instance_uid: study for study in current_studies(case)}
    loud = [item for item in said if item.claim.state != "absent" or item.claim.change]
    lines = [
        written(
            scribe,
            "impression",
            [item],
            _dated(scribe, item.claim.headline(), studies[item.finding.study_instance_uid]),
        )
        for item in loud
    ]
    lines += [line for study in studies.values() for line in _quiet(scribe, study, said)]
    if not studies:
        lines.append(scribe.write("impression", "no film", "No current film to read.", scope_evidence(case)))
    return (*critical, *lines)


def _quiet(scribe: Scribe, study: Study, said: Sequence[Said]) -> list[Statement]:
    """For a study with nothing to tell: that nothing was seen, or that nothing was read."""
    mine = [item for item in said if item.finding.study_instance_uid == study.study_instance_uid]
    if not mine:
        return [_not_read(scribe, study)]
    unremarkable = [item for item in mine if item.claim.change is None]
    if not unremarkable or any(item.claim.state != "absent" for item in mine):
        return []
    told = _pertinent(unremarkable)
    return [written(scribe, "impression", told, _dated(scribe, _none_of(told), study))]


def _pertinent(said: Sequence[Said]) -> Sequence[Said]:
    """What is worth denying; where that is a long list, what would be urgent. The findings name the rest."""
    told = [item for item in said if rule_of(item.claim.label).pertinent]
    if len({item.claim.label for item in told}) > MOST_NAMED:
        told = [item for item in told if rule_of(item.claim.label).urgency != "routine"] or told
    return told or said


def _none_of(said: Sequence[Said]) -> str:
    """Nothing of these; a finding of one side only, its other side being told elsewhere, is named with its side."""
    labels = [item.claim.label for item in said if item.claim.sided]
    alone = {label for label in labels if labels.count(label) == 1}
    names = (
        f"{item.claim.side} {item.claim.name}" if item.claim.label in alone and item.claim.side else item.claim.name
        for item in said
    )
    return f"No {listed(names, 'or')}."


def _dated(scribe: Scribe, text: str, study: Study) -> str:
    """The sentence with its film's date."""
    return f"{text.removesuffix('.')} ({noun_of(study)} of {scribe.day(study)})."


def _not_read(scribe: Scribe, study: Study) -> Statement:
    text = f"{scribe.called(study)}: no finding was read from it; see what was not assessed."
    return scribe.write(
        "impression",
        ["not read", study.study_instance_uid],
        text,
        [film_evidence(study)],
        support="abstained",
    )
