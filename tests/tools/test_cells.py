"""Where results were read from, on the page: boxes on strips, marks in lines, lines over time."""

from typing import Any

import pytest

from memory.artifacts import Artifacts
from prelim.draft import Draft
from prelim.facts import LabTrend, TrendPoint
from prelim.types import Document, LabResult, PagePicture, evidence
from tools.cells import cell_id, lines_of, shown_cells, spark, strips_of

TEXT = "Test;Result\nNa;138\nK;4.2\n"


def with_result(draft: Draft, artifacts: Artifacts, **address: Any) -> Draft:
    """A draft whose one result stands at an address of one document."""
    sha = artifacts.put(b"paper")
    document = Document(path="labs.csv", sha256=sha, kind="lab", text_sha256=artifacts.put(TEXT.encode()))
    place = evidence("lab", document_sha256=sha, quote="K 4.2", **address)
    lab = LabResult(
        id="l-1", name="K", kind="numeric", value=4.2, value_text="4.2", readers="table", evidence=(place.id,)
    )
    return draft.model_copy(update={"documents": (document,), "labs": (lab,), "evidence": (place,), "pages": ()})


def test_the_cell_of_a_text_is_marked_in_its_line(draft: Draft, artifacts: Artifacts) -> None:
    start = TEXT.index("4.2")
    changed = with_result(draft, artifacts, chars=(start, start + 3))
    [text] = lines_of(changed, artifacts)
    [line] = text.lines
    assert (text.path, line.number) == ("labs.csv", 3)
    assert [(run, place is not None) for run, place in line.runs] == [("K;", False), ("4.2", True)]
    assert shown_cells(changed) == {changed.evidence[0].id}


def test_the_cell_of_a_page_lies_on_its_strip(draft: Draft, artifacts: Artifacts) -> None:
    changed = with_result(draft, artifacts, page=2, box_pt=(100.0, 210.0, 120.0, 220.0))
    assert shown_cells(changed) == set()  # its page is not shown
    sha = changed.documents[0].sha256
    strip = PagePicture(
        document_sha256=sha,
        page=2,
        clip_pt=(0, 200, 600, 260),
        rows=120,
        columns=1200,
        pixels_sha256=artifacts.put(b"png"),
    )
    changed = changed.model_copy(update={"pages": (strip,)})
    [shown] = strips_of(changed)
    [cell] = shown.cells
    assert (cell.x + 2, cell.y + 2, cell.width - 4, cell.height - 4) == (200, 20, 40, 20)
    assert shown_cells(changed) == {changed.evidence[0].id}
    assert cell_id(cell.place) == f"cell-{changed.evidence[0].id}"


def trend(*values: float | None) -> LabTrend:
    points = tuple(
        TrendPoint(date=f"2025-01-0{i + 1}", value=v, value_text=str(v), unit="mg/dL", converted=v, ref=str(i))
        for i, v in enumerate(values)
    )
    return LabTrend(id="t", name="Creatinine", loinc=None, ucum="mg/dL", points=points, delta=None, direction="unclear")


def test_a_rising_result_rises_on_the_page() -> None:
    heights = [float(point.split(",")[1]) for point in spark(trend(1.0, 1.5, 2.0)).split()]
    assert heights == sorted(heights, reverse=True) and heights[0] > heights[-1]


@pytest.mark.parametrize("values", [(1.0,), (None, 1.0), ()])
def test_fewer_than_two_points_draw_nothing(values: tuple[float | None, ...]) -> None:
    assert spark(trend(*values)) == ""


def test_equal_results_draw_a_level_line() -> None:
    assert len({point.split(",")[1] for point in spark(trend(1.0, 1.0)).split()}) == 1
