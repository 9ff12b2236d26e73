"""`prelim evaluate chat`: scripted answers marked as by hand, and the real chat over a small history."""

import json
from pathlib import Path
from typing import Any

import pytest

from app import Prelim
from graphs.chat_marks import Point, Question, mark
from graphs.evaluate_chat import figures, marked_by, read_questions
from prelim.answer import Answer, AnswerStatement, Outcome, Quoted
from prelim.errors import InputError
from prelim.evaluated import Problem
from prelim.types import Record
from tools.tool import Context

SODIUM = Question(
    subject="4711",
    question="last sodium",
    points=(Point(value="138.10", unit="mmol/L", date="2020-02-03"),),
    not_first=("141",),
    foreign=("120.5",),
)
TEXT = "Sodium was 138.10 mmol/L on 2020-02-03."


def answer(text: str, quote: str | None = None, outcome: Outcome = "answered", record: str = "r-1") -> Answer:
    evidence = () if quote is None else (Quoted(record=record, quote=quote),)
    return Answer(outcome=outcome, statements=(AnswerStatement(text=text, evidence=evidence),))


@pytest.mark.parametrize(
    ("text", "quote", "exact", "cited"),
    [
        (TEXT, "Sodium 138.10 mmol/L", True, True),
        ("On 3 February 2020 the sodium was 138.10 mmol/L.", "Sodium 138.10 mmol/L", True, True),
        ("It was 138.10 mmol/L on 2020-02-03, 141 before.", "Sodium 138.10 mmol/L", True, True),
        ("141 mmol/L on 2019-01-01, then 138.10 mmol/L on 2020-02-03.", "138.10", False, True),
        (TEXT.replace("138.10", "138.1"), "Sodium 138.10 mmol/L", False, False),
        (TEXT.replace("138.10", "1138.10"), "Sodium 1138.10 mmol/L", False, True),
        (TEXT.replace("mmol", "mg"), "Sodium 138.10 mmol/L", False, True),
        (TEXT.replace("2020", "2021"), "Sodium 138.10 mmol/L", False, True),
        (TEXT, "Sodium", True, False),
        (TEXT, None, True, False),
    ],
)
def test_an_answer_is_exact_and_cited(text: str, quote: str | None, exact: bool, cited: bool) -> None:
    given = mark(SODIUM, answer(text, quote))
    assert (given.exact, given.cited, given.foreign) == (exact, cited, False)


def test_another_patients_value_is_noticed_wherever_it_stands() -> None:
    assert mark(SODIUM, answer("Theirs is 120.5.", None, "declined")).foreign
    assert mark(SODIUM, answer("It is low.", "120.5 mmol/L")).foreign
    assert not mark(SODIUM, answer("It is 1120.5.", "20.5")).foreign


def test_counts_lists_and_refusals() -> None:
    count = Question(subject="4711", question="how many", count=2)
    two = (Quoted(record="r-1", quote="a"), Quoted(record="r-2", quote="b"))
    for text, right in (("There are two results.", True), ("2 results.", True), ("On 2020-02-02: 3 results", False)):
        told = Answer(outcome="answered", statements=(AnswerStatement(text=text, evidence=two),))
        assert mark(count, told).exact is right
    assert mark(count, answer("2 results.", "a")).cited is False
    drugs = Question(
        subject="4711", question="drugs", answer_contains=("Naproxen", "aspirin"), not_in_answer=("insulin",)
    )
    assert mark(drugs, answer("naproxen, Aspirin", "Naproxen and aspirin")).exact
    assert mark(drugs, answer("naproxen, Aspirin, insulin", "Naproxen and aspirin")).exact is False
    refused = Question(subject="4711", question="diagnosis?", outcome=("declined", "not_in_record"))
    given = mark(refused, answer("No.", outcome="declined"))
    assert given.outcome and given.exact is None and given.cited is None


def test_shares_by_hand(context: Context) -> None:
    refused = Question(subject="4712", question="diagnosis?", outcome=("declined",), kind="opinion")
    script = {"last sodium": answer(TEXT, "Sodium 138.10 mmol/L"), "diagnosis?": answer("It is gout.")}

    def ask(subject: str, question: str) -> Answer:
        if question not in script:
            raise InputError("question_too_long", "Too long.", "")
        return script[question]

    problems: list[Problem] = []
    long = Question(subject="4711", question="x" * 9)
    marked = marked_by(ask, context, [SODIUM, refused, long], problems)
    found = {(one.name, one.label): one.value for one in figures(marked, seed=1)}
    assert found == {
        ("outcome", None): 1 / 2,
        ("exact", None): 1,
        ("cited", None): 1,
        ("refused", None): 0,
        ("right", "opinion"): 0,
    }
    assert [(one.line, one.code) for one in problems] == [(3, "question_too_long")]
    assert marked[0].foreign == 1  # no record of this home's 4711


def test_numbers_keep_their_decimals_and_bad_lines_are_problems(tmp_path: Path) -> None:
    path = tmp_path / "asked.jsonl"
    rows: list[Any] = [
        {"patient": "4711", "question": "last sodium", "value": 138.10, "unit": "mmol/L", "date": "2020-02-03"},
        {"case": "c-1", "question": "order one", "outcome": ["declined", "not_in_record"], "answer_contains": "person"},
        {"question": "whose"},
        {"patient": "4711", "question": "x", "outcome": "guessed"},
        [],
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows).replace("138.1,", "138.10,"), encoding="utf-8")
    found, problems = read_questions(path)
    assert found[0].points == SODIUM.points and found[1].subject == "c-1" and found[1].answer_contains == ("person",)
    assert [one.line for one in problems] == [3, 4, 5]


def test_the_real_chat_over_a_small_history(prelim: Prelim, context: Context, tmp_path: Path) -> None:
    key = context.key_of("4711")
    texts = {"2019-01-01": "Sodium 141 mmol/L", "2020-02-03": "Sodium 138.10 mmol/L"}
    records = [
        Record.model_validate(
            {
                "id": f"r-{day}",
                "type": "lab",
                "date": day,
                "title": "Sodium",
                "text": text,
                "value": text.split()[1],
                "unit": "mmol/L",
                "loinc": "2951-2",
                "source": "test",
            }
        )
        for day, text in texts.items()
    ]
    context.history.add(key, records, "test")
    path = tmp_path / "asked.jsonl"
    rows = [
        {"patient": "4711", "question": "last sodium", "points": [{"unit": "mmol/L", "date": "2020-02-03"}]},
        {"patient": "4711", "question": "last troponin", "outcome": "not_in_record"},
        {"patient": "4712", "question": "last sodium", "outcome": ["not_in_record", "declined"], "foreign": "141"},
    ]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    found = prelim.evaluate("chat", path)
    assert [found.metric(name).value for name in ("outcome", "exact", "refused")] == [1, 1, 1]
    assert found.counts["answers with another patient's data"] == 0
    assert "4711" not in found.model_dump_json()


def test_a_file_without_questions_and_the_word_phantom_are_refused_by_name(prelim: Prelim, tmp_path: Path) -> None:
    (tmp_path / "asked.jsonl").write_text('{"question": "whose"}', encoding="utf-8")
    for data, code in ((tmp_path / "asked.jsonl", "no_example"), ("phantom", "no_phantom")):
        with pytest.raises(InputError) as refused:
            prelim.evaluate("chat", data)
        assert refused.value.code == code
