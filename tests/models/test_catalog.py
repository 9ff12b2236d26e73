"""Trusted model files: one byte off, one missing, one more, and nothing starts; the error names the file."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from prelim.errors import PrelimError, RefusedError, UnavailableError
from prelim.models import catalog, doctor
from prelim.models.loading import identify, open_model
from prelim.settings import Settings


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The embedded model's files, copied to where they may be harmed; the catalogue points there."""
    folder = tmp_path / "phantom"
    shutil.copytree(catalog.PHANTOM / "weights", folder / "weights")
    monkeypatch.setattr(catalog, "PHANTOM", folder)
    return folder / "weights"


def flip(path: Path, at: int = -1) -> None:
    """Change one bit of one byte."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_the_shipped_files_are_the_pinned_ones(copied: Path) -> None:
    catalog.verify(catalog.phantom())
    assert catalog.hash_folder(copied) == catalog.phantom().files
    assert "model.safetensors" in catalog.phantom().files


@pytest.mark.parametrize("name", sorted(catalog.phantom().files))
@pytest.mark.parametrize("harm", [flip, Path.unlink])
def test_every_file_is_checked(copied: Path, name: str, harm: Callable[[Path], None]) -> None:
    harm(copied / name)
    with pytest.raises(PrelimError) as caught:
        catalog.verify(catalog.phantom())
    missing = harm is Path.unlink
    assert isinstance(caught.value, UnavailableError if missing else RefusedError)
    assert (caught.value.code, caught.value.exit_status) == (("model_missing", 4) if missing else ("model_altered", 3))
    assert caught.value.file == name and name in str(caught.value)


def test_one_byte_anywhere_in_the_weights(copied: Path) -> None:
    """In the middle, where no header would tell; and not even opened, so nothing altered is ever loaded."""
    flip(copied / "model.safetensors", at=4_000_000)
    with pytest.raises(RefusedError, match=r"model\.safetensors") as caught:
        catalog.verify(catalog.phantom())
    assert caught.value.code == "model_altered"


@pytest.mark.parametrize(
    "name", ["adapter_config.json", "modeling.py", "pytorch_model.bin", "model-2.safetensors", "more/config.json"]
)
def test_a_file_that_was_not_recorded(copied: Path, name: str) -> None:
    (copied / name).parent.mkdir(exist_ok=True)
    (copied / name).write_bytes(b"{}")
    with pytest.raises(RefusedError) as caught:
        catalog.verify(catalog.phantom())
    assert (caught.value.code, caught.value.exit_status, caught.value.file) == ("model_altered", 3, name)


def test_an_altered_model_is_not_opened(copied: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transformers.Gemma3ForConditionalGeneration.from_pretrained", pytest.fail)
    monkeypatch.setattr("transformers.AutoProcessor.from_pretrained", pytest.fail)
    flip(copied / "tokenizer.json")
    with pytest.raises(RefusedError, match=r"tokenizer\.json"):
        open_model(settings)


def test_without_its_list_of_digests_the_model_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "_PINS", tmp_path / "weights.sha256")
    with pytest.raises(UnavailableError) as caught:
        catalog.phantom()
    assert (caught.value.code, caught.value.file) == ("model_missing", "weights.sha256")


def test_names_and_bytes_are_in_the_digest(copied: Path) -> None:
    one = catalog.phantom()
    renamed = one.model_copy(update={"files": {f"{name}.": digest for name, digest in one.files.items()}})
    changed = one.model_copy(update={"files": one.files | {"config.json": "0" * 64}})
    assert len({one.digest, renamed.digest, changed.digest}) == 3


def test_what_is_hashed(tmp_path: Path) -> None:
    """All that a loader may read, also where the folder itself lies in a `.cache`, as downloads do."""
    folder = tmp_path / ".cache" / "snapshot"
    for name in ("config.json", "sub/tokenizer.json", "README.md", ".cache/huggingface/config.json.lock"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name, encoding="utf-8")
    (folder / ".cache" / "huggingface" / "config.json.metadata").write_text("x", encoding="utf-8")
    assert set(catalog.hash_folder(folder)) == {"config.json", "sub/tokenizer.json"}


def test_the_identity_is_that_of_the_files(settings: Settings) -> None:
    found = identify(settings)
    assert (found.name, found.digest) == ("phantom", catalog.phantom().digest)
    assert found.revision == found.digest[:12]


def test_the_doctor_names_what_is_wrong_and_goes_on(
    copied: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(copied / "none"))
    flip(copied / "config.json")
    found = {look.name: look for look in doctor.report(settings)}
    assert not found["embedded model"].ok and "config.json" in found["embedded model"].detail
    assert not found["MedGemma"].ok and "prelim model add medgemma" in found["MedGemma"].detail
    assert found["sentence encoder"].ok and found["data folder"].ok and found["GPU"].ok
