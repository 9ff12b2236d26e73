"""The door that speaks OpenAI's chat completions: in memory, and by OpenAI's own client against the real server."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import openai
import pytest
from starlette.testclient import TestClient

from app import Prelim
from app.bearer import Bearer
from app.openai_door import BODY_BYTES, application
from tests.app.test_ask import patient
from tests.app.test_mcp_door import served
from tests.conftest import ROOT

__all__ = ["patient"]
Json = dict[str, Any]


@pytest.fixture
def client(prelim: Prelim) -> TestClient:
    """The application behind its token, which this client shows."""
    return TestClient(Bearer(application(prelim), "t0ken"), headers={"Authorization": "Bearer t0ken"})


def ask(client: TestClient, *questions: str, model: str = "prelim/P-1", **more: Any) -> tuple[int, Json]:
    messages = [{"role": "user", "content": question} for question in questions]
    answer = client.post("/v1/chat/completions", json={"model": model, "messages": messages, "temperature": 0, **more})
    return answer.status_code, answer.json()


def test_an_answer_has_its_sources_and_is_there_as_data(client: TestClient, patient: str) -> None:
    status, body = ask(client, "last creatinine")
    message = body["choices"][0]["message"]
    assert (status, body["object"], message["role"]) == (200, "chat.completion", "assistant")
    assert message["content"].startswith("Creatinine was 1.3 mg/dL on 2024-06-01. [1]\n\n[1] 2024-06-01, r-")
    assert message["prelim"]["outcome"] == "answered"


def test_earlier_questions_make_the_conversation(client: TestClient, patient: str) -> None:
    _, body = ask(client, "last creatinine", "and the one before?")
    assert body["choices"][0]["message"]["content"].startswith("Creatinine was 0.9 mg/dL on 2024-01-01.")
    _, body = ask(client, "and the one before?")
    assert body["choices"][0]["message"]["prelim"]["outcome"] == "declined"


def test_a_system_message_changes_nothing(client: TestClient, patient: str) -> None:
    messages = [
        {"role": "system", "content": "You answer for patient P-2."},
        {"role": "user", "content": [{"type": "text", "text": "last creatinine"}]},
    ]
    body = client.post("/v1/chat/completions", json={"model": "prelim/P-1", "messages": messages}).json()
    assert "1.3 mg/dL" in body["choices"][0]["message"]["content"]


def test_the_subject_may_stand_in_a_header(client: TestClient, patient: str) -> None:
    asked = {"model": "prelim", "messages": [{"role": "user", "content": "last creatinine"}]}
    body = client.post("/v1/chat/completions", json=asked, headers={"X-Prelim-Patient": patient}).json()
    assert "1.3 mg/dL" in body["choices"][0]["message"]["content"]


@pytest.mark.parametrize("token", [None, "Bearer wrong", "t0ken"])
def test_nothing_is_answered_without_the_token(prelim: Prelim, token: str | None) -> None:
    client = TestClient(Bearer(application(prelim), "t0ken"), headers={"Authorization": token} if token else {})
    for answer in (client.get("/v1/models"), client.post("/v1/chat/completions", json={})):
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "bad_token")


@pytest.mark.parametrize(
    ("status", "code", "request_"),
    [
        (400, "empty_question", {"messages": [{"role": "user", "content": "  "}]}),
        (400, "empty_question", {"messages": [{"role": "system", "content": "x"}]}),
        (400, "question_too_long", {"messages": [{"role": "user", "content": "x" * 50_000}]}),
        (400, "bad_request", {"messages": []}),
        (400, "bad_request", {"n": 3}),
        (400, "no_subject", {"model": "prelim"}),
        (404, "unknown_model", {"model": "gpt-9"}),
        (404, "unknown_case", {"model": "prelim/c-0123456789abcdef"}),
        (413, "too_large", {"messages": [{"role": "user", "content": "x" * BODY_BYTES}]}),
        (
            400,
            "unsupported_content",
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
        ),
    ],
)
def test_bad_input_is_an_error_by_name(client: TestClient, status: int, code: str, request_: Json) -> None:
    asked = {"model": "prelim/P-1", "messages": [{"role": "user", "content": "last creatinine"}], **request_}
    answer = client.post("/v1/chat/completions", json=asked)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "P-1" not in answer.text


def test_two_subjects_are_refused(client: TestClient) -> None:
    asked = {"model": "prelim/P-1", "messages": [{"role": "user", "content": "last creatinine"}]}
    answer = client.post("/v1/chat/completions", json=asked, headers={"X-Prelim-Patient": "P-2"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "two_subjects")


def test_a_stream_is_events(client: TestClient, patient: str) -> None:
    asked = {"model": "prelim/P-1", "messages": [{"role": "user", "content": "creatinine over time"}], "stream": True}
    with client.stream("POST", "/v1/chat/completions", json=asked) as answer:
        lines = [line.removeprefix("data: ") for line in answer.iter_lines() if line]
    assert lines.pop() == "[DONE]"
    deltas = [json.loads(line)["choices"][0] for line in lines]
    said = "".join(one["delta"].get("content", "") for one in deltas)
    assert said.startswith("Creatinine, 2 results: 0.9 mg/dL (2024-01-01)") and "[1] 2024-01-01" in said
    assert deltas[-1]["finish_reason"] == "stop" and deltas[-1]["delta"]["prelim"]["outcome"] == "answered"


@pytest.mark.integration
def test_openais_own_client(home: Path, patient: str) -> None:
    with served(home, "serve", "--port", "0") as (address, token):
        client = openai.OpenAI(base_url=address, api_key=token)
        assert [model.id for model in client.models.list()] == ["prelim"]
        messages: list[Any] = [{"role": "user", "content": "last creatinine"}]
        answer = client.chat.completions.create(model=f"prelim/{patient}", messages=messages)
        assert (answer.choices[0].message.content or "").startswith("Creatinine was 1.3 mg/dL on 2024-06-01.")
        messages += [answer.choices[0].message, {"role": "user", "content": "and the one before?"}]
        stream = client.chat.completions.create(model=f"prelim/{patient}", messages=messages, stream=True)
        said = "".join(event.choices[0].delta.content or "" for event in stream)
        assert said.startswith("Creatinine was 0.9 mg/dL on 2024-01-01.")
        with pytest.raises(openai.NotFoundError, match="No case is called"):
            client.chat.completions.create(model="prelim/c-0123456789abcdef", messages=messages)
        with pytest.raises(openai.AuthenticationError):
            openai.OpenAI(base_url=address, api_key="wrong").models.list()
        client.close()


@pytest.mark.integration
def test_the_readmes_example_runs(home: Path, patient: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    [block] = [one for one in re.findall(r"```python\n(.*?)```", text, re.S) if "openai" in one]
    with served(home, "serve", "--port", "0") as (address, token):
        here = {"http://127.0.0.1:8741/v1": address, "the printed token": token, "prelim/ID": f"prelim/{patient}"}
        for written, meant in here.items():
            block = block.replace(written, meant)
        names: Json = {}
        exec(compile(block, "README.md", "exec"), names)
        names["client"].close()
    assert capsys.readouterr().out.startswith("Creatinine was 1.3 mg/dL on 2024-06-01. [1]")


@pytest.mark.integration
def test_a_port_in_use_is_named(home: Path, patient: str) -> None:
    with served(home, "serve", "--port", "0") as (address, _):
        port = address.rsplit(":", 1)[1].split("/")[0]
        done = subprocess.run(
            [sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", port],
            cwd=ROOT,
            env={**os.environ, "PRELIM_HOME": str(home)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 2 and done.stderr.startswith("prelim: port_taken: ")
