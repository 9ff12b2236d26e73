"""Findings over time, from drawn films to sentences: one case with all films, and films that come one by one."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.checks import passed
from agents.verifier import statements_of
from app import Prelim
from prelim.draft import Draft
from prelim.facts import FindingTimeline
from prelim.models.chat import ChatMedGemma
from prelim.models.phantom.draw import Shape
from tests.patients_over_time import HEART, Day, opacity, write_case
from tools.longitudinal import VIEWS

pytestmark = pytest.mark.integration  # whole cases through the model

DAYS = (
    Day("2023-05-02", {}),
    Day("2024-01-10", opacity(18)),
    Day("2024-06-01", opacity(30)),
    Day("2025-03-14", opacity(24)),
)
COURSE = (
    "Right lung opacity over time: absent 2023-05-02, new 2024-01-10, worse 2024-06-01, better 2025-03-14;"
    " still worse than on 2024-01-10."
)


def opacity_of(draft: Draft) -> FindingTimeline:
    [line] = draft.timelines
    assert (line.label, line.laterality) == ("lung_opacity", "right")
    return line


def texts(draft: Draft) -> list[str]:
    assert all(passed(statement.checks) for statement in statements_of(draft.sections))
    return [statement.text for statement in draft.sections.findings]


def right(draft: Draft) -> None:
    """New, worse, better; the best film is that without it, the worst the one before this."""
    line = opacity_of(draft)
    assert [point.change for point in line.points] == [None, "new", "worse", "better"]
    assert line.state == "better" and line.conflicts == ()
    assert line.best and (line.best.change, line.best.since) == ("new", "2023-05-02")
    assert line.worst and (line.worst.change, line.worst.since) == ("better", "2024-06-01")
    [finding] = [finding for finding in draft.findings if finding.state == "present"]
    assert finding.change == "better"
    first, second, *_ = texts(draft)
    assert (first, second) == ("There is a right lung opacity, better since 2024-06-01.", COURSE)
    compared = draft.comparisons
    assert len(compared) == 6 and [one.nearest for one in compared] == [True] + 5 * [False]
    assert all(one.swap_consistent for one in compared)


def asked(home: Path) -> Counter[str]:
    """How many results of each tool a home holds."""
    with sqlite3.connect(home / "results.db") as sql:
        return Counter(tool for (tool,) in sql.execute("SELECT tool FROM results"))


def test_four_films_of_one_case(prelim: Prelim, tmp_path: Path) -> None:
    draft = prelim.draft(write_case(tmp_path / "case", "OVER-TIME", DAYS))
    right(draft)
    page = (prelim.folder(draft.case_id) / "draft.html").read_text()
    line = opacity_of(draft)
    places = {item.ref: item.id for item in draft.evidence}
    assert page.count("Findings over time") == 1 and f'<tr id="{places[line.id]}">' in page
    for id in (id for point in line.points for id in point.evidence):
        assert f'href="#{id}"' in page and f'id="{id}"' in page


def test_films_that_come_one_by_one_ask_only_what_is_new(prelim: Prelim, home: Path, tmp_path: Path) -> None:
    """Three cases are signed, the last film comes alone: the same course, and no more than its pairs are asked."""
    draft = None
    for number, day in enumerate(DAYS):
        draft = prelim.draft(write_case(tmp_path / day.date, "OVER-TIME", [day]))
        held = asked(home)
        assert (held["probing"], held["pair"]) == (number + 1, number * (number + 1) // 2)
        assert all(passed(statement.checks) for statement in statements_of(draft.sections))
        if number < len(DAYS) - 1:
            prelim.sign(draft.case_id, reviewer="Dr Example")
    assert draft
    line = opacity_of(draft)
    assert line.conflicts == () and not line.contradictory
    films = [point for point in line.points if point.source == "image"]
    assert [point.change for point in films] == [None, "new", "worse", "better"]
    reports = {point.date: (point.state, point.change) for point in line.points if point.source == "report"}
    assert (
        reports.items()
        <= {
            "2023-05-02": ("absent", None),
            "2024-01-10": ("present", "new"),
            "2024-06-01": ("present", "worse"),
        }.items()
    )
    assert reports and texts(draft)[1] == COURSE


def test_an_earlier_report_that_contradicts_its_film(prelim: Prelim, tmp_path: Path) -> None:
    reports = {"2024-06-01": "FINDINGS: No right lung opacity. IMPRESSION: Normal chest."}
    draft = prelim.draft(write_case(tmp_path / "case", "OVER-TIME", DAYS[1:], reports))
    line = opacity_of(draft)
    assert line.conflicts == ("reported absent 2024-06-01, present on the film of 2024-06-01",)
    assert line.state == "better" and line.worst is not None
    [told] = [s for s in draft.sections.findings if s.text.startswith("The report and the film contradict each other")]
    assert told.support == "abstained" and passed(told.checks)
    assert "Contradictory: reported absent" in (prelim.folder(draft.case_id) / "draft.html").read_text()


@pytest.mark.parametrize("view", ["AP", "PA"])
def test_the_heart_is_compared_within_one_view(prelim: Prelim, tmp_path: Path, view: str) -> None:
    heart = {HEART: Shape(45)}
    days = (Day("2024-06-01", heart, {"ViewPosition": view}), Day("2025-03-14", {**heart, **opacity(30)}))
    draft = prelim.draft(write_case(tmp_path / "case", "OVER-TIME", days))
    compared = {one.label: one.change for one in draft.comparisons}
    refused = {item.label: item.reason for item in draft.not_assessed if item.task == "comparison"}
    assert compared["lung_opacity"] == "new"
    assert ("cardiomegaly" in compared) == (view == "PA")
    assert refused == ({} if view == "PA" else {"cardiomegaly": VIEWS.format(earlier="AP", now="PA")})
    [enlarged] = [finding for finding in draft.findings if finding.label == "cardiomegaly"]
    assert enlarged.change == ("stable" if view == "PA" else None)
    assert all(passed(statement.checks) for statement in statements_of(draft.sections))


@pytest.fixture(scope="module")
def drafted(model: ChatMedGemma, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Prelim, str]]:
    """The four films of one case, drafted once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tools.tool.open_model", lambda settings: model)
        prelim = Prelim(home=tmp_path_factory.mktemp("home"), threads=1, device="cpu")
        draft = prelim.draft(write_case(tmp_path_factory.mktemp("case") / "case", "OVER-TIME", DAYS))
        yield prelim, draft.case_id


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("Right lung opacity, better since 2024-06-01.", True),
        ("Right lung opacity, worse since 2024-01-10.", True),
        ("The right lung opacity is new since 2023-05-02.", True),
        ("Right lung opacity, better since 2024-01-10.", False),
        ("Right lung opacity, worse since 2024-06-01.", False),
        ("Right lung opacity, worse since 2022-01-01.", False),
    ],
)
def test_a_persons_sentence_answers_to_the_film_that_it_names(
    drafted: tuple[Prelim, str], text: str, holds: bool
) -> None:
    prelim, case_id = drafted
    edited = prelim.edit(case_id, section="impression", text=text)
    mine = edited.sections.impression[-1]
    assert (mine.text, mine.source) == (text, "person")
    assert passed(mine.checks) == holds, mine.checks
