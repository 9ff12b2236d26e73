"""How a question is put: what all questions share first, the images, the question last (design: idea 4)."""

import base64
import binascii
import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage
from PIL import Image

_CONTROL = re.compile(r"<(?=(?:start|end)_of_(?:turn|image)>|image_soft_token>|(?:bos|eos|pad|unk|mask|unused\d+)>)")
"""What would become a control token: a document's text must not end a turn or stand for an image."""
_ROLES = {"human": "user", "ai": "assistant", "system": "system"}
REMEMBERED = 128
"""Images whose base64 is at hand: a case asks dozens of questions about the same, of a slide 125."""


@dataclass(frozen=True)
class Encoded:
    """An image as it came, PNG or JPEG, known by its digest; decoded only when its features are not held."""

    digest: str
    data: bytes

    def open(self) -> Image.Image:
        """The image, RGB."""
        return Image.open(io.BytesIO(self.data)).convert("RGB")


@lru_cache(REMEMBERED)
def to_base64(data: bytes) -> str:
    """For a message block."""
    return base64.b64encode(data).decode()


@lru_cache(REMEMBERED)
def from_base64(text: str) -> Encoded:
    """From a message block. ValueError where it is not base64, OSError where it is no image."""
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("an image block is not base64") from error
    Image.open(io.BytesIO(data)).close()  # the header alone
    return Encoded(hashlib.sha256(data).hexdigest(), data)


def ask(
    text: str,
    images: Sequence[bytes] = (),
    preamble: str = "",
    labels: Sequence[str] = (),
    *,
    question_first: bool = False,
) -> list[BaseMessage]:
    """One human turn: preamble, then the images (PNG or JPEG bytes), each followed by its label, then the question.

    `labels`: one an image, or none at all. `question_first` puts the question before the images.
    """
    shown: list[dict[str, str]] = []
    for number, data in enumerate(images):
        kind = "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
        shown.append({"type": "image", "base64": to_base64(data), "mime_type": kind})
        shown += [_text(labels[number])] if labels else []
    before = [_text(words) for words in (preamble, text if question_first else "") if words]
    blocks: list[str | dict[str, str]] = [*before, *shown, *([] if question_first else [_text(text)])]
    return [HumanMessage(content=blocks)]


def _text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


# ------------------------------------------------------------------ messages → turns


def conversation_of(messages: Sequence[BaseMessage]) -> list[dict[str, Any]]:
    """Turns for the chat template. Adjacent texts are merged: the template would join them without a space.

    ValueError for a role or a block that the template would drop or refuse.
    """
    turns = []
    for message in messages:
        if message.type not in _ROLES:
            raise ValueError(f"the chat template has no role '{message.type}'")
        turns.append({"role": _ROLES[message.type], "content": _parts(message.content)})
    return turns


def _parts(content: str | list[Any]) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    for block in [content] if isinstance(content, str) else content:
        part = _part(block)
        if part["type"] == "text" and parts and parts[-1]["type"] == "text":
            parts[-1] = {"type": "text", "text": f"{parts[-1]['text']}\n{part['text']}"}
        else:
            parts.append(part)
    return parts


def _part(block: str | dict[str, Any]) -> dict[str, Any]:
    if isinstance(block, str):
        return {"type": "text", "text": _CONTROL.sub("< ", block)}
    if block.get("type") == "text":
        return _part(str(block["text"]))
    if block.get("type") == "image" and "base64" in block:
        return {"type": "image", "image": from_base64(block["base64"])}
    if block.get("type") == "image_url":
        url = block["image_url"]["url"] if isinstance(block["image_url"], dict) else block["image_url"]
        if url.startswith("data:"):
            return {"type": "image", "image": from_base64(url.partition(",")[2])}
    raise ValueError(f"a message block of type '{block.get('type')}' cannot be shown to the model")
