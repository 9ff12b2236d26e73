"""`prelim model add medgemma PATH`, on a random model of the same architecture: checked, recorded, then held to it."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from app import cli
from prelim.errors import InputError, PrelimError, RefusedError, UnavailableError
from prelim.models import catalog, loading, medgemma
from prelim.models.chat import ChatMedGemma
from prelim.models.loading import identify, open_model
from prelim.models.messages import ask
from prelim.models.phantom.build import Size, build_model
from prelim.settings import Settings

HIDDEN = 32


@pytest.fixture(scope="module")
def made(model: ChatMedGemma, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, processor = tmp_path_factory.mktemp("made"), model.runtime.processor
    random = build_model(processor.tokenizer, Size(hidden=HIDDEN, layers=2, vision_hidden=32, vision_layers=1), seed=1)
    random.save_pretrained(folder)
    processor.save_pretrained(folder)
    processor.image_processor.save_pretrained(folder)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "medgemma"))


def expected(folder: Path) -> dict[str, Any]:
    found = json.loads((folder / "config.json").read_bytes())
    parts = {name: name.split(".") for name in medgemma.CONFIG}
    return {name: found[outer[0]][outer[1]] if outer[1:] else found[name] for name, outer in parts.items()}


def add(home: Path, folder: Path) -> catalog.Pinned:
    return medgemma.add(home, "medgemma", folder, expected(folder), (1024, HIDDEN))


@pytest.fixture
def chosen(settings: Settings) -> Settings:
    return settings.model_copy(update={"model": "medgemma"})


# ------------------------------------------------------------------ adding


def test_an_added_model_opens_and_answers(chosen: Settings, folder: Path) -> None:
    pinned = add(chosen.home, folder)
    opened = open_model(chosen)
    assert (opened.identity, opened.identity.digest) == (identify(chosen), pinned.digest)
    assert 0 < opened.score(ask("Is it?"), ("yes", "no")).mass < 1


def test_the_record_holds_every_file(home: Path, folder: Path) -> None:
    pinned = add(home, folder)
    assert catalog.recorded(home, "medgemma") == pinned
    assert (set(pinned.files), pinned.revision) == ({path.name for path in folder.iterdir()}, "local")
    snapshot = folder.rename(folder.parent / ("0a" * 20))
    assert add(home, snapshot).revision == "0a" * 20


def test_the_command_names_the_first_difference(
    home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PRELIM_HOME", str(home))
    monkeypatch.setattr(sys, "argv", ["prelim", "model", "add", "medgemma", str(folder)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == InputError.exit_status
    said = capsys.readouterr().err
    assert said.startswith("prelim: wrong_model: config.json: text_config.hidden_size is 32, MedGemma 1.5 4B has 2560.")
    assert catalog.recorded(home, "medgemma") is None


@pytest.mark.parametrize("field", medgemma.CONFIG)
def test_any_other_config_is_named(home: Path, folder: Path, field: str) -> None:
    with pytest.raises(InputError, match=f"{field} is .*, MedGemma 1.5 4B has -1") as caught:
        medgemma.add(home, "medgemma", folder, expected(folder) | {field: -1}, (1024, HIDDEN))
    assert (caught.value.code, caught.value.file) == ("wrong_model", "config.json")


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    torch.save({"model.embed_tokens.weight": torch.zeros(1024, HIDDEN)}, folder / "pytorch_model.bin")


def reshaped(folder: Path) -> None:
    save_file({"language_model.model.embed_tokens.weight": torch.zeros(1000, HIDDEN)}, folder / "model.safetensors")


def emptied(folder: Path) -> None:
    save_file({"x": torch.zeros(1)}, folder / "model.safetensors")


@pytest.mark.parametrize(
    ("harm", "error", "code", "named"),
    [
        (pickled, UnavailableError, "model_missing", "no safetensors"),
        (reshaped, InputError, "wrong_model", r"embed_tokens\.weight is \(1000, 32\)"),
        (emptied, InputError, "wrong_model", "No token embedding"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"x"), InputError, "wrong_model", "damaged"),
        (lambda folder: (folder / "tokenizer_config.json").unlink(), UnavailableError, "model_missing", "tokenizer_c"),
    ],
)
def test_harmed_weights_are_refused(
    home: Path, folder: Path, harm: Callable[[Path], None], error: type[PrelimError], code: str, named: str
) -> None:
    harm(folder)
    with pytest.raises(error, match=named) as caught:
        add(home, folder)
    assert caught.value.code == code
    assert catalog.recorded(home, "medgemma") is None


# ------------------------------------------------------------------ starting


def one_bit(folder: Path) -> None:
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "model.safetensors").write_bytes(data)


@pytest.mark.parametrize("harm", [one_bit, lambda folder: (folder / "pytorch_model.bin").write_bytes(b"x")])
def test_changed_after_it_was_added(chosen: Settings, folder: Path, harm: Callable[[Path], None]) -> None:
    add(chosen.home, folder)
    harm(folder)
    with pytest.raises(RefusedError, match=r"model\.safetensors|pytorch_model\.bin") as caught:
        open_model(chosen)
    assert (caught.value.code, caught.value.exit_status) == ("model_altered", 3)


def test_a_model_that_was_never_added(chosen: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises(UnavailableError, match=r"prelim model add medgemma") as caught:
        loading.pinned_of(chosen)
    assert (caught.value.code, caught.value.exit_status) == ("model_missing", 4)


def test_a_download_that_broke_off_is_named(chosen: Settings, folder: Path) -> None:
    shards = {"weight_map": {"a": "model.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(shards))
    with pytest.raises(UnavailableError) as raised:
        add(chosen.home, folder)
    assert (raised.value.code, raised.value.file) == ("model_missing", "model-00002-of-00002.safetensors")
