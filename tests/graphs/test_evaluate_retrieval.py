"""`prelim evaluate retrieval`: recall and reciprocal ranks as computed by hand, nobody else's records."""

import json
from pathlib import Path
from typing import Any

import pytest

from app import Prelim
from graphs.evaluate_retrieval import Ranked, figures, foreign
from prelim.errors import InputError
from prelim.types import Record
from tools.retrieval_truth import Histories, Query


def record(id: str, day: str, text: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "type": "lab", "date": day, "title": text.split()[0], "text": text, **more}


RECORDS = [
    record("one", "2020-01-01", "Creatinine 1.0 mg/dL", value=1.0, unit="mg/dL", loinc="2160-0"),
    record("two", "2022-01-01", "Creatinine 1.4 mg/dL", value=1.4, unit="mg/dL", loinc="2160-0"),
    record("three", "2022-01-01", "Potassium 4.4 mmol/L", value=4.4, unit="mmol/L", loinc="2823-3"),
]


def lines(path: Path, *some: object) -> Path:
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in some), encoding="utf-8")
    return path


def test_recall_and_reciprocal_rank_by_hand() -> None:
    """Two questions: one with two relevant records at places 1 and 4, one whose record was not found."""
    first = Ranked(Query(patient="a", query="q", relevant=frozenset({"r1", "r4"})), ["r1", "r2", "r3", "r4"])
    second = Ranked(Query(patient="b", query="q", relevant=frozenset({"s9"})), ["s1", "r1"])
    found = {one.name: one.value for one in figures([first, second], seed=1)}
    assert found == {
        "recall_at_1": pytest.approx((1 / 2 + 0) / 2),
        "recall_at_3": pytest.approx((1 / 2 + 0) / 2),
        "recall_at_5": pytest.approx((1 + 0) / 2),
        "recall_at_10": pytest.approx((1 + 0) / 2),
        "mean_reciprocal_rank": pytest.approx((1 + 0) / 2),
    }
    mine = [Record(id=f"r{n}", type="lab", date=None, title="", text="") for n in range(1, 5)]
    theirs = [Record(id="s1", type="lab", date=None, title="", text="")]
    assert foreign([first, second], Histories({"a": mine, "b": theirs}, [], [])) == 1


def test_a_sites_own_questions(prelim: Prelim, tmp_path: Path) -> None:
    path = lines(
        tmp_path / "asked.jsonl",
        {"patient": "4711", "records": RECORDS},
        {"patient": "4711", "query": "last creatinine", "relevant": ["two"], "today": "2023-01-01"},
        {"patient": "4711", "query": "first creatinine", "relevant": ["one"]},
        {"patient": "4712", "records": [RECORDS[1]], "query": "last creatinine", "relevant": ["two"]},
        {"patient": "4711", "query": "weight", "relevant": ["nine"]},
        {"query": "whose"},
        "no json",
    )
    found = prelim.evaluate("retrieval", path)
    assert found.metric("recall_at_1").value == 1 and found.metric("mean_reciprocal_rank").n == 3
    assert found.counts == {"patients": 2, "records": 4, "questions": 3, "records of another patient": 0}
    assert {one.line: one.code for one in found.problems} == {5: "no_such_record", 6: "bad_line", 7: "bad_line"}
    assert "4711" not in found.model_dump_json()


def test_the_sites_own_history_is_left_alone(prelim: Prelim, tmp_path: Path) -> None:
    path = lines(
        tmp_path / "asked.jsonl", {"patient": "4711", "records": RECORDS, "query": "sodium", "relevant": ["one"]}
    )
    prelim.evaluate("retrieval", path)
    assert prelim.history("4711") == ()


@pytest.mark.integration
def test_made_up_histories_are_the_same_for_the_same_seed(prelim: Prelim) -> None:
    found = prelim.evaluate("retrieval", "phantom", drawn=12, seed=3)
    assert found == prelim.evaluate("retrieval", "phantom", drawn=12, seed=3)
    assert found.counts["questions"] == 12 and found.counts["records of another patient"] == 0


def test_a_file_without_questions_is_refused_by_name(prelim: Prelim, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        prelim.evaluate("retrieval", lines(tmp_path / "asked.jsonl", {"patient": "4711", "records": RECORDS}))
    assert refused.value.code == "no_example"
