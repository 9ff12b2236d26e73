"""How a question is put: what all questions share first, the images, the question last (design: idea 4)."""

import base64
import binascii
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from langchain_core.messages import BaseMessage, HumanMessage
from PIL import Image

_REMEMBERED = 32
"""Images whose base64 is at hand: a case asks dozens of questions about the same few."""


@dataclass(frozen=True)
class Encoded:
    """An image as it came, PNG or JPEG, known by its digest; decoded only when its features are not held."""

    digest: str
    data: bytes

    def open(self) -> Image.Image:
        """The image, RGB."""
        return Image.open(io.BytesIO(self.data)).convert("RGB")


@lru_cache(_REMEMBERED)
def to_base64(data: bytes) -> str:
    """For a message block."""
    return base64.b64encode(data).decode()


@lru_cache(_REMEMBERED)
def from_base64(text: str) -> Encoded:
    """From a message block. ValueError where it is not base64, OSError where it is no image."""
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("an image block is not base64") from error
    Image.open(io.BytesIO(data)).close()  # the header alone
    return Encoded(hashlib.sha256(data).hexdigest(), data)


def ask(text: str, images: Sequence[bytes] = (), preamble: str = "") -> list[BaseMessage]:
    """One human turn: preamble, then the images (PNG or JPEG bytes), then the question."""
    blocks: list[str | dict[str, str]] = []
    if preamble:
        blocks.append({"type": "text", "text": preamble})
    for data in images:
        kind = "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
        blocks.append({"type": "image", "base64": to_base64(data), "mime_type": kind})
    blocks.append({"type": "text", "text": text})
    return [HumanMessage(content=blocks)]
