"""Messages as a server takes them: turns with images as data URLs, already in the square that MedGemma sees."""

import base64
import io
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from langchain_core.messages import BaseMessage
from PIL import Image

from prelim.imaging.coordinates import Coordinates
from prelim.models.messages import REMEMBERED, Encoded, conversation_of

SIDE_PX = 896
"""MedGemma's image side. A larger film is made smaller here, as its own processor does it: servers resize otherwise."""


def turns_of(messages: Sequence[BaseMessage]) -> list[dict[str, Any]]:
    """The turns of one conversation. ValueError as `conversation_of`."""
    return [{"role": turn["role"], "content": _content(turn["content"])} for turn in conversation_of(messages)]


def _content(parts: Sequence[dict[str, Any]]) -> str | list[dict[str, Any]]:
    """Words alone go as a string: not every server takes a system turn in parts."""
    if all(part["type"] == "text" for part in parts):
        return "\n".join(part["text"] for part in parts)
    return [part if part["type"] == "text" else _shown(part["image"]) for part in parts]


def _shown(image: Encoded) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": _url(image)}}


@lru_cache(REMEMBERED)
def _url(image: Encoded) -> str:
    return data_url(_squared(image.open()))


def _squared(image: Image.Image) -> Image.Image:
    """Centred and zero-padded, for the processor would squash it; never enlarged."""
    square = Coordinates(image.height, image.width).pad(image)
    return square if square.width <= SIDE_PX else square.resize((SIDE_PX, SIDE_PX), Image.Resampling.BILINEAR)


def data_url(image: Image.Image) -> str:
    """The image as a PNG data URL."""
    made = io.BytesIO()
    image.save(made, "PNG")
    return "data:image/png;base64," + base64.b64encode(made.getvalue()).decode()
