"""Each finding over all times: what was read of every film, what earlier reports say, and what contradicts what.

Derived alone from what the tools found; the order in which it comes does not matter.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from agents.order import Link, Order
from prelim.facts import ChangeSince, EarlierFinding, FindingTimeline, TimePoint
from prelim.knowledge import rule_of
from prelim.types import Change, Comparison, FilmChain, Finding, Laterality, Longitudinal, State, TimedFilm, digest_of

UNDATED = "the undated film"
_UP, _DOWN = ("new", "worse"), ("better", "resolved")


class _Course(NamedTuple):
    """One finding with its films, the comparisons of them and the reports that name it."""

    finding: Finding
    films: tuple[TimedFilm, ...]
    order: Order
    comparisons: dict[str, Comparison]
    probabilities: dict[str, float | None]
    reports: tuple[EarlierFinding, ...]

    @property
    def now(self) -> str:
        return self.films[-1].sop_instance_uid

    @property
    def before(self) -> list[str]:
        """The earlier films that have a place beside the last."""
        return [film.sop_instance_uid for film in self.films[:-1] if self.fits(film)]

    def fits(self, film: TimedFilm) -> bool:
        """Whether a film may be held beside the last: a size that depends on the view only within one view."""
        views = {film.view, self.films[-1].view} - {None}
        return len(views) < 2 or not rule_of(self.finding.label).view_dependent

    def day(self, film: str) -> str:
        """A film's day as a sentence says it."""
        return next(one.date for one in self.films if one.sop_instance_uid == film) or UNDATED


def timelines_of(
    longitudinal: Longitudinal, findings: Iterable[Finding], reported: Iterable[EarlierFinding]
) -> tuple[FindingTimeline, ...]:
    """A time line for each current finding that was there, or in doubt, at any of at least two times."""
    chains = {chain.study_instance_uid: chain for chain in longitudinal.chains}
    told = sorted(reported, key=lambda one: (one.date or "", one.id))
    mine = (
        _course(finding, chains[finding.study_instance_uid], longitudinal, told)
        for finding in findings
        if finding.study_instance_uid in chains
    )
    lines = (_timeline(course) for course in mine)
    return tuple(line for line in lines if len(line.points) > 1 and (line.conflicts or _ever(line)))


def _ever(line: FindingTimeline) -> bool:
    return any(point.state in ("present", "uncertain") for point in line.points)


def _course(finding: Finding, chain: FilmChain, longitudinal: Longitudinal, told: Sequence[EarlierFinding]) -> _Course:
    key = (finding.label, finding.laterality)
    films = {film.study_instance_uid: film.sop_instance_uid for film in chain.films}
    earlier = [one for one in longitudinal.earlier if _key(one) == key and one.study_instance_uid in films]
    read = {films[one.study_instance_uid]: one for one in earlier}
    compared = {one.id: one for one in longitudinal.comparisons if (one.label, one.laterality) == key}
    states: dict[str, State | None] = {uid: read[uid].state if uid in read else None for uid in films.values()}
    now = chain.films[-1].sop_instance_uid
    links = (
        Link(one.prior_sop_instance_uid, one.current_sop_instance_uid, one.change, one.id) for one in compared.values()
    )
    order = Order([film.sop_instance_uid for film in chain.films], states | {now: finding.state}, links)
    probabilities = {uid: one.probability for uid, one in read.items()} | {now: finding.probability}
    return _Course(finding, chain.films, order, compared, probabilities, tuple(_of_finding(finding, told)))


def _key(finding: Finding) -> tuple[str, Laterality | None]:
    return finding.label, finding.laterality


def _of_finding(finding: Finding, told: Iterable[EarlierFinding]) -> Iterator[EarlierFinding]:
    """What the reports of each day say of a finding: on its side, else on both; each state once."""
    about = [one for one in told if one.label == finding.label and _bears_on(one, finding.laterality)]
    for day in dict.fromkeys(one.date for one in about):
        said = [one for one in about if one.date == day]
        exact = [one for one in said if one.laterality == finding.laterality] or said
        yield from {one.state: one for one in reversed(exact)}.values()


def _bears_on(one: EarlierFinding, side: Laterality | None) -> bool:
    """Whether a report speaks of this side: what it denies without a side it denies on both."""
    if side == "midline" or one.laterality in (side, "bilateral"):
        return True
    return one.laterality is None and one.state == "absent"


# ------------------------------------------------------------------ the time line


