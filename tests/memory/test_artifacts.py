"""Blobs: what was put is what comes back, or a named error; never half of it."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory.artifacts import Artifacts
from prelim.errors import UnavailableError
from tests.memory.conftest import FullDisk, Race


def files(artifacts: Artifacts) -> list[Path]:
    return [path for path in artifacts.folder.rglob("*") if path.is_file()]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300))
def test_what_was_put_comes_back(artifacts: Artifacts, data: bytes) -> None:
    sha256 = artifacts.put(data)
    assert artifacts.has(sha256)
    assert Artifacts(artifacts.folder).get(sha256) == data


def test_the_same_bytes_are_stored_once(artifacts: Artifacts) -> None:
    first = artifacts.put(b"film")
    written = files(artifacts)[0].stat()
    assert artifacts.put(b"film") == first != artifacts.put(b"other film")
    assert len(files(artifacts)) == 2
    again = (artifacts.folder / first[:2] / first).stat()
    assert (again.st_ino, again.st_mtime_ns) == (written.st_ino, written.st_mtime_ns)


def test_json_is_stored_in_one_form(artifacts: Artifacts) -> None:
    value = {"b": [1, 2.5, None], "a": "größer"}
    sha256 = artifacts.put_json(value)
    assert artifacts.put_json(dict(reversed(value.items()))) == sha256
    assert artifacts.get_json(sha256) == value
    assert artifacts.get(sha256) == '{"a":"größer","b":[1,2.5,null]}'.encode()


def test_a_damaged_blob_is_repaired_by_putting_it_again(artifacts: Artifacts) -> None:
    sha256 = artifacts.put(b"film")
    (path,) = files(artifacts)
    path.write_bytes(b"filn")
    assert artifacts.put(b"film") == sha256 and artifacts.get(sha256) == b"film"


@pytest.mark.parametrize("at", [0, 10, 19])
def test_a_changed_byte_is_found(artifacts: Artifacts, at: int) -> None:
    sha256 = artifacts.put(bytes(range(20)))
    (path,) = files(artifacts)
    changed = bytearray(path.read_bytes())
    changed[at] ^= 1
    path.write_bytes(changed)
    with pytest.raises(UnavailableError) as raised:
        artifacts.get(sha256)
    assert raised.value.code == "artifact_damaged"


def test_a_truncated_and_a_missing_artifact_are_named(artifacts: Artifacts) -> None:
    sha256 = artifacts.put(b"0123456789")
    (path,) = files(artifacts)
    path.write_bytes(b"01234")
    with pytest.raises(UnavailableError) as damaged:
        artifacts.get(sha256)
    path.unlink()
    with pytest.raises(UnavailableError) as missing:
        artifacts.get(sha256)
    assert (damaged.value.code, missing.value.code) == ("artifact_damaged", "artifact_missing")
    assert not artifacts.has(sha256)


@pytest.mark.parametrize("name", ["../../secret", "", "A" * 64, "0" * 63, "0" * 64 + "\n", "/etc/passwd"])
def test_only_a_sha256_names_an_artifact(artifacts: Artifacts, name: str) -> None:
    for ask in (artifacts.get, artifacts.has):
        with pytest.raises(ValueError, match="not a sha256"):
            ask(name)


@pytest.mark.parametrize("call", ["mkdir", "open", "fsync", "replace"])
def test_a_full_disk_is_named_and_leaves_nothing(
    artifacts: Artifacts, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def full(*given: Any, **named: Any) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(UnavailableError) as raised:
            artifacts.put(b"film")
    assert raised.value.code == "store_full"
    assert files(artifacts) == []
    assert artifacts.get(artifacts.put(b"film")) == b"film"


def test_a_write_that_breaks_off_halfway_leaves_nothing(artifacts: Artifacts, full_disk: FullDisk) -> None:
    film = bytes(1_000_000)
    with full_disk(), pytest.raises(UnavailableError) as raised:
        artifacts.put(film)
    assert raised.value.code == "store_full"
    assert files(artifacts) == []
    assert artifacts.get(artifacts.put(film)) == film


def test_two_processes_put_the_same(artifacts: Artifacts, race: Race) -> None:
    code = """
from memory.artifacts import Artifacts
artifacts = Artifacts(home)
START
for number in range(50):
    print(artifacts.put(bytes([number]) * 100_000))
"""
    one, other = race(code, artifacts.folder)
    assert one == other
    assert sorted(path.name for path in files(artifacts)) == sorted(one)
    assert artifacts.get(one[7]) == bytes([7]) * 100_000
