"""Priors: the patient's own records alone, none later than the study at hand, the film before this one first."""

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from memory.artifacts import Artifacts
from memory.history import History
from memory.results import Results
from prelim.models.loading import identify
from prelim.settings import load_settings
from prelim.types import Image, ImageSet, Priors, Record, Series, Study, digest_of
from tools.priors import priors
from tools.tool import Context

MINE, THEIRS = "p-mine", "p-theirs"
NOW = "2025-03-14"


class Words:
    """An encoder that counts words, and how often it was asked."""

    digest = "words"
    asked = 0

    def encode(self, texts: list[str]) -> Any:
        self.asked += 1
        rows = np.zeros((len(texts), 256), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().replace(".", " ").split():
                row[zlib.crc32(word.encode()) % 256] += 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def words() -> Words:
    return Words()


@pytest.fixture
def context(home: Path, artifacts: Artifacts, words: Words) -> Context:
    """A home with an empty history, and no model to ask."""
    settings = load_settings(home=home, priors_limit=3)
    history = History(home / "history.db", home / "index", words)
    results = Results(home / "results.db")
    return Context(settings, artifacts, results, history, identify(settings), lambda: pytest.fail("asked a model"))


def study(date: str | None, uid: str = "", **given: Any) -> Study:
    """A frontal chest film, unless told otherwise."""
    uid = uid or f"1.2.{digest_of([date, given])[:4]}"
    images = ImageSet(images=(Image(sop_instance_uid=f"{uid}.1", pixels_sha256="0" * 64, rows=4, columns=4),))
    usual = {"modality": "DX", "body_part": "CHEST", "view": "PA", "kind": "projection", "date": date}
    of_series = {"study_instance_uid": uid, "series_instance_uid": uid, "frames": 1, "shape": (1, 4, 4)}
    series = Series.model_validate({**usual, **of_series, "image_set": images, **given})
    return Study(study_instance_uid=uid, date=date, series=(series,))


def remember(context: Context, key: str, *held: Study | Record) -> None:
    records = [item if isinstance(item, Record) else as_record(key, item) for item in held]
    assert context.history.add(key, records, key=digest_of([key, [record.id for record in records]]))


def as_record(key: str, item: Study) -> Record:
    plain = item.model_dump(mode="json")
    return record("r-" + digest_of([key, plain])[:16], item.date, "DX chest study", "study", plain)


def record(id: str, date: str | None, text: str, type: Any = "report", data: Any = None) -> Record:
    return Record(id=id, type=type, date=date, title=type, text=text, data=data or {})


def found(context: Context, *studies: Study, query: str = "right lung opacity", key: str = MINE) -> Priors:
    return priors(context, patient_key=key, studies=studies, query=query)


def test_only_the_patients_own(context: Context) -> None:
    same = "There is a right lung opacity."
    remember(context, MINE, study("2025-01-01", "1.1"), record("r-mine", "2025-01-01", "Stable."))
    remember(context, THEIRS, study("2025-03-01", "1.9"), record("r-theirs", "2025-03-01", same))
    mine = found(context, study(NOW))
    assert [s.study_instance_uid for s in mine.studies] == ["1.1"] and [r.id for r in mine.records] == ["r-mine"]
    assert found(context, study(NOW), key="p-nobody") == Priors()


def test_only_the_earlier_and_the_film_before_this_one_first(context: Context) -> None:
    days = ["2024-12-01", "2025-03-01", "2025-01-05", "2025-02-01", "2025-03-15", "2026-01-01"]
    remember(context, MINE, *map(study, days), study(None))
    remember(context, MINE, *(record(f"r-{day}", day, f"right lung{' opacity' * (day > NOW)}") for day in days))
    remember(context, MINE, record("r-undated", None, "right lung opacity"))
    earlier = found(context, study(NOW), study("2025-02-20", "1.0"))
    assert [s.date for s in earlier.studies] == ["2025-03-01", "2025-02-01", "2025-01-05"], "nearest first, three"
    assert {s.role for s in earlier.studies} == {"prior"}
    assert earlier.warnings == ("Earlier studies of the history left out: 1. The latest 3 are taken (priors_limit).",)
    assert len(earlier.records) == 3 and all(r.date and r.date < NOW for r in earlier.records)


def test_the_study_at_hand_is_not_its_own_prior(context: Context) -> None:
    now = study(NOW, "1.7")
    about = record("r-now", NOW, "right lung opacity", "finding", {"study_instance_uid": "1.7"})
    old = record("r-old", "2025-01-01", "opacity", "finding", {"study_instance_uid": "1.2"})
    remember(context, MINE, now, about, old)
    earlier = found(context, now)
    assert earlier.studies == () and [r.id for r in earlier.records] == ["r-old"]


@pytest.mark.parametrize(
    ("given", "compared"),
    [
        ({"modality": "CR"}, True),
        ({"view": "AP"}, True),
        ({"body_part": "HAND"}, False),
        ({"view": "LATERAL"}, False),
        ({"modality": "CT", "kind": "volume"}, False),
    ],
)
def test_only_what_can_be_compared(given: dict[str, str], compared: bool, context: Context) -> None:
    remember(context, MINE, study("2025-01-01", **given))
    assert len(found(context, study(NOW)).studies) == compared
    assert len(found(context).studies) == 1, "without a study to compare with, any"


def test_records_are_quoted_with_their_address_the_nearest_to_the_question_first(context: Context) -> None:
    report = record("r-report", "2024-01-01", "right lung opacity " * 40)
    finding = record("r-finding", "2025-01-01", "left lung opacity", "finding")
    note = record("r-note", "2025-02-01", "walks again", "note")
    others = [record(f"r-{type}", "2025-02-02", "right lung opacity", type) for type in ("lab", "box")]
    remember(context, MINE, note, finding, report, *others)
    earlier = found(context, study(NOW))
    assert [r.id for r in earlier.records] == ["r-report", "r-finding", "r-note"]
    assert [e.ref for e in earlier.evidence] == ["r-report", "r-finding", "r-note"]
    assert [e.kind for e in earlier.evidence] == ["statement", "statement", "text"]
    assert [e.quote for e in earlier.evidence] == [report.text[:400], finding.text, note.text]


def test_remembered_until_the_history_changes(context: Context, words: Words) -> None:
    remember(context, MINE, record("r-1", "2025-01-01", "right lung opacity"))
    first, asked = found(context, study(NOW)), words.asked
    remember(context, THEIRS, record("r-2", "2025-01-02", "left lung clear"))
    assert found(context, study(NOW)) == first and words.asked == asked + 1, "asked for the new record alone"
    remember(context, MINE, record("r-3", "2025-01-02", "right lung opacity grows"))
    assert [r.id for r in found(context, study(NOW)).records] == ["r-1", "r-3"]
    context.settings = load_settings(home=context.settings.home, priors_limit=1)
    assert [r.id for r in found(context, study(NOW)).records] == ["r-1"]
    context.history.forget(MINE)
    assert found(context, study(NOW)) == Priors()
