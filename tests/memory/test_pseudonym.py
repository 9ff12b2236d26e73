"""Pseudonyms: one name per patient and home, from which the patient id cannot be had."""

import hashlib
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory.pseudonym import patient_key
from prelim.errors import UnavailableError
from tests.memory.conftest import Race

IDS = ("PAT-0012345", "Müller^Eva", "4711", "")


def test_the_same_patient_has_one_name_in_a_home(home: Path) -> None:
    for id in IDS:
        assert patient_key(home, id) == patient_key(home, f"  {id} ")


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=st.text(), other=st.text())
def test_two_patients_have_two_names(home: Path, one: str, other: str) -> None:
    assert (patient_key(home, one) == patient_key(home, other)) == (one.strip() == other.strip())


def test_a_patient_has_another_name_in_another_home(home: Path, tmp_path: Path) -> None:
    for id in IDS:
        assert patient_key(home, id) != patient_key(tmp_path / "other", id)


def test_the_name_holds_no_patient_id(home: Path) -> None:
    for id in IDS:
        key = patient_key(home, id)
        assert re.fullmatch("p-[0-9a-f]{32}", key)
        assert not id or id not in key
        # An unkeyed hash would be found by trying ids.
        assert key[2:] not in hashlib.sha256(id.encode()).hexdigest()
    assert all(b"0012345" not in path.read_bytes() for path in home.iterdir())


def test_the_secret_is_for_its_owner_only(home: Path) -> None:
    patient_key(home, "4711")
    assert [path.name for path in home.iterdir()] == ["secret"]
    assert (home / "secret").stat().st_mode & 0o777 == 0o600
    assert len((home / "secret").read_bytes()) == 32


def test_two_processes_that_open_a_new_home_agree(home: Path, race: Race) -> None:
    code = """
from memory.pseudonym import patient_key
from prelim.errors import UnavailableError
START
for number in range(100):
    print(patient_key(home / str(number), "4711"))
"""
    one, other = race(code, home)
    assert one == other
    assert len(set(one)) == 100


@pytest.mark.parametrize("secret", [b"", b"short"])
def test_a_damaged_secret_is_refused(home: Path, secret: bytes) -> None:
    patient_key(home, "4711")
    (home / "secret").write_bytes(secret)
    with pytest.raises(UnavailableError) as raised:
        patient_key(home, "4711")
    assert raised.value.code == "secret_damaged"
