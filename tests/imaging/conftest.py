"""The slides that several tests look at."""

from pathlib import Path

import pytest

from tests.made_slide import COLUMNS, PIECE, ROWS, make_slide


@pytest.fixture(scope="session")
def wsi(shared_data: Path) -> Path:
    """The public slides."""
    return shared_data / "wsi"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A slide at 0.25 µm with one piece of tissue."""
    return make_slide(tmp_path_factory.mktemp("made") / "a.tiff", ROWS, COLUMNS, [PIECE])
