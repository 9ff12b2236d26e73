"""What all tests share: no network, no settings from outside, one model."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app import Prelim
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
    """Sockets and names reach this machine only. What asks for more fails, and fails the run if it hides that."""
    asked: list[str] = []

    def guarded(real: Callable[..., Any], host_of: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            host = host_of(*given)
            if host is not None and not str(host).startswith(_LOOPBACK):
                asked.append(str(host))
                raise RuntimeError(f"a test asked for the network: {host}")
            return real(*given, **named)

        return call

    def peer(self: socket.socket, address: Any) -> Any:
        return None if self.family == socket.AF_UNIX else address[0]

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, guarded(getattr(socket.socket, name), peer))
        patch.setattr(socket, "getaddrinfo", guarded(socket.getaddrinfo, lambda host, *rest: host))
        yield
    assert not asked


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


@pytest.fixture
def prelim(home: Path, model: ChatMedGemma, monkeypatch: pytest.MonkeyPatch) -> Prelim:
    """The facade on a fresh home, with the model that is loaded already."""
    monkeypatch.setattr("tools.tool.open_model", lambda settings: model)
    return Prelim(home=home, threads=1, device="cpu")
