"""What MedGemma 1.5 4B must look like, checked on its config and on the shapes in its weights' headers.

Source: the Gemma 3 4B configuration (the architecture is the same). A difference is named, never guessed around.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from prelim.errors import InputError, UnavailableError
from prelim.models import catalog
from prelim.models.catalog import Pinned

REPOSITORY = "google/medgemma-1.5-4b-it"
OBTAIN = (
    f"Accept the HAI-DEF terms at huggingface.co/{REPOSITORY} with your account, run `hf auth login` and "
    f"`hf download {REPOSITORY}` on a machine with network, then `prelim model add medgemma FOLDER`."
)
CONFIG: Mapping[str, Any] = {
    "model_type": "gemma3",
    "text_config.hidden_size": 2560,
    "text_config.num_hidden_layers": 34,
    "text_config.intermediate_size": 10240,
    "text_config.num_attention_heads": 8,
    "text_config.num_key_value_heads": 4,
    "text_config.head_dim": 256,
    "text_config.sliding_window": 1024,
    "vision_config.hidden_size": 1152,
    "vision_config.num_hidden_layers": 27,
    "vision_config.num_attention_heads": 16,
    "vision_config.intermediate_size": 4304,
    "vision_config.image_size": 896,
    "vision_config.patch_size": 14,
    "mm_tokens_per_image": 256,
    "image_token_index": 262144,
}
EMBEDDING_SHAPE = (262208, 2560)
_DEFAULTS = {"num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "sliding_window": 1024}
"""Text fields that a published config may leave out, at the values of transformers' Gemma3TextConfig for the 4B."""
_NEEDED = ("config.json", "preprocessor_config.json", "tokenizer_config.json")


def add(
    home: Path,
    name: str,
    folder: Path,
    config: Mapping[str, Any] = CONFIG,
    embedding: tuple[int, int] = EMBEDDING_SHAPE,
) -> Pinned:
    """Check a folder's files and shapes and record their digests. InputError `wrong_model` names the difference."""
    if name != "medgemma":
        raise InputError("unknown_model", f"No model is called '{name}'.", "Known: medgemma, medasr.")
    folder = folder.expanduser().resolve()
    _check_there(folder, _NEEDED)
    try:
        _check_there(folder, _shards(folder))
        _check_config(json.loads((folder / "config.json").read_bytes()), config)
        _check_embedding(folder, embedding)
    except (ValueError, LookupError, SafetensorError) as error:
        raise InputError("wrong_model", f"A file is damaged: {error}.", f"Give the folder of {REPOSITORY}.") from error
    return catalog.record(home, name, folder)


def _check_there(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        if not (folder / name).is_file():
            raise UnavailableError("model_missing", f"{folder.name} lacks {name}.", OBTAIN, name)


def _shards(folder: Path) -> list[str]:
    """The weights' files by their index, where they are several: a broken-off download lacks some."""
    index = folder / "model.safetensors.index.json"
    return sorted(set(json.loads(index.read_bytes())["weight_map"].values())) if index.is_file() else []


def _check_config(found: dict[str, Any], expected: Mapping[str, Any]) -> None:
    for field, want in expected.items():
        value: Any = found
        for key in field.split("."):
            value = value.get(key, _DEFAULTS.get(key)) if isinstance(value, dict) else None
        if value != want:
            message = f"config.json: {field} is {value}, MedGemma 1.5 4B has {want}."
            raise InputError("wrong_model", message, f"Give the folder of {REPOSITORY}.", "config.json")


def _check_embedding(folder: Path, expected: tuple[int, int]) -> None:
    """The token embedding's shape, read from the safetensors headers alone."""
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise UnavailableError("model_missing", f"{folder.name} has no safetensors files.", OBTAIN, folder.name)
    for file in files:
        with safe_open(file, framework="np") as weights:
            for key in list(weights.keys()):
                if key.endswith("embed_tokens.weight"):
                    shape = tuple(weights.get_slice(key).get_shape())
                    if shape != expected:
                        message = f"{file.name}: {key} is {shape}, MedGemma 1.5 4B has {expected}."
                        raise InputError("wrong_model", message, f"Give the folder of {REPOSITORY}.", file.name)
                    return
    raise InputError(
        "wrong_model", "No token embedding in the weights.", f"Give the folder of {REPOSITORY}.", folder.name
    )
