"""Checkpoints: what was put comes back, and a forged row is data, never code."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import ormsgpack
import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from memory.checkpoints import open_checkpointer
from prelim.errors import UnavailableError

CONFIG: RunnableConfig = {"configurable": {"thread_id": "c-1", "checkpoint_ns": ""}}
POSITIONAL, KEYWORDS, METHOD = 1, 2, 3


@pytest.fixture
def database(home: Path) -> Path:
    return home / "checkpoints.db"


def put(database: Path, state: dict[str, Any]) -> None:
    with open_checkpointer(database) as saver:
        saver.put(CONFIG, {**empty_checkpoint(), "channel_values": state}, {"source": "loop", "step": 1}, {})


def read(database: Path) -> Any:
    with open_checkpointer(database) as saver:
        found = saver.get_tuple(CONFIG)
    assert found is not None
    return found.checkpoint["channel_values"]


def forge(database: Path, kind: str, blob: bytes) -> None:
    """Put a checkpoint of one's own into the file."""
    put(database, {})
    with closing(sqlite3.connect(database)) as sql:
        assert sql.execute("UPDATE checkpoints SET type = ?, checkpoint = ?", (kind, blob)).rowcount == 1
        sql.commit()


def test_plain_state_comes_back_in_another_process(database: Path) -> None:
    state = {"case": {"id": "c-1", "numbers": [1, 2.5, None, True], "text": "größer"}}
    put(database, state)
    assert read(database) == state


def test_threads_of_two_cases_are_apart(database: Path) -> None:
    put(database, {"case": 1})
    with open_checkpointer(database) as saver:
        assert saver.get_tuple({"configurable": {"thread_id": "c-2", "checkpoint_ns": ""}}) is None


@pytest.mark.parametrize(
    ("code", "call"),
    [
        (POSITIONAL, lambda target: ("os", "mkdir", [target])),
        (KEYWORDS, lambda target: ("os", "mkdir", {"path": target})),
        (POSITIONAL, lambda target: ("subprocess", "run", [["mkdir", target]])),
    ],
)
def test_a_forged_checkpoint_runs_nothing(database: Path, tmp_path: Path, code: int, call: Any) -> None:
    target = tmp_path / "ran"
    object = ormsgpack.Ext(code, ormsgpack.packb(call(str(target))))
    blob = ormsgpack.packb({**empty_checkpoint(), "channel_values": {"case": object}})
    JsonPlusSerializer(allowed_msgpack_modules=True).loads_typed(("msgpack", blob))
    assert target.is_dir(), "the forgery itself does not work"
    target.rmdir()
    forge(database, "msgpack", blob)
    assert read(database) == {"case": call(str(target))[2]}
    assert not target.exists()


def test_our_own_types_come_back_as_plain_data(database: Path) -> None:
    """Nothing but plain data is revived: an object of ours in the state would come back as a dict."""
    from prelim.draft import Decision

    decision = Decision(action="sign", reviewer="Dr. A", at="now")
    put(database, {"decision": decision})
    assert read(database) == {"decision": decision.model_dump()}


def test_a_pickle_is_refused(database: Path, tmp_path: Path) -> None:
    target = tmp_path / "ran"
    forge(database, "pickle", f"cos\nmkdir\n(S'{target}'\ntR.".encode())
    with pytest.raises(NotImplementedError, match="pickle"):
        read(database)
    assert not target.exists()


def test_a_file_that_is_no_database_is_named(database: Path) -> None:
    database.parent.mkdir()
    database.write_bytes(b"this is no database" * 100)
    with pytest.raises(UnavailableError) as raised:
        read(database)
    assert (raised.value.code, raised.value.file) == ("store_damaged", "checkpoints.db")
