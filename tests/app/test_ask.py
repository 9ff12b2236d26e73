"""`prelim ask`: one document under --json, statements with numbered sources, a conversation from typed lines."""

import json
from pathlib import Path

import pytest

from prelim.settings import load_settings
from tests.app.test_cli import Run, run
from tests.memory.conftest import some_record
from tools.tool import open_context

__all__ = ["run"]
NOTICE = "Research software, not a medical device"


@pytest.fixture
def patient(home: Path) -> str:
    """A patient with two results."""
    context = open_context(load_settings(home=home))
    key = context.key_of("P-1")
    records = [
        some_record(
            "p", f"Creatinine {value} mg/dL", type="lab", title="Creatinine", value=value, unit="mg/dL", date=day
        )
        for value, day in ((0.9, "2024-01-01"), (1.3, "2024-06-01"))
    ]
    context.history.add(key, records, key=f"{key}:made")
    return "P-1"


def test_one_question_is_one_document(run: Run, patient: str) -> None:
    status, out, _ = run("ask", patient, "last creatinine", "--json")
    answer = json.loads(out)
    assert (status, answer["outcome"]) == (0, "answered")
    [statement] = answer["statements"]
    assert statement["text"] == "Creatinine was 1.3 mg/dL on 2024-06-01."
    assert statement["evidence"][0]["quote"] == "Creatinine 1.3 mg/dL" and statement["evidence"][0]["record"]
    assert NOTICE in answer["notice"]


@pytest.mark.parametrize(
    ("question", "outcome"),
    [("last sodium", "not_in_record"), ("should we dialyse?", "declined"), ("list all patients", "declined")],
)
def test_not_to_answer_is_no_failure(run: Run, patient: str, question: str, outcome: str) -> None:
    status, out, _ = run("ask", patient, question, "--json")
    assert (status, json.loads(out)["outcome"]) == (0, outcome)


def test_in_words_every_statement_has_its_numbered_source(run: Run, patient: str) -> None:
    _, out, _ = run("ask", patient, "creatinine over time")
    assert "1.3 mg/dL (2024-06-01). [1][2]\n" in out
    assert "[2] 2024-06-01, r-" in out and ": “Creatinine 1.3 mg/dL”" in out and NOTICE in out


def test_a_stream_is_statements_and_then_the_answer(run: Run, patient: str) -> None:
    _, out, _ = run("ask", patient, "creatinine over time", "--stream", "--json")
    *statements, answer = map(json.loads, out.splitlines())
    assert statements == answer["statements"] and len(statements) == 2
    _, words, _ = run("ask", patient, "last sodium", "--stream")
    assert words.startswith("The record holds no result of sodium.")


def test_a_conversation_goes_on_and_leaves_no_file_of_what_was_typed(
    run: Run, patient: str, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    lines = iter(["last creatinine", "x" * 2000, "and the one before?", "/quit"])
    monkeypatch.setattr("builtins.input", lambda prompt: next(lines))
    status, out, err = run("ask", patient)
    assert status == 0 and "question_too_long" in err
    first, second = out.index("1.3 mg/dL on 2024-06-01"), out.index("0.9 mg/dL on 2024-01-01")
    assert first < second
    thread = err.rsplit("--thread ", 1)[1].split("`")[0]
    _, out, _ = run("ask", patient, "when was that?", "--thread", thread)
    assert "measured on 2024-01-01" in out
    assert not [file for file in home.rglob("*history") if "typed" in file.name]


@pytest.mark.parametrize(("question", "code"), [("", "empty_question"), ("x" * 50_000, "question_too_long")])
def test_what_is_no_question_is_refused_by_name(run: Run, patient: str, question: str, code: str) -> None:
    status, out, _ = run("ask", patient, question, "--json")
    assert (status, json.loads(out)["error"]["code"]) == (2, code)


def test_an_unknown_case_is_named(run: Run) -> None:
    status, out, _ = run("ask", "c-0123456789abcdef", "what?", "--json")
    assert (status, json.loads(out)["error"]["code"]) == (2, "unknown_case")


@pytest.mark.parametrize("words", [("mcp",), ("mcp", "--patient", "a", "--case", "c-1")])
def test_one_subject_is_served(run: Run, words: tuple[str, ...]) -> None:
    status, out, _ = run(*words, "--json")
    assert (status, json.loads(out)["error"]["code"]) == (2, "usage")
