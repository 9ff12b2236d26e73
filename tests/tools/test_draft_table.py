"""Drafts as tables: each value in its column, the same in both forms, none of it in memory at once."""

import builtins
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prelim.draft import Draft
from prelim.errors import InputError, UnavailableError
from tools import draft_table
from tools.draft_table import COLUMNS, check_table, rows_of, write_table


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_a_finding_a_result_and_a_comparison(draft: Draft) -> None:
    rows = list(rows_of(draft))
    kinds = [row["kind"] for row in rows]
    counts = len(draft.findings), len(draft.labs), len(draft.comparisons)
    assert tuple(map(kinds.count, ("finding", "lab", "comparison"))) == counts and min(counts) > 0
    assert all(row.keys() <= COLUMNS.keys() and row["case_id"] == draft.case_id for row in rows)
    held = {(row["kind"], row["id"]): row for row in rows}
    for finding in draft.findings:
        row = held["finding", finding.id]
        assert (row["label"], row["laterality"], row["state"]) == (finding.label, finding.laterality, finding.state)
        [day] = [study.date for study in draft.studies if study.study_instance_uid == finding.study_instance_uid]
        assert (row["date"], row["probability"], row["change"]) == (day, finding.probability, finding.change)
    for lab in draft.labs:
        row = held["lab", lab.id]
        assert (row["label"], row["value"], row["unit"], row["flag"]) == (lab.name, lab.value, lab.unit, lab.flag)
        assert (row["date"], row["reference_high"]) == (lab.collected, lab.reference.high)
    for one in draft.comparisons:
        row = held["comparison", one.id]
        assert (row["date"], row["prior_date"], row["change"]) == (one.current_date, one.prior_date, one.change)


def test_both_forms_say_the_same(draft: Draft, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    drafts = [draft, draft.model_copy(update={"case_id": "c-2"})]
    cells = read_csv(write_table(drafts, tmp_path / "deep" / "a.csv"))
    typed = parquet.read_table(write_table(drafts, tmp_path / "a.parquet")).to_pylist()
    assert list(typed[0]) == list(cells[0]) == list(COLUMNS)
    assert len(cells) == len(typed) == 2 * len(list(rows_of(draft)))

    def plain(row: dict[str, Any]) -> dict[str, str]:
        return {name: str(draft_table._cell(value)) for name, value in row.items()}

    assert [plain(row) for row in typed] == cells
    assert {type(row["probability"]) for row in typed if row["kind"] == "finding"} == {float}


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_no_more_than_a_group_of_rows_is_waited_for(
    name: str, draft: Draft, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drafts are taken one after another, and let go."""
    pytest.importorskip("pyarrow")
    monkeypatch.setattr(draft_table, "_ROWS_AT_ONCE", 5)
    alive, most = set[int](), []

    class Taken:
        def __init__(self, number: int) -> None:
            self.number = number
            alive.add(number)

        def __del__(self) -> None:
            alive.discard(self.number)

    def drafts() -> Iterator[Any]:
        for number in range(20):
            yield Taken(number)

    def rows(taken: Taken) -> Iterator[dict[str, Any]]:
        most.append(len(alive))
        yield from rows_of(draft)

    monkeypatch.setattr(draft_table, "rows_of", rows)
    write_table(drafts(), tmp_path / name)
    assert max(most) <= 2 and len(most) == 20


def test_a_table_that_fails_leaves_the_old_one(draft: Draft, tmp_path: Path) -> None:
    def broken() -> Iterator[Draft]:
        yield draft
        raise UnavailableError("store_busy", "Busy.", "")

    (tmp_path / "a.csv").write_text("old")
    with pytest.raises(UnavailableError, match="Busy"):
        write_table(broken(), tmp_path / "a.csv")
    assert [path.name for path in tmp_path.glob("*.csv*")] == ["a.csv"] and (tmp_path / "a.csv").read_text() == "old"


def test_another_name_and_a_missing_library_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError) as caught:
        check_table(tmp_path / "a.xlsx")
    assert caught.value.code == "bad_table" and ".parquet" in str(caught.value)
    real = builtins.__import__

    def without(name: str, *given: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *given)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UnavailableError) as missing:
        check_table(tmp_path / "a.parquet")
    assert missing.value.code == "parquet_missing" and "[tables]" in str(missing.value)
    check_table(tmp_path / "a.csv")


def test_the_columns_are_described() -> None:
    assert draft_table.__doc__ and not [name for name in COLUMNS if name not in draft_table.__doc__]
