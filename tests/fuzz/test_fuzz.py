"""No file hurts the machine: some mutants and bombs of each kind here; `make fuzz` tries all of them and many more."""

from pathlib import Path

import pytest

from tests.fuzz.bombs import BOMBS, Bomb
from tests.fuzz.mutate import mutant
from tests.fuzz.run import try_mutants


def test_mutants_are_known_by_seed_and_number() -> None:
    made = [mutant(7, number) for number in range(40)]
    assert made == [mutant(7, number) for number in range(40)] and len({data for _, data in made}) > 35
    assert made != [mutant(8, number) for number in range(40)]


def test_mutants_are_read_or_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.run.KEPT", tmp_path)
    report = try_mutants(20250314, range(300))
    assert not report.failures, "\n".join(f"{number}: {why}" for number, why in report.failures.items())
    assert {("dicom", "read"), ("dicom", "truncated"), ("dicom", "cannot_decode"), ("raster", "read")} <= set(
        report.table
    )


def test_there_are_bombs_of_every_kind() -> None:
    assert len(BOMBS) >= 40 and len({bomb.name for bomb in BOMBS}) == len(BOMBS)


@pytest.mark.integration
@pytest.mark.parametrize("bomb", [bomb for bomb in BOMBS if not bomb.slow], ids=lambda bomb: bomb.name)
def test_a_bomb(bomb: Bomb, tmp_path: Path) -> None:
    bomb.explode(tmp_path)


@pytest.mark.integration
@pytest.mark.parametrize("bomb", [bomb for bomb in BOMBS if bomb.slow], ids=lambda bomb: bomb.name)
def test_a_slow_bomb(bomb: Bomb, tmp_path: Path) -> None:
    bomb.explode(tmp_path)
