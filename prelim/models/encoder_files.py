"""The files of a sentence encoder that a user names: what is there, what is refused, and one digest over all."""

import json
from pathlib import Path
from typing import Any

from prelim.errors import RefusedError, UnavailableError
from prelim.models.catalog import Pinned, hash_folder

_PICKLES = {".bin", ".pt", ".pth", ".pkl", ".ckpt"}
_OWN = "sentence_transformers."
_REMEDY = "Set `encoder` to minilm, or to the folder of a sentence-transformers or BERT model with safetensors weights."


def pinned_folder(named: str) -> Pinned:
    """The files in a folder with their hashes.

    UnavailableError `model_missing`: no folder, no model or no weights in it. RefusedError `pickled_weights`: weights
    that only unpickling could read; `foreign_code`: modules that are none of sentence-transformers' own.
    """
    folder = Path(named).expanduser()
    if not ((folder / "config.json").is_file() or is_sentence_model(folder)):
        raise UnavailableError("model_missing", f"No encoder is in the folder {folder.name}.", _REMEDY, folder.name)
    _refuse_foreign_code(folder)
    _refuse_pickles(folder)
    return Pinned(name=folder.name, revision="local", folder=str(folder), files=hash_folder(folder))


def is_sentence_model(folder: Path) -> bool:
    """Whether a folder says itself how tokens become a sentence's vector."""
    return (folder / "modules.json").is_file()


def _refuse_foreign_code(folder: Path) -> None:
    for module in _modules(folder):
        kind = str(module.get("type", "")) if isinstance(module, dict) else ""
        if not kind.startswith(_OWN):
            message = f"The encoder in {folder.name} wants code of its own ({kind[:60] or 'unnamed'})."
            raise RefusedError("foreign_code", message, _REMEDY, "modules.json")


def _modules(folder: Path) -> list[Any]:
    """What modules.json lists; none for a plain checkpoint."""
    if not is_sentence_model(folder):
        return []
    try:
        listed = json.loads((folder / "modules.json").read_bytes())
    except ValueError as error:
        message = f"The encoder's list of modules in {folder.name} is not JSON."
        raise UnavailableError("model_unusable", message, _REMEDY, "modules.json") from error
    return listed if isinstance(listed, list) else [listed]


def _refuse_pickles(folder: Path) -> None:
    """Weights that have no safetensors beside them; optimizer states and the like beside those are never read."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    safe = {path.parent for path in files if path.suffix == ".safetensors"}
    unsafe = [path for path in files if path.suffix in _PICKLES and path.parent not in safe]
    if unsafe:
        message = f"The encoder in {folder.name} has pickled weights only ({unsafe[0].name}): reading them runs code."
        raise RefusedError("pickled_weights", message, "Convert them to safetensors first.", unsafe[0].name)
    if not safe:
        raise UnavailableError("model_missing", f"The encoder in {folder.name} has no weights.", _REMEDY, folder.name)
