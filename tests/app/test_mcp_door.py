"""The MCP server, asked by MCP's own client: in memory, over standard streams, and over HTTP with its token."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from agents.look_ups import LOOK_UPS
from app import Prelim
from app.mcp_door import server
from tests.app.test_ask import patient
from tests.conftest import ROOT

__all__ = ["patient"]
_COMMAND = "from app.cli import main; main()"


def _with(client: Client, use: Callable[[Client], Awaitable[None]]) -> None:
    async def run() -> None:
        async with client:
            await use(client)

    asyncio.run(run())


async def _asked(client: Client) -> None:
    """What every way in has to hold."""
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == {"ask", *LOOK_UPS}
    for tool in tools.values():
        assert tool.annotations and tool.annotations.read_only_hint and tool.description
        assert not {"patient", "case", "subject"} & set(tool.input_schema["properties"])
    answer = await client.call_tool("ask", {"question": "last creatinine"})
    assert answer.content[0].text.startswith("Creatinine was 1.3 mg/dL on 2024-06-01. [1]")  # type: ignore[union-attr]
    assert answer.structured_content and answer.structured_content["outcome"] == "answered"
    series = await client.call_tool("trend", {"test": "creatinine"})
    assert series.structured_content and "0.9 mg/dL (2024-01-01)" in series.structured_content["statements"][0]["text"]


def test_a_client_asks(prelim: Prelim, patient: str) -> None:
    _with(Client(server(prelim, patient)), _asked)


@pytest.mark.parametrize(
    ("tool", "arguments", "code"),
    [
        ("ask", {"question": "  "}, "empty_question"),
        ("ask", {"question": "x" * 50_000}, "question_too_long"),
        ("trend", {"test": "creatinine", "since": "yesterday"}, "bad_look_up"),
        ("trend", {"test": "creatinine", "patient": "another"}, "Extra inputs are not permitted"),
    ],
)
def test_bad_input_is_an_error_by_name(
    prelim: Prelim, patient: str, tool: str, arguments: dict[str, str], code: str
) -> None:
    async def use(client: Client) -> None:
        result = await client.call_tool(tool, arguments)
        assert result.is_error and code in result.content[0].text  # type: ignore[union-attr]
        assert patient not in result.content[0].text  # type: ignore[union-attr]

    _with(Client(server(prelim, patient)), use)


@pytest.mark.integration
def test_over_standard_input_and_output(home: Path, patient: str) -> None:
    given = StdioServerParameters(
        command=sys.executable,
        args=["-c", _COMMAND, "mcp", "--patient", patient],
        env={**os.environ, "PRELIM_HOME": str(home), "PRELIM_THREADS": "1"},
        cwd=str(ROOT),
    )
    _with(Client(stdio_client(given)), _asked)


@contextmanager
def served(home: Path, *words: str) -> Iterator[tuple[str, str]]:
    """A server in another process: its address and token, as it says them."""
    process = subprocess.Popen(
        [sys.executable, "-c", _COMMAND, *words],
        cwd=ROOT,
        env={**os.environ, "PRELIM_HOME": str(home), "PRELIM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    address = process.stderr.readline().removeprefix("serving ").strip()
    token = process.stderr.readline().removeprefix("bearer token ").strip()
    try:
        yield address, token
    finally:
        process.terminate()
        assert process.wait(20) in (0, -15)
        assert not process.stderr.read()  # no request was logged
        process.stderr.close()


@pytest.mark.integration
def test_over_http_with_its_token_and_not_without(home: Path, patient: str) -> None:
    with served(home, "mcp", "--patient", patient, "--http", "--port", "0") as (address, token):
        assert address.startswith("http://127.0.0.1:")

        async def run() -> None:
            async with (
                httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as shown,
                Client(streamable_http_client(address, http_client=shown)) as client,
            ):
                await _asked(client)

        asyncio.run(run())
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            refused = httpx2.post(address, json={}, headers=headers)
            assert (refused.status_code, refused.json()["error"]["code"]) == (401, "bad_token")
