"""A finding over all times: the order of its films, what contradicts what, and that a sentence says no more."""

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.chains import timelines_of
from agents.checks import passed
from agents.course import unsaid, with_courses
from agents.facts import Ground, finding_evidence
from agents.order import Link, Order
from agents.sections import Scribe
from agents.verifier import checked
from prelim.draft import Sections, Statement
from prelim.facts import EarlierFinding, FindingTimeline
from prelim.types import (
    Change,
    Comparison,
    Evidence,
    FilmChain,
    Finding,
    Laterality,
    Longitudinal,
    State,
    TimedFilm,
    evidence,
)

DAYS = ("2022-03-01", "2023-05-02", "2024-01-10", "2024-06-01", "2025-03-14", "2025-09-30")
INVERSE: dict[Change, Change] = {
    "new": "resolved",
    "worse": "better",
    "stable": "stable",
    "better": "worse",
    "resolved": "new",
    "uncertain": "uncertain",
}
SIZES = st.lists(st.integers(0, 60), min_size=2, max_size=6)
"""How much of a finding each film shows, 0: none."""
NOTICED = 10


def state_of(size: int) -> State:
    return "present" if size else "absent"


def change_of(before: int, after: int) -> Change | None:
    """What a perfect comparison says; None where there is nothing to compare."""
    if not before or not after:
        return "new" if after else "resolved" if before else None
    return "stable" if abs(after - before) <= NOTICED else "worse" if after > before else "better"


def links_of(sizes: list[int]) -> list[Link]:
    pairs = [(a, b, change_of(sizes[a], sizes[b])) for a, b in combinations(range(len(sizes)), 2)]
    return [Link(str(a), str(b), change, f"k-{a}{b}") for a, b, change in pairs if change]


def order_of(sizes: list[int]) -> Order:
    films = [str(place) for place in range(len(sizes))]
    return Order(films, {film: state_of(size) for film, size in zip(films, sizes, strict=True)}, links_of(sizes))


# ------------------------------------------------------------------ the order of films


@given(SIZES)
def test_what_sizes_say_has_no_contradiction_and_its_extremes_are_the_sizes(sizes: list[int]) -> None:
    order = order_of(sizes)
    assert order.consistent() and order.disputed() == [] and order.cycles() == []
    most, least = (order.extreme(order.films, most=most) for most in (True, False))
    if most is not None:
        assert sizes[int(most)] >= max(sizes) - NOTICED and (sizes[int(most)] > 0) == (max(sizes) > 0)
    if least is not None:
        assert sizes[int(least)] <= min(sizes) + NOTICED and (sizes[int(least)] > 0) == (min(sizes) > 0)
    if len({size for size in sizes if size}) < 2:
        assert most is not None and least is not None


@given(SIZES)
def test_inverting_time_inverts_the_changes_and_nothing_else(sizes: list[int]) -> None:
    order = order_of(sizes)
    there = [Link(link.after, link.before, INVERSE[link.change], link.id) for link in order.links]
    back = Order(order.films[::-1], order.states, there)
    assert back.consistent()
    for most in (True, False):
        one, other = (each.extreme(each.films, most=most) for each in (order, back))
        assert (one is None) == (other is None)
        assert one is None or other is None or abs(sizes[int(one)] - sizes[int(other)]) <= NOTICED


@given(SIZES, st.data())
def test_a_direction_turned_round_is_a_contradiction(sizes: list[int], data: st.DataObject) -> None:
    """Where a third film lies between two others, more than the smallest step from each, their change is borne out."""
    order = order_of(sizes)
    worse = [link for link in order.sure if link.change == "worse"]
    between = [
        (a, b) for a, b in combinations(worse, 2) if a.after == b.before and order.link(a.before, b.after) is not None
    ]
    if between:
        a, b = data.draw(st.sampled_from(between))
        turned = [
            link._replace(change="better") if (link.before, link.after) == (a.before, b.after) else link
            for link in order.links
        ]
        assert Order(order.films, order.states, turned).cycles()


def test_what_grows_slowly_is_stable_from_film_to_film() -> None:
    assert [link.change for link in links_of([20, 28, 36])] == ["stable", "worse", "stable"]
    assert order_of([20, 28, 36]).extreme("01", most=False) == "0"


# ------------------------------------------------------------------ the time line


