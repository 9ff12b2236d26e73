"""What it takes to find a record inside one patient's history, from ten thousand records to a million.

Ours: `History.search` of a structured question, and of one ranked by words and meaning with the question's vector at
hand. Beside it Chroma's own query with a filter by patient, in a store of the same records up to `_CHROMA_MOST`.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.figure import Figure, figure
from memory.history import History
from memory.history_store import writing

DIMENSIONS, A_PATIENT = 384, 50
_SIZES = {False: (10_000, 100_000), True: (10_000, 100_000, 1_000_000)}
_CHROMA_MOST = 100_000
"""Chroma takes about 1,900 records a second."""
_QUESTIONS = 300
_GOAL_MS = 10.0
_TODAY = date(2025, 1, 1)
_BATCH = 20_000
_COLUMNS = "id, patient_key, type, date, time, title, text, value, unit, loinc, source, data"
Vectors = npt.NDArray[np.float32]


class Ready:
    """An encoder whose vectors are at hand: what is measured is the search."""

    digest = "ready"

    def encode(self, texts: list[str]) -> Vectors:
        return _vectors(len(texts), seed=len(texts[0]) if texts else 0)


def measure(full: bool, row: str = "") -> list[Figure]:
    """p95 in milliseconds for each size."""
    figures: list[Figure] = []
    for size in _SIZES[full]:
        with tempfile.TemporaryDirectory() as folder:
            figures += _of_size(Path(folder), size)
    return figures


def _of_size(folder: Path, size: int) -> list[Figure]:
    history = History(folder / "history.db", folder / "index", Ready())
    _fill(history.database, size)
    patients = size // A_PATIENT
    rng = np.random.default_rng(1)
    asked = [_key(int(number)) for number in rng.integers(0, patients, _QUESTIONS)]
    plain = _p95(asked, lambda key: history.search(key, "last creatinine before March 2012", today=_TODAY))
    fused = _p95(asked, lambda key: history.search(key, "dyspnoea on exertion after the flight", today=_TODAY))
    chroma = _chroma_p95(folder, size, asked) if size <= _CHROMA_MOST else None
    note = f"p95 of {_QUESTIONS} questions, {patients} patients of {A_PATIENT} records; the query's encoding apart"
    beside: dict[str, Any] = {"other": chroma, "other_name": "Chroma's filtered query"} if chroma else {}
    name = f"history/retrieve-{size:.0e}".replace("e+0", "e")
    return [
        figure(f"{name}, by type and day", plain, "ms", goal=_GOAL_MS, note=note),
        figure(f"{name}, by words and meaning", fused, "ms", goal=None if beside else _GOAL_MS, note=note, **beside),
    ]


def _p95(asked: list[str], search: Callable[[str], object]) -> float:
    for key in asked[:20]:
        search(key)
    taken = []
    for key in asked:
        start = time.perf_counter()
        search(key)
        taken.append(1000 * (time.perf_counter() - start))
    return statistics.quantiles(taken, n=20)[-1]


def _key(number: int) -> str:
    return f"p-{number:08d}"


def _vectors(count: int, seed: int) -> Vectors:
    rows = np.random.default_rng(seed).normal(size=(count, DIMENSIONS)).astype(np.float32)
    unit: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def _rows(start: int, stop: int) -> list[tuple[Any, ...]]:
    """Half of them creatinine results, half of them notes, over twenty years."""
    rows: list[tuple[Any, ...]] = []
    for number in range(start, stop):
        place, day = number % A_PATIENT, f"{2000 + number % 20}-{1 + number % 12:02d}-{1 + number % 28:02d}"
        common = (f"r-{number:016d}", _key(number // A_PATIENT))
        if place % 2:
            data = json.dumps({"name": "Creatinine", "value": 1.0})
            text = f"Creatinine {1 + place / 50:.2f} mg/dL"
            rows.append((*common, "lab", day, None, "Creatinine", text, 1.0, "mg/dL", "2160-0", "bench", data))
        else:
            text = f"Visit {number}: cough and dyspnoea for {place} days, no fever. Chest clear. Review in a week."
            rows.append((*common, "note", day, None, "Visit", text, None, None, None, "bench", "{}"))
    return rows


def _fill(database: Path, size: int) -> None:
    """In bulk: what is measured is reading."""
    for start in range(0, size, _BATCH):
        stop = min(size, start + _BATCH)
        blobs = _vectors(stop - start, seed=start)
        with writing(database) as sql:
            marks = ", ".join("?" * len(_COLUMNS.split(", ")))
            sql.executemany(f"INSERT INTO records ({_COLUMNS}) VALUES ({marks})", _rows(start, stop))
            ids = (f"r-{number:016d}" for number in range(start, stop))
            sql.executemany(
                "INSERT INTO vectors VALUES (?, 'ready', ?)",
                ((id, blob.tobytes()) for id, blob in zip(ids, blobs, strict=True)),
            )


def _chroma_p95(folder: Path, size: int, asked: list[str]) -> float:
    import chromadb

    client = chromadb.PersistentClient(str(folder / "chroma"))
    records = client.create_collection("records", embedding_function=None, configuration={"hnsw": {"space": "cosine"}})
    for start in range(0, size, 5_000):
        numbers = range(start, min(size, start + 5_000))
        records.add(
            ids=[f"r-{number}" for number in numbers],
            embeddings=_vectors(len(numbers), seed=start),
            metadatas=[{"patient": _key(number // A_PATIENT)} for number in numbers],
        )
    wanted = _vectors(1, seed=7)

    def search(key: str) -> object:
        return records.query(query_embeddings=wanted, n_results=5, where={"patient": key})

    return _p95(asked, search)
