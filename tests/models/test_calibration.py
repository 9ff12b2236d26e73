"""The calibration file: exact there and back, refused for one byte; and what a temperature does."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelim.errors import InputError
from prelim.models.calibration import (
    FILE,
    RESOLUTION,
    Calibration,
    read_calibration,
    tempered,
    write_calibration,
)
from tests.sample_calibration import entry

PROBABILITY = st.floats(0, 1)
TEMPERATURE = st.floats(0.1, 20)


@given(PROBABILITY, PROBABILITY, TEMPERATURE)
def test_a_temperature_keeps_the_order(one: float, other: float, temperature: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= tempered(low, temperature) <= tempered(high, temperature) <= 1


@given(PROBABILITY, TEMPERATURE)
def test_a_temperature_treats_presence_and_absence_alike(probability: float, temperature: float) -> None:
    assert tempered(1 - probability, temperature) == pytest.approx(1 - tempered(probability, temperature), abs=1e-9)
    assert (tempered(probability, temperature) > 0.5 + 1e-9) <= (probability > 0.5)


@given(PROBABILITY)
def test_a_temperature_of_one_changes_nothing(probability: float) -> None:
    assert tempered(probability, 1.0) == probability
    assert tempered(probability, 1 + 1e-12) == pytest.approx(probability, abs=2 * RESOLUTION)


@given(PROBABILITY, st.floats(1.01, 20))
def test_a_high_temperature_is_less_sure(probability: float, temperature: float) -> None:
    assert abs(tempered(probability, temperature) - 0.5) <= abs(probability - 0.5) + 1e-12


def test_a_temperature_by_hand() -> None:
    """Odds of 9 at a temperature of 2 are odds of 3."""
    assert tempered(0.9, 2.0) == pytest.approx(0.75)
    assert tempered(0.75, 0.5) == pytest.approx(0.9)


# ------------------------------------------------------------------ the file


def filled() -> Calibration:
    other = entry(model="1" * 64, label="cardiomegaly", present_above=None, temperature=0.123456789012345)
    return Calibration().with_entries((entry(), other))


def test_the_file_there_and_back(home: Path) -> None:
    assert read_calibration(home) == Calibration()
    assert write_calibration(home, filled()) == home / FILE
    assert read_calibration(home) == filled()
    assert [path.name for path in home.iterdir()] == [FILE]


def test_every_byte_counts(home: Path) -> None:
    """No bit of the file can flip, no part of it be missing, without a named error."""
    data = write_calibration(home, filled()).read_bytes()
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 1
        (home / FILE).write_bytes(changed)
        with pytest.raises(InputError) as refused:
            read_calibration(home)
        assert refused.value.code == "bad_calibration"


@pytest.mark.parametrize(
    "garbage", [b"", b"\xff\xfe", b"[]", b"null", b"7", b"{}", b'{"calibration": {}}', b"[" * 100_000, b'{"a": NaN}']
)
def test_garbage_is_named_with_its_remedy(garbage: bytes, home: Path) -> None:
    home.mkdir()
    (home / FILE).write_bytes(garbage)
    with pytest.raises(InputError, match="prelim evaluate findings") as refused:
        read_calibration(home)
    assert (refused.value.code, refused.value.file) == ("bad_calibration", FILE)


def test_what_cannot_be_written_leaves_the_old_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_calibration(home, filled())

    def full(*given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("prelim.models.calibration.os.replace", full)
    with pytest.raises(OSError, match="No space"):
        write_calibration(home, Calibration())
    assert read_calibration(home) == filled() and [path.name for path in home.iterdir()] == [FILE]


def test_entries_of_another_model_or_table_are_not_used() -> None:
    mine = filled().of_model("0" * 64)
    assert mine.of("chest_xray", "lung_opacity") == entry() and mine.of("ct_chest", "lung_opacity") is None
    assert mine.of("chest_xray", "cardiomegaly") is None and mine.of("chest_xray", "lung_opacity", "comparison") is None
    assert filled().of_model("2" * 64) == Calibration() and Calibration().digest is None


def test_a_newer_entry_takes_the_place_of_the_older_one() -> None:
    newer = entry(temperature=3.0)
    both = filled().with_entries((newer,))
    assert len(both.entries) == 2 and both.of("chest_xray", "lung_opacity") == newer
    assert both == Calibration().with_entries(both.entries[::-1])


def test_the_digest_is_of_what_decides() -> None:
    """Measured again on another day with the same outcome, a site needs no new drafts."""
    known = Calibration(entries=(entry(),)).digest
    assert Calibration(entries=(entry(fitted="2027-01-01", fitted_on=99),)).digest == known
    others = {"temperature": 1.6, "present_above": None, "absent_below": 0.2, "label": "pneumothorax", "wording": "1"}
    for changed in ({name: value} for name, value in others.items()):
        assert Calibration(entries=(entry(**changed),)).digest != known


def test_the_file_says_what_it_is(home: Path) -> None:
    stored = json.loads(write_calibration(home, filled()).read_text())
    assert set(stored) == {"calibration", "sha256"}
