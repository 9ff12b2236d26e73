"""Volumes, slides and films made by hand, and a model that answers as it is told, for what is read of them."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from langchain_core.messages import BaseMessage
from PIL import Image as Picture

from memory.artifacts import Artifacts
from prelim.models.card import Card, read_card
from prelim.models.interface import ChatModel, Score
from prelim.models.loading import CARDS
from prelim.types import Image, ImageSet, ModelIdentity, Series, Study, digest_of

SIDE_PX = 24


def study_of(*series: Series, role: Any = "current", date: str | None = "2026-03-02") -> Study:
    uid = series[0].study_instance_uid
    return Study(study_instance_uid=uid, date=date, role=role, series=series)


def series_of(
    artifacts: Artifacts,
    modality: str,
    body_part: str = "",
    *,
    kind: str = "volume",
    count: int = 3,
    total: int = 0,
    uid: str = "1.2.3",
    study_uid: str = "1.2",
    **more: Any,
) -> Series:
    """A series of drawn squares: RGB for CT, slides and photographs, grey else; columns run to the patient's left."""
    flaws, columns_to = more.pop("flaws", ()), more.pop("columns_to", "L")
    total = total or count
    images = tuple(
        Image(
            sop_instance_uid=f"{uid}.{position + 1}",
            pixels_sha256=artifacts.put(png(number, modality in ("CT", "SM", "XC", "OP"))),
            rows=SIDE_PX,
            columns=SIDE_PX,
            columns_to=columns_to,
            rows_to="P" if columns_to else None,
            orientation_from="tag" if columns_to else "unknown",
            position=int(position),
            flaws=flaws,
        )
        for number, position in enumerate(np.linspace(0, total - 1, count).round().astype(int))
    )
    given = {"spacing_mm": (1.25, 0.7, 0.7), "frames": total, "shape": (total, SIDE_PX, SIDE_PX)} | more
    return Series(
        study_instance_uid=study_uid,
        series_instance_uid=uid,
        modality=modality,
        body_part=body_part,
        kind=kind,  # type: ignore[arg-type]
        image_set=ImageSet(images=images, total=total),
        **given,
    )


def png(number: int, colour: bool) -> bytes:
    pixels = np.full((SIDE_PX, SIDE_PX, 3), (10 + number, 100 + number, 200), np.uint8)
    out = io.BytesIO()
    Picture.fromarray(pixels if colour else pixels[..., 0]).save(out, "PNG")
    return out.getvalue()


class Scripted(ChatModel):
    """Says yes to the findings that are `present`, calls images readable or not, and writes `prose`.

    `confused` are findings on which it contradicts itself. It keeps every message that it was given.
    """

    present: tuple[str, ...] = ()
    confused: tuple[str, ...] = ()
    readable: bool = True
    prose: str = ""
    ended: bool = True
    asked: list[Any]
    limits: list[int]

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _answer(self, messages: Sequence[BaseMessage]) -> tuple[str | None, bool]:
        self.asked.append(messages)
        self.limits.append(self.max_new_tokens)
        return (self.prose if "Describe" in text_of(messages) else "") or None, self.ended

    def score_all(self, conversations: Any, choices: Sequence[str]) -> list[Score]:
        self.asked.extend(conversations)
        return [self._score(text_of(messages)) for messages in conversations]

    def _score(self, text: str) -> Score:
        negated = any(word in text for word in ("unreadable", " free of ", " absent "))
        there = self.readable if "readable" in text else any(phrase in text for phrase in self.present)
        yes = True if any(phrase in text for phrase in self.confused) else there != negated
        return Score(probabilities={"yes": 0.98, "no": 0.01} if yes else {"yes": 0.01, "no": 0.98}, mass=0.99)

    def structured_all(self, conversations: Any, *given: Any, **named: Any) -> Any:
        return [None] * len(conversations)

    def answers_after(self, *given: Any, **named: Any) -> Any:
        raise NotImplementedError


def scripted_model(card: Card | None = None, **script: Any) -> Scripted:
    """A scripted model with MedGemma's card; each script is another model."""
    card = card or read_card(CARDS["medgemma"])
    identity = ModelIdentity(name="scripted", revision="1", digest=digest_of(repr(script)), card=card.digest)
    return Scripted(identity=identity, card=card, asked=[], limits=[], **script)


def text_of(messages: Sequence[BaseMessage]) -> str:
    """What was said to the model, without images."""
    return "\n".join(block["text"] for block in messages[0].content if block["type"] == "text")  # type: ignore[index]


def shape_of(messages: Sequence[BaseMessage]) -> list[str]:
    """A turn's blocks in their order: texts as they are, each image as "image"."""
    return [block.get("text", "image") for block in messages[0].content]  # type: ignore[union-attr]