def _timeline(course: _Course) -> FindingTimeline:
    finding, order = course.finding, course.order
    contradictory = not order.consistent()
    there = [film for film in course.before if order.there(film)]
    placed = {
        "best": order.extreme(course.before, most=False),
        "worst": order.extreme(course.before, most=True),
        "least": order.extreme(there, most=False),
    }
    nearest = next((one for one in course.comparisons.values() if one.nearest and _ends(one, course.now)), None)
    return FindingTimeline(
        id="t-" + digest_of(finding.id)[:12],
        finding=finding.id,
        label=finding.label,
        laterality=finding.laterality,
        study_instance_uid=finding.study_instance_uid,
        points=_points(course),
        state="uncertain" if contradictory else _stands(course, nearest),
        nearest=_change(nearest),
        conflicts=(*_contradictions(course), *_reported_otherwise(course)),
        contradictory=contradictory,
        **{name: None if contradictory else _against(course, film) for name, film in placed.items()},
    )


def _ends(comparison: Comparison, film: str) -> bool:
    return comparison.current_sop_instance_uid == film


def _stands(course: _Course, nearest: Comparison | None) -> Change | None:
    """Against the nearest earlier film; what is absent there and here has resolved if it was there before."""
    if nearest:
        return nearest.change
    gone = any(link.after == course.now and link.change == "resolved" for link in course.order.links)
    return "resolved" if gone else None


def _change(comparison: Comparison | None) -> ChangeSince | None:
    if comparison is None:
        return None
    return ChangeSince(change=comparison.change, since=comparison.prior_date, comparison=comparison.id)


def _against(course: _Course, film: str | None) -> ChangeSince | None:
    """The latest film against an earlier one; None where that is not known for sure."""
    link = course.order.link(film, course.now) if film else None
    return _change(course.comparisons[link.id]) if link and link.change != "uncertain" else None


def _points(course: _Course) -> tuple[TimePoint, ...]:
    """The films in their order, and the reports at their days, after the films of the same."""
    films = [((film.date or "", 0, place), _of_film(course, place)) for place, film in enumerate(course.films)]
    reports = [((one.date or "", 1, place), _of_report(one)) for place, one in enumerate(course.reports)]
    return tuple(point for _, point in sorted([*films, *reports], key=lambda item: item[0]))


def _of_film(course: _Course, place: int) -> TimePoint:
    film = course.films[place]
    step = _step(course, place)
    return TimePoint(
        date=film.date,
        source="image",
        study_instance_uid=film.study_instance_uid,
        sop_instance_uid=film.sop_instance_uid,
        view=film.view,
        comparable=course.fits(film),
        state=course.order.states[film.sop_instance_uid],
        probability=course.probabilities.get(film.sop_instance_uid),
        change=step.change if step else None,
        since=step.prior_date if step else None,
        comparison=step.id if step else None,
        evidence=film.evidence,
    )


def _step(course: _Course, place: int) -> Comparison | None:
    """A film's comparison with the latest one before it that it was compared with; none where both show nothing."""
    uid = course.films[place].sop_instance_uid
    for film in reversed(course.films[:place]):
        link = course.order.link(film.sop_instance_uid, uid)
        if link:
            return course.comparisons[link.id]
        if course.order.states[film.sop_instance_uid] == course.order.states[uid] == "absent":
            return None
    return None


def _of_report(one: EarlierFinding) -> TimePoint:
    return TimePoint(date=one.date, source="report", state=one.state, change=one.change, evidence=one.evidence)


# ------------------------------------------------------------------ what contradicts what


def _contradictions(course: _Course) -> Iterator[str]:
    """Where the films contradict each other: whether it was there, then how much."""
    for film, absent, present in course.order.disputed():
        yield f"{_said(course, film, absent)}, yet {_said(course, film, present)}"
    for links in course.order.cycles():
        *first, last = (_said(course, link.after, link) for link in links)
        yield f"{', '.join(first)}, yet {last}"


def _said(course: _Course, film: str, claim: Link | State) -> str:
    """What was read of a film, or what a comparison says: "2024-06-01 worse than 2024-01-10"."""
    if not isinstance(claim, Link):
        return f"{claim} {course.day(film)}"
    return _compared(course.day(claim.after), claim.change, course.day(claim.before))


def _compared(after: str, change: str, before: str) -> str:
    return f"{after} {change} {'than' if change in ('worse', 'better') else 'since'} {before}"


def _reported_otherwise(course: _Course) -> Iterator[str]:
    """Where a report says otherwise than the film of its day, or calls the change the opposite of what is compared."""
    points = _points(course)
    films = {point.date: point for point in points if point.source == "image"}
    for report in (point for point in points if point.source == "report" and point.date):
        film = films.get(report.date)
        if film is None:
            continue
        if {report.state, film.state} == {"present", "absent"}:
            yield f"reported {report.state} {report.date}, {film.state} on the film of {film.date}"
        elif report.change and film.change and film.since and _opposed(report.change, film.change):
            yield f"reported {report.change} {report.date}, {_compared(str(film.date), film.change, film.since)}"


def _opposed(one: Change, other: Change) -> bool:
    return (one in _UP and other in _DOWN) or (one in _DOWN and other in _UP)
