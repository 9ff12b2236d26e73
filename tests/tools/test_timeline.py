"""The page's table of findings over time."""

import re
from collections.abc import Sequence

from prelim.draft import Draft
from prelim.facts import ChangeSince, FindingTimeline, LabTrend, TimePoint, TrendPoint
from prelim.types import State
from tools.timeline import Timeline, timeline_of

DAYS = ("2023-05-02", "2024-01-10", "2024-06-01", "2025-03-14")


def film(day: str | None, state: State | None, **given: object) -> TimePoint:
    return TimePoint.model_validate(
        {
            "date": day,
            "source": "image",
            "study_instance_uid": f"s{day}",
            "sop_instance_uid": f"i{day}",
            "view": "PA",
            "state": state,
            "evidence": (f"e-{day}",),
            **given,
        }
    )


def report(day: str | None, state: State) -> TimePoint:
    return TimePoint(date=day, source="report", state=state, evidence=(f"e-report-{day}",))


def line(points: Sequence[TimePoint], **given: object) -> FindingTimeline:
    usual = {
        "id": "t-1",
        "finding": "f-1",
        "label": "lung_opacity",
        "laterality": "right",
        "study_instance_uid": f"s{DAYS[-1]}",
        "points": tuple(points),
        "state": "worse",
        "nearest": ChangeSince(change="worse", since=DAYS[2], comparison="k-2"),
    }
    return FindingTimeline.model_validate(usual | given)


def table(draft: Draft, *lines: FindingTimeline, trends: tuple[LabTrend, ...] = ()) -> Timeline:
    made = timeline_of(draft.model_copy(update={"timelines": lines, "trends": trends}), {"t-1": "e-t", "k-2": "e-k"})
    assert made
    return made


POINTS = (
    film(DAYS[0], "absent"),
    film(DAYS[1], None),
    film(DAYS[2], "present", change="new", since=DAYS[0], comparison="k-1"),
    film(DAYS[3], "present", change="worse", since=DAYS[2], comparison="k-2"),
)


def test_without_a_time_line_there_is_no_table(draft: Draft) -> None:
    assert timeline_of(draft.model_copy(update={"timelines": ()}), {}) is None


def test_a_column_a_time_and_a_link_a_cell(draft: Draft) -> None:
    points = (report("2022-01-01", "present"), *POINTS, report(DAYS[2], "absent"))
    made = table(draft, line(points, best=ChangeSince(change="new", since=DAYS[0], comparison="k-0")))
    assert [(time.date, time.what) for time in made.times] == [
        ("2022-01-01", "report"),
        *((d, "PA film") for d in DAYS),
    ]
    [row] = made.rows
    assert (row.id, row.name) == ("e-t", "right lung opacity")
    states = [cell.state and (cell.state.word, cell.state.link) for cell in row.cells]
    assert states == [
        None,
        ("absent", f"e-{DAYS[0]}"),
        ("not read", f"e-{DAYS[1]}"),
        ("present", f"e-{DAYS[2]}"),
        ("present", f"e-{DAYS[3]}"),
    ]
    changes = [cell.change and (cell.change.word, cell.change.link, cell.since) for cell in row.cells]
    assert changes == [None, None, None, ("new", "k-1", DAYS[0]), ("worse", "e-k", DAYS[2])]
    told = [[mark.word for mark in cell.reports] for cell in row.cells]
    assert told == [["present"], [], [], ["absent"], []]
    assert row.stands and row.stands.word == "worse" and row.against == (f"beside the best, {DAYS[0]}: new",)


def test_two_findings_share_their_columns(draft: Draft) -> None:
    other = line(POINTS[2:], id="t-2", label="cardiomegaly", laterality="midline")
    made = table(draft, line(POINTS), other)
    assert len(made.times) == 4 and [len(row.cells) for row in made.rows] == [4, 4]
    assert [bool(cell.state) for cell in made.rows[1].cells] == [False, False, True, True]


def test_more_times_than_fit_leave_out_the_oldest_reports_and_say_so(draft: Draft) -> None:
    reports = [report(f"2010-01-{day:02d}", "absent") for day in range(1, 11)]
    made = table(draft, line([*reports, *POINTS]))
    assert len(made.times) == 9 and made.left_out == 5
    assert [time.date for time in made.times if time.what == "report"] == [f"2010-01-{day:02d}" for day in range(6, 11)]


def test_results_stand_at_the_first_time_that_is_not_before_them(draft: Draft) -> None:
    values = {"2023-04-01": "3", "2024-05-30": "40", "2024-05-31": "45", "2025-03-15": "87"}
    points = tuple(
        TrendPoint(date=day, value=float(value), value_text=value, unit="mg/L", converted=float(value), ref=f"l-{day}")
        for day, value in values.items()
    )
    trend = LabTrend(id="r-1", name="CRP", loinc=None, ucum="mg/L", points=points, delta=42.0, direction="rising")
    [row] = table(draft, line(POINTS), trends=(trend,)).labs
    assert [cell and (cell.text, cell.date, cell.others) for cell in row.cells] == [
        ("3 mg/L", "2023-04-01", 0),
        None,
        ("45 mg/L", "2024-05-31", 1),
        ("87 mg/L", "2025-03-15", 0),
    ]


def test_many_results_are_counted(draft: Draft) -> None:
    flat = [
        LabTrend(id=f"r-{n}", name=f"T{n}", loinc=None, ucum=None, points=(), delta=None, direction=direction)
        for n, direction in enumerate(["steady"] * 9 + ["rising"])
    ]
    made = table(draft, line(POINTS), trends=tuple(flat))
    assert made.labs[0].name == "T9" and len(made.labs) == 8 and made.labs_left_out == 2


def test_a_word_stands_beside_every_symbol(draft: Draft) -> None:
    made = table(draft, line([film(None, "uncertain", change="uncertain", comparison="k-9"), *POINTS]))
    marks = [
        mark for row in made.rows for cell in row.cells for mark in (cell.state, cell.change, *cell.reports) if mark
    ]
    assert all(re.fullmatch(r"[a-z ]+", mark.word) and len(mark.symbol) == 1 for mark in marks)
    assert made.times[0].date == "undated"
