"""How a question is put: what all questions share first, the images, the question last (design: idea 4)."""

import base64
from collections.abc import Sequence

from langchain_core.messages import BaseMessage, HumanMessage


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
