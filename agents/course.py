"""The course of a finding in a sentence: what it was at each time, or that the films contradict each other about it.

"Right lung opacity over time: absent 2023-05-02, new 2024-01-10, worse 2024-06-01, better 2025-03-14; worse than on
2024-01-10." Every part can be recomputed: a day with the state or the change that its film or report has there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from agents.facts import comparison_evidence, finding_evidence, timeline_evidence
from agents.sections import Scribe, under
from prelim.draft import Statement
from prelim.facts import FindingTimeline, TimePoint
from prelim.knowledge import rule_of
from prelim.types import Comparison, Evidence, Finding, Support


def with_courses(
    scribe: Scribe,
    blocks: Sequence[Statement],
    timelines: Iterable[FindingTimeline],
    findings: Iterable[Finding],
    comparisons: Iterable[Comparison],
    known: Mapping[str, Evidence],
) -> list[Statement]:
    """The findings' statements, each followed by what is told of its course. `known` are the places to point at."""
    told, compared = list(blocks), {one.id: one for one in comparisons}
    current = {finding.id: finding for finding in findings}
    for line in timelines:
        finding = current[line.finding]
        own = finding_evidence(finding).id
        places = [at for at, statement in enumerate(told) if own in statement.evidence]
        lines = list(_told(scribe, line, finding, compared, known))
        if places and lines:
            at = places[-1]
            told[at + 1 : at + 1] = under(told[at].region, lines)
    return told


def unsaid(timelines: Iterable[FindingTimeline]) -> tuple[str, ...]:
    """Contradictions that no sentence can tell, as warnings: a film is without a date, or the side is not known."""
    return tuple(
        f"The films contradict each other about {_name(line)}: {line.conflicts[0]}."
        for line in timelines
        if line.contradictory and not _sayable(line)
    )


def _told(
    scribe: Scribe,
    line: FindingTimeline,
    finding: Finding,
    compared: Mapping[str, Comparison],
    known: Mapping[str, Evidence],
) -> Iterator[Statement]:
    text = _conflict(line) if line.contradictory else _course(line) if _matters(line, finding) else None
    if not _sayable(line):
        return
    mine = [compared[id] for id in dict.fromkeys(_cited(line, compared))]
    doubt = line.contradictory or any(one.change == "uncertain" for one in mine)
    doubt = doubt or any(point.state == "uncertain" for point in line.points)
    if text:
        yield _written(scribe, "course", line, finding, text, mine, known, "abstained" if doubt else "supported")
    for said in (said for said in line.conflicts if said.startswith("reported")):
        words = f"The report and the film contradict each other about the {_name(line)}: {said}."
        yield _written(scribe, said, line, finding, words, mine, known, "abstained")


def _written(
    scribe: Scribe,
    about: str,
    line: FindingTimeline,
    finding: Finding,
    text: str,
    compared: Sequence[Comparison],
    known: Mapping[str, Evidence],
    support: Support,
) -> Statement:
    places = [known[id] for point in line.points for id in point.evidence if id in known]
    own = [finding_evidence(finding), timeline_evidence(line), *map(comparison_evidence, compared)]
    return scribe.write("findings", [about, line.id], text, [*own, *places], support=support)


# ------------------------------------------------------------------ in words


def _sayable(line: FindingTimeline) -> bool:
    """Whether every day that a sentence names is known, and the side where there is one."""
    sided = "midline" not in rule_of(line.label).places
    dated = all(point.date for point in line.points if point.source == "image" and point.state)
    return dated and not (sided and line.laterality is None)


def _matters(line: FindingTimeline, finding: Finding) -> bool:
    """Whether there is more to tell than the finding's own sentence says: at least two earlier times of it."""
    loud = finding.state != "absent" or (line.nearest is not None and line.nearest.change == "resolved")
    return loud and len(_times(line)) > 2


def _times(line: FindingTimeline) -> list[TimePoint]:
    """The films that were read and may be held beside the last, and the dated reports of days without a film."""
    films = [point for point in line.points if point.source == "image" and point.state]
    days = {point.date for point in films}
    told = (point for point in line.points if point.date and point.state and point.comparable)
    return [point for point in told if point in films or point.date not in days]


def _course(line: FindingTimeline) -> str:
    """Each time with its change or state; then how the last stands to the earlier ones with least and with most."""
    parts = ", ".join(f"{_word(point)} {point.date}" for point in _times(line))
    near = line.nearest.comparison if line.nearest else None
    others = {one.comparison: one for one in (line.least, line.worst) if one and one.comparison != near}
    tails = {"worse": "worse than on", "better": "better than on", "stable": "similar to"}
    still = "still " if line.nearest and line.nearest.change == "better" else ""
    ends = "".join(
        f"; {still if one.change == 'worse' else ''}{tails[one.change]} {one.since}"
        for one in others.values()
        if one.change in tails
    )
    name = _name(line)
    return f"{name[0].upper()}{name[1:]} over time: {parts}{ends}."


def _word(point: TimePoint) -> str:
    """What a sentence says of a time."""
    if point.source == "report":
        return f"reported {point.state}"
    return "change uncertain" if point.change == "uncertain" else point.change or str(point.state)


def _conflict(line: FindingTimeline) -> str:
    return f"The films contradict each other about the {_name(line)}: {line.conflicts[0]}."


def _name(line: FindingTimeline) -> str:
    side = f"{line.laterality} " if line.laterality in ("left", "right") else ""
    return f"{side}{rule_of(line.label).name}"


def _cited(line: FindingTimeline, compared: Mapping[str, Comparison]) -> Iterator[str]:
    """The comparisons that a sentence about the course rests on: every step, and the extremes; of a conflict all."""
    yield from (point.comparison for point in line.points if point.comparison)
    yield from (one.comparison for one in (line.least, line.worst, line.best) if one)
    if line.contradictory:
        films = {point.sop_instance_uid for point in line.points}
        for one in compared.values():
            same = (one.label, one.laterality) == (line.label, line.laterality)
            if same and {one.prior_sop_instance_uid, one.current_sop_instance_uid} <= films:
                yield one.id
