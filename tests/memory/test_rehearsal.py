"""Stores that are read, and written to without a trace."""

from pathlib import Path

from memory.artifacts import Artifacts
from memory.rehearsal import RehearsedArtifacts, RehearsedResults
from memory.results import Results


def test_results(tmp_path: Path) -> None:
    """What is stored is read as far as allowed; what is put is read here alone, and the first one stands."""
    stored = Results(tmp_path / "results.db")
    stored.put("a", "labs", {"n": 1})
    rehearsed = RehearsedResults(stored.database)
    assert rehearsed.get("a") == {"n": 1} and rehearsed.get("b") is None
    rehearsed.put("b", "labs", {"n": 2})
    rehearsed.put("b", "labs", {"n": 3})
    assert rehearsed.get("b") == {"n": 2} and rehearsed.made == {"b": "labs"}
    assert stored.get("b") is None
    assert RehearsedResults(stored.database, lambda key: key == "c").get("a") is None


def test_artifacts(tmp_path: Path) -> None:
    """What the store holds whole is not written again; what it lacks, or holds damaged, is read from beside it."""
    store, own = Artifacts(tmp_path / "store"), tmp_path / "own"
    whole, damaged = store.put(b"whole"), store.put(b"damaged")
    place = store.file(damaged)
    place.write_bytes(b"spoilt")
    rehearsed = RehearsedArtifacts(store, own)
    assert rehearsed.get(whole) == b"whole" and rehearsed.put(b"whole") == whole and not own.exists()
    assert (rehearsed.wrong(whole), rehearsed.wrong(damaged), rehearsed.wrong("0" * 64)) == (None, "damaged", "missing")
    assert rehearsed.put(b"damaged") == damaged and rehearsed.get(damaged) == b"damaged"
    new = rehearsed.put(b"new")
    assert rehearsed.file(new).read_bytes() == b"new" and rehearsed.has(new)
    assert not store.has(new) and place.read_bytes() == b"spoilt"
    (tmp_path / "file").write_bytes(b"from a file")
    assert rehearsed.get(rehearsed.put_file(tmp_path / "file")) == b"from a file"
