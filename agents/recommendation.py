"""Recommendations: what the knowledge tables advise about what was found, and nothing else."""

from collections.abc import Sequence

from agents.said import Said
from agents.sections import Scribe, current_studies
from prelim.draft import Statement
from prelim.imaging.selection import subject_of
from prelim.types import Case


def recommendation(scribe: Scribe, case: Case, said: Sequence[Said]) -> tuple[Statement, ...]:
    """The advice of each present finding's own table, each once, in the order of the findings' importance.

    What follows a nodule on a film is a CT; what follows one on a CT is not.
    """
    subjects = {study.study_instance_uid: subject_of(study) for study in current_studies(case)}
    asked = {uid: subject.table.findings for uid, subject in subjects.items() if subject and subject.table}
    advised: dict[str, list[Said]] = {}
    for item in said:
        advice = asked[item.finding.study_instance_uid][item.claim.label].recommendation
        if advice and item.claim.state == "present":
            advised.setdefault(advice, []).append(item)
    return tuple(
        scribe.write("recommendation", [item.finding.id for item in items], advice, [item.seen[0] for item in items])
        for advice, items in advised.items()
    )