def finding_of(state: State, study: str, label: str = "lung_opacity", side: Laterality = "right") -> Finding:
    return Finding(
        id=f"f-{study}-{label}", label=label, laterality=side, state=state, probability=0.9, study_instance_uid=study
    )


def place_of(day: str) -> Evidence:
    return evidence("image", study_instance_uid=f"s{day}", sop_instance_uid=f"i{day}", frame=0)


def longitudinal_of(
    states: list[State | None],
    changes: dict[tuple[int, int], Change],
    views: list[str | None] | None = None,
    **what: Any,
) -> tuple[Longitudinal, Finding]:
    """Films of `DAYS` with what was read of each; the changes by the films' places."""
    days = DAYS[: len(states)]
    films = tuple(
        TimedFilm(
            study_instance_uid=f"s{day}",
            sop_instance_uid=f"i{day}",
            date=day,
            view=(views or ["PA"] * len(days))[place],
            evidence=(place_of(day).id,),
        )
        for place, day in enumerate(days)
    )
    last = len(days) - 1
    read = [finding_of(state, f"s{day}", **what) if state else None for day, state in zip(days, states, strict=True)]
    now = read[-1]
    assert now
    comparisons = tuple(
        Comparison(
            id=f"k-{a}{b}",
            label=now.label,
            laterality=now.laterality,
            prior_sop_instance_uid=f"i{days[a]}",
            current_sop_instance_uid=f"i{days[b]}",
            prior_date=days[a],
            current_date=days[b],
            change=change,
            probability=0.9,
            swap_consistent=True,
            nearest=b == last and a == max(one for one, other in changes if other == last),
        )
        for (a, b), change in changes.items()
    )
    chain = FilmChain(study_instance_uid=f"s{days[-1]}", films=films)
    earlier = tuple(one for one in read[:-1] if one)
    places = tuple(place_of(day) for day in days)
    return Longitudinal(comparisons=comparisons, chains=(chain,), earlier=earlier, evidence=places), now


def said(
    day: str | None, state: State, side: Laterality | None = "right", change: Change | None = None
) -> EarlierFinding:
    place = evidence("statement", quote=f"{state} {change}", date=day)
    return EarlierFinding(
        id=f"x-{day}-{state}-{side}",
        label="lung_opacity",
        laterality=side,
        state=state,
        change=change,
        date=day,
        evidence=(place.id,),
    )


def line_of(longitudinal: Longitudinal, now: Finding, *reports: EarlierFinding) -> FindingTimeline:
    [line] = timelines_of(longitudinal, [now], reports)
    return line


def told(longitudinal: Longitudinal, now: Finding, *reports: EarlierFinding) -> list[Statement]:
    """What is told of the course behind the finding's own sentence, checked by the verifier."""
    lines = timelines_of(longitudinal, [now], reports)
    scribe = Scribe(())
    own = scribe.write("findings", now.id, "There is a right lung opacity.", [finding_evidence(now)])
    known = {place.id: place for place in longitudinal.evidence}
    statements = with_courses(scribe, [own], lines, [now], longitudinal.comparisons, known)
    ground = Ground(
        evidence=tuple({**known, **scribe.evidence}.values()),
        findings=(now,),
        comparisons=longitudinal.comparisons,
        timelines=lines,
        earlier_findings=reports,
    )
    assert statements[0] == own
    return list(checked(Sections(findings=tuple(statements[1:])), ground).findings)


GROWN = longitudinal_of(
    ["absent", "present", "present", "present"],
    {
        (0, 1): "new",
        (0, 2): "new",
        (0, 3): "new",
        (1, 2): "worse",
        (1, 3): "worse",
        (2, 3): "better",
    },
)


def test_new_then_worse_then_better() -> None:
    line = line_of(*GROWN)
    assert [point.state for point in line.points] == ["absent", "present", "present", "present"]
    assert [point.change for point in line.points] == [None, "new", "worse", "better"]
    assert line.state == "better" and line.nearest and line.nearest.since == DAYS[2]
    assert line.best and (line.best.change, line.best.since) == ("new", DAYS[0])
    assert line.worst and (line.worst.change, line.worst.since) == ("better", DAYS[2])
    assert line.least and (line.least.change, line.least.since) == ("worse", DAYS[1])
    assert line.conflicts == ()
    [statement] = told(*GROWN)
    assert statement.text == (
        "Right lung opacity over time: absent 2022-03-01, new 2023-05-02, worse 2024-01-10, better 2024-06-01;"
        " still worse than on 2023-05-02."
    )
    assert passed(statement.checks) and statement.support == "supported"


