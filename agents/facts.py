"""What a statement rests on: from the evidence ids it lists back to findings, results, dates and quotes."""

from collections.abc import Iterable

from pydantic import Field

from agents.technique import extent_numbers
from prelim.draft import Statement
from prelim.facts import EarlierFinding, FindingTimeline, LabTrend, TrendPoint
from prelim.imaging.naming import days_of
from prelim.knowledge.sentence import Claim, claim
from prelim.types import (
    Change,
    Comparison,
    Evidence,
    Finding,
    LabResult,
    Laterality,
    NotAssessed,
    State,
    Study,
    Value,
    evidence,
)


class Point(Value):
    """What is known of one finding at one time, `on` an ISO day: its state, its change `since` an earlier day.

    It comes from a comparison of two films, from an earlier report, or from a time line that is cited.
    """

    label: str
    side: Laterality | None
    state: State | None = None
    change: Change | None = None
    on: str | None = None
    since: str | None = None


class Facts(Value):
    """All that one sentence may say. Dates are ISO days; `film_dates` are those of the films it points at, and
    `days` how a sentence says them: "unknown date, 2 of 3"; `dates` are those of what it quotes.

    `points` are every cited time of a finding: more than one of a finding make a time line. `before` has, by the id of
    a result, the one before it. `quotes` are texts whose numbers, dates and sides may be taken as they stand; `given`
    are those that stand word for word, and `only_quoted`: it rests on nothing but quotes. `sides`: both may be named
    though no finding is claimed (a sentence about orientation).
    """

    claims: tuple[Claim, ...] = ()
    points: tuple[Point, ...] = ()
    labs: tuple[LabResult, ...] = ()
    before: dict[str, TrendPoint] = Field(default_factory=dict)
    film_dates: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    only_quoted: bool = False
    sides: bool = False

    @property
    def timeline(self) -> bool:
        """Whether a finding on one side is told of at more than one time."""
        places = [(point.label, point.side) for point in self.points]
        return len(places) > len(set(places))


class Ground(Value):
    """Everything that the statements of one draft may rest on."""

    evidence: tuple[Evidence, ...] = ()
    findings: tuple[Finding, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    labs: tuple[LabResult, ...] = ()
    trends: tuple[LabTrend, ...] = ()
    earlier_findings: tuple[EarlierFinding, ...] = ()
    timelines: tuple[FindingTimeline, ...] = ()
    studies: tuple[Study, ...] = ()
    not_assessed: tuple[NotAssessed, ...] = ()


def finding_evidence(finding: Finding) -> Evidence:
    """The address of a finding, for a statement to point at."""
    return evidence("finding", study_instance_uid=finding.study_instance_uid, ref=finding.id)


def comparison_evidence(comparison: Comparison) -> Evidence:
    """The address of a comparison, for a statement to point at."""
    return evidence("comparison", sop_instance_uid=comparison.current_sop_instance_uid, ref=comparison.id)


def timeline_evidence(timeline: FindingTimeline) -> Evidence:
    """The address of a time line, for a statement to point at."""
    return evidence("finding", study_instance_uid=timeline.study_instance_uid, ref=timeline.id)


def comparison_of(finding: Finding, comparisons: Iterable[Comparison], studies: Iterable[Study]) -> Comparison | None:
    """The comparison that tells how a finding changed: the same label, side and current film, against the nearest."""
    films = {
        image.sop_instance_uid
        for study in studies
        if study.study_instance_uid == finding.study_instance_uid
        for series in study.series
        for image in series.image_set.images
    }
    same = [c for c in comparisons if (c.label, c.laterality) == (finding.label, finding.laterality)]
    return next((c for c in same if c.nearest and c.current_sop_instance_uid in films), None)


def claim_of(finding: Finding, comparison: Comparison | None) -> Claim:
    """What may be said of a finding, with its change where one was found."""
    change, since = (comparison.change, comparison.prior_date) if comparison else (None, None)
    return claim(finding.label, finding.laterality, finding.state, change, since)


def facts_of(statement: Statement, ground: Ground) -> Facts:
    """Recompute what a statement may say from the evidence it lists."""
    listed = [item for item in ground.evidence if item.id in statement.evidence]
    refs, uids = {item.ref for item in listed}, {item.study_instance_uid for item in listed}
    found = [finding for finding in ground.findings if finding.id in refs]
    shown = {finding.study_instance_uid for finding in found} or uids
    studies = [study for study in ground.studies if study.study_instance_uid in shown]
    days = days_of(ground.studies)
    compared = [comparison for comparison in ground.comparisons if comparison.id in refs]
    plain = statement.source != "model"  # how many slices there are bears out no number that a model writes
    own = [extent_numbers(series) for study in studies for series in study.series if plain]
    labs = tuple(lab for lab in ground.labs if set(lab.evidence) & set(statement.evidence))
    reasons = [item.reason for item in ground.not_assessed if item.study_instance_uid in {*uids, None}]
    return Facts(
        claims=tuple(claim_of(finding, comparison_of(finding, compared, ground.studies)) for finding in found),
        points=(
            *points_of(compared, ground.earlier_findings, statement),
            *(point for line in ground.timelines if line.id in refs for point in _times_of(line)),
        ),
        labs=labs,
        before=results_before(labs, ground.trends),
        film_dates=tuple(sorted({study.date for study in studies if study.date})),
        days=tuple(days[study.study_instance_uid] for study in studies),
        dates=tuple(sorted({item.date for item in listed if item.date})),
        quotes=tuple([*(item.quote for item in listed if item.quote and item.kind != "lab"), *reasons, *own]),
        given=tuple(item.quote for item in listed if item.quote and item.ref == "case.yaml"),
        only_quoted=bool(listed) and all(item.quote and item.kind in ("text", "statement") for item in listed),
        sides=plain and any(_sides_stated(study) for study in studies),
    )


def points_of(
    compared: Iterable[Comparison], earlier: Iterable[EarlierFinding], statement: Statement
) -> tuple[Point, ...]:
    """The cited times of findings: the later film of each comparison, and the day of each earlier report."""
    films = [
        Point(label=c.label, side=c.laterality, change=c.change, on=c.current_date, since=c.prior_date)
        for c in compared
    ]
    cited = set(statement.evidence)
    reports = [
        Point(label=said.label, side=said.laterality, state=said.state, change=said.change, on=said.date)
        for said in earlier
        if cited & set(said.evidence)
    ]
    return (*films, *reports)


def _times_of(line: FindingTimeline) -> list[Point]:
    """What a time line has read at each day. A film's change is its comparison's to tell."""
    return [
        Point(
            label=line.label,
            side=line.laterality,
            state=point.state,
            change=point.change if point.source == "report" else None,
            on=point.date,
        )
        for point in line.points
        if point.state
    ]


def results_before(labs: Iterable[LabResult], trends: Iterable[LabTrend]) -> dict[str, TrendPoint]:
    """By the id of a result, the one before it on its trend."""
    steps = {later.ref: one for trend in trends for one, later in zip(trend.points, trend.points[1:], strict=False)}
    return {lab.id: steps[lab.id] for lab in labs if lab.id in steps}


def _sides_stated(study: Study) -> bool:
    """Whether a statement about this study's films may explain left and right."""
    images = [image for series in study.series for image in series.image_set.images]
    return any(image.orientation_from != "tag" or image.marker_conflict or image.flaws for image in images)


def all_facts(ground: Ground) -> Facts:
    """Everything the draft knows, for a person's sentence that points at nothing yet."""
    ids = tuple(item.id for item in ground.evidence)
    return facts_of(Statement(id="", text="", evidence=ids, support="unsupported", source="model"), ground)
