"""Versions of one thing in a history: the latest stands, whatever comes first."""

from itertools import permutations
from pathlib import Path

import pytest

from memory.history import History
from memory.history_store import writing
from memory.sql import transaction
from prelim.models.embeddings import Encoder
from prelim.types import Record
from tests.memory.conftest import some_record


@pytest.fixture
def history(home: Path, encoder: Encoder) -> History:
    return History(home / "history.db", home / "index", encoder)


def version(number: int | None, text: str, **fields: str) -> Record:
    given = {"type": "lab", "title": "K", "source": "Observation/1", **fields}
    return some_record("p", text, version=f"2020-01-0{number}" if number else None, **given)


def texts(history: History) -> list[str]:
    return sorted(record.text for record in history.records("p"))


@pytest.mark.integration
@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_the_latest_version_stands(history: History, order: tuple[int, ...]) -> None:
    for number in order:
        history.add("p", [version(number, f"K {number}")], key=f"p:{number}")
    assert texts(history) == ["K 3"]
    assert history.check().sound


@pytest.mark.parametrize(
    "other",
    [
        version(None, "other"),
        version(2, "other", source="Observation/2"),
        version(2, "other", title="Na"),
        version(2, "other", type="vital"),
        version(1, "other"),
    ],
    ids=["without a version", "of another source", "of another title", "of another type", "of the same moment"],
)
def test_what_is_no_later_version_stands_beside_it(history: History, other: Record) -> None:
    history.add("p", [version(1, "K 1")], key="p:1")
    history.add("p", [other], key="p:2")
    assert texts(history) == ["K 1", "other"]


def test_another_patients_versions_are_left_alone(history: History) -> None:
    history.add("p", [version(1, "K 1")], key="p:1")
    history.add(
        "q", [some_record("q", "K 2", type="lab", title="K", source="Observation/1", version="2020-01-02")], key="q:1"
    )
    assert texts(history) == ["K 1"]


def test_what_a_report_found_goes_with_it(history: History) -> None:
    first = [version(1, "Nodule.", type="report"), version(1, "nodule", type="finding", title="nodule present")]
    second = [version(2, "Clear.", type="report"), version(2, "clear", type="finding", title="nodule absent")]
    for number, records in enumerate((first, second, first)):
        history.add("p", records, key=f"p:{number}")
        assert texts(history) == sorted(record.text for record in (second if number else first))


def test_what_was_forgotten_may_be_added_again(history: History) -> None:
    history.add("p", [version(1, "K 1")], key="p:file")
    history.add("q", [version(2, "K 2")], key="q:file")
    assert history.forget("p") == 1
    assert history.add("p", [version(1, "K 1")], key="p:file") and texts(history) == ["K 1"]
    assert not history.add("q", [version(2, "K 2")], key="q:file")


def test_a_history_of_the_version_before_is_brought_up_to_date(home: Path, encoder: Encoder) -> None:
    home.mkdir()
    columns = "id, patient_key, type, date, time, title, text, value, unit, loinc, source, data"
    schema = f"CREATE TABLE records ({columns}); PRAGMA user_version = 2;"
    with transaction(home / "history.db", schema) as sql:
        sql.execute(
            "INSERT INTO records VALUES ('r-1', 'p', 'note', NULL, NULL, 'N', 'old', NULL, NULL, NULL, 's', '{}')"
        )
    history = History(home / "history.db", home / "index", encoder)
    assert [(record.text, record.version) for record in history.records("p")] == [("old", None)]
    with writing(home / "history.db") as sql:
        assert "version" in {row["name"] for row in sql.execute("PRAGMA table_info(records)")}