@given(st.permutations(GROWN[0].comparisons), st.permutations(GROWN[0].earlier))
@settings(max_examples=40)
def test_the_order_in_which_it_comes_does_not_matter(comparisons: list[Comparison], earlier: list[Finding]) -> None:
    longitudinal, now = GROWN
    reports = [said(DAYS[0], "absent"), said("2021-01-01", "present")]
    mixed = longitudinal.model_copy(update={"comparisons": tuple(comparisons), "earlier": tuple(earlier)})
    assert line_of(mixed, now, *reversed(reports)) == line_of(longitudinal, now, *reports)


@given(st.lists(st.integers(0, 60), min_size=3, max_size=6))
@settings(max_examples=60)
def test_a_sentence_about_any_course_can_be_recomputed(sizes: list[int]) -> None:
    changes = {(int(link.before), int(link.after)): link.change for link in links_of(sizes)}
    if not any(after == len(sizes) - 1 for _, after in changes):
        return
    longitudinal, now = longitudinal_of([state_of(size) for size in sizes], changes)
    [line] = timelines_of(longitudinal, [now], ())
    assert line.conflicts == () and line.state != "uncertain"
    for statement in told(longitudinal, now):
        assert passed(statement.checks), (statement.text, statement.checks)
        for word, other in (("worse", "better"), ("better", "worse"), ("new", "resolved"), ("absent", "present")):
            if word in statement.text:
                wrong = statement.model_copy(update={"text": statement.text.replace(word, other, 1)})
                assert not passed(rechecked(wrong, longitudinal, now).checks), wrong.text


def rechecked(statement: Statement, longitudinal: Longitudinal, now: Finding) -> Statement:
    lines = timelines_of(longitudinal, [now], ())
    scribe = Scribe(())
    known = {place.id: place for place in longitudinal.evidence}
    own = scribe.write("findings", now.id, "x", [finding_evidence(now)])
    with_courses(scribe, [own], lines, [now], longitudinal.comparisons, known)
    ground = Ground(
        evidence=tuple({**known, **scribe.evidence}.values()),
        findings=(now,),
        comparisons=longitudinal.comparisons,
        timelines=lines,
    )
    return checked(Sections(findings=(statement,)), ground).findings[0]


def test_with_one_earlier_film_there_is_no_further_sentence() -> None:
    assert told(*longitudinal_of(["present", "present"], {(0, 1): "worse"})) == []


def test_what_was_never_there_has_no_time_line() -> None:
    longitudinal, now = longitudinal_of(["absent", "absent", "absent"], {})
    assert timelines_of(longitudinal, [now], ()) == ()


def test_what_resolved_before_the_film_before_this_one_is_resolved() -> None:
    longitudinal, now = longitudinal_of(["present", "absent", "absent"], {(0, 1): "resolved", (0, 2): "resolved"})
    longitudinal = longitudinal.model_copy(
        update={"comparisons": tuple(one.model_copy(update={"nearest": False}) for one in longitudinal.comparisons)}
    )
    line = line_of(longitudinal, now)
    assert (line.state, line.nearest, line.best) == ("resolved", None, None)
    assert line.worst and line.worst.change == "resolved"


# ------------------------------------------------------------------ contradictions


def test_a_circle_is_a_contradiction() -> None:
    circle = longitudinal_of(["present", "present", "present"], {(0, 1): "worse", (1, 2): "worse", (0, 2): "better"})
    line = line_of(*circle)
    assert line.contradictory and line.state == "uncertain" and line.best is line.worst is line.least is None
    assert line.conflicts == (
        "2023-05-02 worse than 2022-03-01, 2024-01-10 better than 2022-03-01, yet 2024-01-10 worse than 2023-05-02",
    )
    [statement] = told(*circle)
    assert statement.text == f"The films contradict each other about the right lung opacity: {line.conflicts[0]}."
    assert statement.support == "abstained" and passed(statement.checks)


