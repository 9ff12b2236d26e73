"""Whether the right record comes first: 450 questions to made-up histories of public data, in three wordings.

Beside it, on the same questions and vectors: cosine alone, and BM25 alone. Needs the public data beside the checkout.
"""

import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.figure import Figure, figure
from benchmarks.recall_records import Patients, patients
from benchmarks.recall_requests import HELD, KNOWN, READ, Asked, Search, found_within, requests
from memory.history import History
from memory.lexical import bm25, stems
from memory.vectors import embedded
from prelim.models.embeddings import Encoder

DATA = Path(__file__).parent.parent.parent / "shared" / "data"
COUNT = 150
"""Questions in each wording."""
_GOALS = {1: 0.95, 3: 0.99}


def measure(full: bool, row: str = "") -> list[Figure]:
    """The share of questions whose right record is first, and among the first three."""
    if not DATA.is_dir():
        return []
    held = patients(DATA)
    asked = {
        "known wording": requests(held, KNOWN, COUNT, seed=1),
        "read wording": requests(held, READ, COUNT, seed=2),
        "held-out wording": requests(held, HELD, COUNT, seed=7),
    }
    with tempfile.TemporaryDirectory() as folder:
        history = filled(Path(folder), held)
        ways = {"planned": planned(history), "dense": dense(history), "lexical": lexical(history)}
        return [
            _share(f"recall/{wording}, {way}, first {places}", found_within(some, search, places), some, places, way)
            for wording, some in asked.items()
            for way, search in ways.items()
            for places in _GOALS
        ]


def _share(name: str, found: list[bool], asked: Sequence[Asked], places: int, way: str) -> Figure:
    missed = Counter(one.kind for one, is_there in zip(asked, found, strict=True) if not is_there)
    note = f"{len(asked)} questions; missed: " + ", ".join(f"{kind} {count}" for kind, count in missed.most_common())
    goal = _GOALS[places] if way == "planned" else None
    return figure(name, sum(found) / len(found), "of 1", goal=goal, more_is_better=True, note=note)


def filled(folder: Path, held: Patients) -> History:
    """A history that holds them."""
    history = History(folder / "history.db", folder / "index", Encoder())
    with history.index.hold():  # what is asked inside a patient needs no index
        for key, records in held.items():
            history.add(key, records, key)
    return history


def planned(history: History) -> Search:
    """As `prelim history search` does it."""
    return lambda one: [record.id for record in history.search(one.patient, one.question, today=one.today)]


def dense(history: History) -> Search:
    """Cosine alone."""

    def search(one: Asked) -> list[str]:
        vectors = history.vectors.of(history.records(one.patient))
        wanted = history.encoder.encode([one.question])[0]
        return sorted(vectors, key=lambda id: (-float(np.dot(vectors[id], wanted)), id))

    return search


def lexical(history: History) -> Search:
    """BM25 alone."""

    def search(one: Asked) -> list[str]:
        records = history.records(one.patient)
        scores = bm25(stems(one.question), [stems(embedded(record)) for record in records])
        return [records[place].id for place in np.argsort(-scores, kind="stable")]

    return search
