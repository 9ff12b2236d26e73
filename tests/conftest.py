"""What all tests share: no network, no settings from outside, one model."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from memory.artifacts import Artifacts
from prelim.models.chat import ChatMedGemma
from prelim.models.loading import open_model
from prelim.settings import Settings, load_settings
from tools.tool import Context, open_context

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples" / "cases"
_LOOPBACK = ("127.", "::1", "localhost")

for _name in [name for name in os.environ if name.startswith("PRELIM_")]:
    del os.environ[_name]
os.environ |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1"}


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Sockets reach this machine only."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family != socket.AF_UNIX and not str(address[0]).startswith(_LOOPBACK):
            raise RuntimeError(f"a test asked for the network: {address[0]}")
        return connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The public data beside the checkout."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the public data sets are not beside this checkout")
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A fresh data folder."""
    return tmp_path / "home"


@pytest.fixture
def settings(home: Path) -> Settings:
    """Settings of a fresh home: one torch thread, CPU."""
    return load_settings(home=home, threads=1, device="cpu")


@pytest.fixture
def artifacts(home: Path) -> Artifacts:
    """The artifact store of the fresh home."""
    return Artifacts(home / "artifacts")


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> ChatMedGemma:
    """The embedded model, loaded once."""
    return open_model(load_settings(home=tmp_path_factory.mktemp("model"), threads=1, device="cpu"))


@pytest.fixture
def context(settings: Settings, model: ChatMedGemma) -> Context:
    """Everything a tool needs, on a fresh home, with the model that is loaded already."""
    opened = open_context(settings)
    opened.open_model = lambda: model
    return opened
