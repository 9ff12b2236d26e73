"""The product's own wording, in YAML files beside this one, versioned by digest."""

import hashlib
import re
from functools import cache
from pathlib import Path

import yaml

_HERE = Path(__file__).parent
_FENCE = re.compile(r"<{3,}|>{3,}")


@cache
def _load(task: str) -> dict[str, str]:
    data: dict[str, str] = yaml.safe_load((_HERE / f"{task}.yaml").read_text(encoding="utf-8"))
    return data


def render(task: str, key: str = "question", **fields: str) -> str:
    """The wording `key` of `task` (a file name without its suffix) with its {fields} filled in.

    A field may be a document's text: the marks that fence it are taken apart there, so that it cannot end its fence.
    Raises KeyError for an unknown wording or a missing field.
    """
    fenced = {name: _FENCE.sub(lambda mark: " ".join(mark.group()), text) for name, text in fields.items()}
    return _load(task)[key].format(**fenced).strip()


@cache
def digest() -> str:
    """sha256 over every prompt file, names included."""
    sha = hashlib.sha256()
    for path in sorted(_HERE.glob("*.yaml")):
        sha.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return sha.hexdigest()
