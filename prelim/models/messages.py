"""How a question is put: what all questions share first, the images, the question last (design: idea 4)."""

import base64
import binascii
import io
import re
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage
from PIL import Image

_CONTROL = re.compile(r"<(?=(?:start|end)_of_(?:turn|image)>|image_soft_token>|(?:bos|eos|pad|unk|mask|unused\d+)>)")
"""What would become a control token: a document's text must not end a turn or stand for an image."""
_ROLES = {"human": "user", "ai": "assistant", "system": "system"}


def ask(text: str, images: Sequence[bytes] = (), preamble: str = "") -> list[BaseMessage]:
    """One human turn: preamble, then the images (PNG or JPEG bytes), then the question."""
    blocks: list[str | dict[str, str]] = []
    if preamble:
        blocks.append({"type": "text", "text": preamble})
    for data in images:
        kind = "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
        blocks.append({"type": "image", "base64": base64.b64encode(data).decode(), "mime_type": kind})
    blocks.append({"type": "text", "text": text})
    return [HumanMessage(content=blocks)]


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
        return {"type": "image", "image": _image(block["base64"])}
    if block.get("type") == "image_url":
        url = block["image_url"]["url"] if isinstance(block["image_url"], dict) else block["image_url"]
        if url.startswith("data:"):
            return {"type": "image", "image": _image(url.partition(",")[2])}
    raise ValueError(f"a message block of type '{block.get('type')}' cannot be shown to the model")


def _image(encoded: str) -> Image.Image:
    try:
        return Image.open(io.BytesIO(base64.b64decode(encoded, validate=True))).convert("RGB")
    except binascii.Error as error:
        raise ValueError("an image block is not base64") from error