def test_there_and_not_there_is_a_contradiction() -> None:
    """The probes doubt a film on which one comparison needs the finding, and another that it is gone."""
    torn = longitudinal_of(
        ["present", "uncertain", "present"], {(0, 1): "resolved", (1, 2): "stable", (0, 2): "stable"}
    )
    line = line_of(*torn)
    assert line.contradictory
    assert line.conflicts == ("2023-05-02 resolved since 2022-03-01, yet 2024-01-10 stable since 2023-05-02",)
    [statement] = told(*torn)
    assert statement.support == "abstained" and passed(statement.checks), statement.checks


def test_a_film_read_as_absent_that_is_said_to_be_stable() -> None:
    torn = longitudinal_of(["absent", "present"], {(0, 1): "stable"})
    assert line_of(*torn).conflicts == ("absent 2022-03-01, yet 2023-05-02 stable since 2022-03-01",)
    [statement] = told(*torn)
    assert statement.support == "abstained" and passed(statement.checks), statement.checks


def test_a_contradiction_that_no_sentence_can_date_is_a_warning() -> None:
    longitudinal, now = longitudinal_of(
        ["present", "present", "present"], {(0, 1): "worse", (1, 2): "worse", (0, 2): "better"}
    )
    [chain] = longitudinal.chains
    first = chain.films[0].model_copy(update={"date": None})
    undated = chain.model_copy(update={"films": (first, *chain.films[1:])})
    longitudinal = longitudinal.model_copy(update={"chains": (undated,)})
    assert told(longitudinal, now) == []
    [warning] = unsaid(timelines_of(longitudinal, [now], ()))
    assert "the undated film" in warning and "right lung opacity" in warning


# ------------------------------------------------------------------ reports


def test_a_report_without_a_film_is_a_time() -> None:
    longitudinal, now = longitudinal_of(["absent", "present"], {(0, 1): "new"})
    report = said("2021-01-01", "present")
    line = line_of(longitudinal, now, report)
    assert [(point.source, point.state) for point in line.points] == [
        ("report", "present"),
        ("image", "absent"),
        ("image", "present"),
    ]
    [statement] = told(longitudinal, now, report)
    assert statement.text.startswith(
        "Right lung opacity over time: reported present 2021-01-01, absent 2022-03-01, new"
    )
    assert passed(statement.checks) and set(report.evidence) <= {*statement.evidence, *report.evidence}


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (said(DAYS[0], "absent"), "reported absent 2022-03-01, present on the film of 2022-03-01"),
        (said(DAYS[0], "absent", side=None), "reported absent 2022-03-01, present on the film of 2022-03-01"),
        (
            said(DAYS[1], "present", change="better"),
            "reported better 2023-05-02, 2023-05-02 worse than 2022-03-01",
        ),
    ],
)
def test_a_report_that_says_otherwise_is_told(report: EarlierFinding, words: str) -> None:
    longitudinal, now = longitudinal_of(["present", "present"], {(0, 1): "worse"})
    line = line_of(longitudinal, now, report)
    assert line.conflicts == (words,) and not line.contradictory and line.state == "worse"
    [statement] = told(longitudinal, now, report)
    assert statement.text == f"The report and the film contradict each other about the right lung opacity: {words}."
    assert statement.support == "abstained" and passed(statement.checks), statement.checks


@pytest.mark.parametrize(("side", "state"), [("left", "present"), (None, "present"), (None, "uncertain")])
def test_what_a_report_says_of_elsewhere_is_no_time(side: Laterality | None, state: State) -> None:
    longitudinal, now = longitudinal_of(["present", "present"], {(0, 1): "worse"})
    assert len(line_of(longitudinal, now, said(DAYS[0], state, side=side)).points) == 2


# ------------------------------------------------------------------ views


def test_a_size_that_depends_on_the_view_is_placed_within_one_view() -> None:
    heart: dict[str, Any] = {"label": "cardiomegaly", "side": "midline"}
    longitudinal, now = longitudinal_of(
        ["absent", "present", "present", "present"],
        {(0, 2): "new", (0, 3): "new", (2, 3): "stable"},
        ["PA", "AP", "PA", "PA"],
        **heart,
    )
    line = line_of(longitudinal, now)
    assert [point.comparable for point in line.points] == [True, False, True, True]
    assert line.worst and line.worst.since == DAYS[2]
    [statement] = told(longitudinal, now)
    assert statement.text == "Enlarged heart over time: absent 2022-03-01, new 2024-01-10, stable 2024-06-01."
    assert passed(statement.checks), statement.checks
