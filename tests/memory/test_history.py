"""Histories: no patient ever receives another's records, nothing is added twice, and it is ranked by meaning."""

import sqlite3
from contextlib import closing

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from memory.history import History
from prelim.models.embeddings import Encoder
from prelim.types import Record
from tests.memory.conftest import some_record

TEXTS = ("Right lung opacity.", "Potassium 6.8 mmol/L.", "Cough for 5 days.", "Heart of normal size.")
PATIENTS = ("p-1", "p-2", "p-3")
TYPES = ("report", "finding", "lab", "note")


@st.composite
def steps(draw: st.DrawFn) -> tuple[str, Record]:
    patient = draw(st.sampled_from(PATIENTS))
    text, type = draw(st.sampled_from(TEXTS)), draw(st.sampled_from(TYPES))
    date = draw(st.sampled_from(("2025-01-01", "2025-06-01", None)))
    return patient, some_record(patient, text, type=type, date=date)


# Each example makes an index, which takes a second: no time for shrinking.
@settings(max_examples=4, deadline=None, phases=[Phase.reuse, Phase.generate])
@given(added=st.lists(steps(), min_size=2, max_size=8), query=st.sampled_from(TEXTS))
def test_no_patient_receives_anothers_records(
    tmp_path_factory: pytest.TempPathFactory, encoder: Encoder, added: list[tuple[str, Record]], query: str
) -> None:
    folder = tmp_path_factory.mktemp("home")
    history = History(folder / "history.db", folder / "index", encoder)
    for patient in PATIENTS:
        assert history.add(patient, [record for owner, record in added if owner == patient], f"k-{patient}")
    for patient in PATIENTS:
        own = {record.id for owner, record in added if owner == patient}
        assert {record.id for record in history.records(patient)} == own
        assert {record.id for record in history.similar(patient, query, TYPES, limit=99)} == own
        assert {record.id for record in history.search(patient, query, limit=99)} <= own
    assert history.records("p-") == history.search("p-9", query) == history.similar("p-9", query, TYPES) == ()


def test_the_same_document_of_two_patients_is_two_records(history: History) -> None:
    for patient in ("p-1", "p-2"):
        assert history.add(patient, [some_record(patient, "The same words.")], f"k-{patient}")
    assert [len(history.records(patient)) for patient in ("p-1", "p-2")] == [1, 1]


def test_adding_twice_is_adding_once(history: History) -> None:
    records = [some_record("p-1", text) for text in TEXTS]
    assert history.add("p-1", records, "k-1")
    revision = history.revision("p-1")
    assert not history.add("p-1", records, "k-1")
    assert not history.add("p-1", [some_record("p-1", "Something else.")], "k-1")
    assert history.add("p-1", records, "k-2")
    assert sorted(record.text for record in history.records("p-1")) == sorted(TEXTS)
    assert history.revision("p-1") == revision
    report = history.check()
    assert (report.records, report.counted, report.reachable) == (4, 4, 4)


def test_of_two_who_add_under_one_key_the_first_to_store_wins(history: History) -> None:
    class Overtaken(Encoder):
        """While it encodes, somebody else adds."""

        def encode(self, texts: list[str]) -> npt.NDArray[np.float32]:
            assert history.add("p-1", [some_record("p-1", TEXTS[1])], "k-1")
            return history.encoder.encode(texts)  # type: ignore[no-any-return]

    slow = History(history.database, history.index.folder, Overtaken())
    assert not slow.add("p-1", [some_record("p-1", TEXTS[0])], "k-1")
    assert [record.text for record in history.records("p-1")] == [TEXTS[1]]


def test_an_add_that_fails_adds_nothing(history: History) -> None:
    class Broken(Encoder):
        def encode(self, texts: list[str]) -> npt.NDArray[np.float32]:
            return super().encode([])

    broken = History(history.database, history.index.folder, Broken())
    with pytest.raises(ValueError, match="zip"):
        broken.add("p-1", [some_record("p-1", TEXTS[0])], "k-1")
    assert history.records("p-1") == ()
    assert history.add("p-1", [some_record("p-1", TEXTS[0])], "k-1")


def test_the_revision_changes_with_the_patients_own_records_only(history: History) -> None:
    assert history.revision("p-1") == "empty"
    history.add("p-1", [some_record("p-1", TEXTS[0])], "k-1")
    first = history.revision("p-1")
    history.add("p-2", [some_record("p-2", TEXTS[1])], "k-2")
    assert history.revision("p-1") == first
    history.add("p-1", [some_record("p-1", TEXTS[1])], "k-3")
    assert history.revision("p-1") not in (first, "empty")


def test_a_record_comes_back_as_it_was(history: History) -> None:
    record = some_record("p-1", "Potassium 6.8", type="lab", value=6.8, unit="mmol/L", loinc="2823-3", data={"a": [1]})
    history.add("p-1", [record], "k-1")
    assert history.records("p-1") == (record,)


def test_type_and_days_filter_and_the_oldest_comes_first(history: History) -> None:
    days = ("2025-03-01", "2025-01-01", "2025-02-01")
    history.add("p-1", [some_record("p-1", day, type="lab", date=day) for day in days], "k-1")
    history.add("p-1", [some_record("p-1", "A note.", type="note", date="2025-02-01")], "k-2")
    assert [record.date for record in history.records("p-1", types=["lab"])] == sorted(days)
    found = history.records("p-1", since="2025-02-01", until="2025-02-01")
    assert [record.type for record in found] == ["lab", "note"]
    assert history.records("p-1", types=[]) == ()
    found = history.search("p-1", "note", types=["lab"], since="2025-02-01")
    assert {record.text for record in found} == {"2025-02-01", "2025-03-01"}


def test_the_nearest_in_meaning_is_first(history: History) -> None:
    history.add("p-1", [some_record("p-1", text) for text in TEXTS], "k-1")
    best = history.search("p-1", "pulmonary consolidation on the right", limit=2)
    assert best[0].text == "Right lung opacity."
    assert len(best) == 2
    assert (best[0].score or 0) > (best[1].score or 0)


def traces(history: History, data: bytes) -> list[str]:
    """The files of the home that hold these bytes."""
    return [path.name for path in history.database.parent.rglob("*") if path.is_file() and data in path.read_bytes()]


@pytest.mark.integration
def test_a_forgotten_patient_is_gone_and_the_others_stay(history: History) -> None:
    for patient in ("p-1", "p-2"):
        history.add(patient, [some_record(patient, f"{text} {patient}") for text in TEXTS], f"k-{patient}")
    with history.index.hold():
        vectors = history.index.vectors([record.id for record in history.records("p-1")])
    assert any(traces(history, vector.tobytes()) for vector in vectors.values())
    assert history.forget("p-1") == 4
    assert history.forget("p-1") == 0
    assert not any(traces(history, vector.tobytes()) for vector in vectors.values()), "not even on disk"
    assert history.records("p-1") == history.search("p-1", TEXTS[0]) == ()
    assert len(history.search("p-2", TEXTS[0], limit=9)) == 4
    report = history.check()
    assert (report.records, report.counted, report.reachable) == (4, 4, 4)
    with closing(sqlite3.connect(history.database)) as sql:
        assert sql.execute("SELECT count(*) FROM vectors").fetchone()[0] == 4
