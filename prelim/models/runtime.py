"""Gemma 3 in process: conversations in, logits and tokens out. Knows torch and transformers, no LangChain.

Decoding is greedy always. `token_type_ids` are always passed: without them attention inside an image silently
becomes causal. One caller at a time; the lock is in the chat model.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import torch
from PIL import Image
from transformers import LogitsProcessorList, StoppingCriteriaList, StopStringCriteria

from prelim.imaging.square import Square
from prelim.models.grammar import Constraint, tokenizer_of

Turn = dict[str, Any]
"""A turn for the chat template: {"role", "content": [{"type": "text", "text"} | {"type": "image", "image"}]}."""
Conversation = list[Turn]
_IMAGES_AT_ONCE = 8


class _Features:
    """Vision features, one entry an image placeholder, as the model takes them ready made."""

    def __init__(self, pooler_output: torch.Tensor) -> None:
        self.pooler_output = pooler_output


class Runtime:
    """A loaded model with its processor."""

    def __init__(self, model: Any, processor: Any) -> None:
        self.model, self.processor, self.tokenizer = model.eval(), processor, processor.tokenizer
        ends = model.generation_config.eos_token_id
        self.ends: list[int] = ends if isinstance(ends, list) else [ends]
        self.vocabulary: int = model.config.text_config.vocab_size
        self.image_token: int = model.config.image_token_id
        self._guide = tokenizer_of(self.tokenizer, self.vocabulary, self.ends)

    # -------------------------------------------------------------- inputs

    def text_of(self, conversation: Conversation) -> str:
        """The conversation as the template writes it, image placeholders spelt out, the model's turn begun."""
        text = self.processor.apply_chat_template(conversation, tokenize=False, add_generation_prompt=True)
        return str(text).replace(self.processor.boi_token, self.processor.full_image_sequence)

    def _encode(self, texts: Sequence[str]) -> dict[str, torch.Tensor]:
        """Left-padded ids. The template has written <bos>, so none is added."""
        batch = self.tokenizer(
            list(texts), add_special_tokens=False, padding=True, padding_side="left", return_tensors="pt"
        )
        ids = batch["input_ids"]
        types = (ids == self.image_token).long()
        inputs = {"input_ids": ids, "attention_mask": batch["attention_mask"], "token_type_ids": types}
        return {name: tensor.to(self.model.device) for name, tensor in inputs.items()}

    def _see(self, images: Sequence[Image.Image]) -> dict[str, Any]:
        """Vision features for every placeholder; an image that stands in several conversations is encoded once."""
        if not images:
            return {}
        digests = [hashlib.sha256(f"{image.mode} {image.size}".encode() + image.tobytes()).digest() for image in images]
        unique = dict(zip(digests, images, strict=True))
        pixels = self._pixels(list(unique.values()))
        chunks = torch.split(pixels, _IMAGES_AT_ONCE)
        features = torch.cat([self.model.model.get_image_features(chunk).pooler_output for chunk in chunks])
        order = list(unique)
        picked = features[[order.index(digest) for digest in digests]]
        return {"mm_encoder_outputs": {"image": _Features(picked)}}

    def _pixels(self, images: Sequence[Image.Image]) -> torch.Tensor:
        """Each image in its centred square (the processor would squash it), then as the processor makes it."""
        squares = [Square(image.height, image.width).pad(image.convert("RGB")) for image in images]
        made = self.processor.image_processor(squares, return_tensors="pt", do_pan_and_scan=False)
        return made["pixel_values"].to(self.model.device, self.model.dtype)  # type: ignore[no-any-return]

    # -------------------------------------------------------------- answers

    @torch.inference_mode()
    def next_token(self, conversations: Sequence[Conversation]) -> torch.Tensor:
        """(n, vocabulary) probabilities at each conversation's first answer position, in one pass."""
        inputs = self._encode([self.text_of(conversation) for conversation in conversations])
        seen = self._see([image for conversation in conversations for image in images_of(conversation)])
        logits = self.model(**inputs, **seen, logits_to_keep=1, use_cache=False).logits[:, -1]
        return torch.softmax(logits.float(), -1).cpu()

    @torch.inference_mode()
    def generate(
        self,
        conversations: Sequence[Conversation],
        max_new_tokens: int,
        *,
        begun: str = "",
        grammars: Sequence[str] | None = None,
        stop: str | None = None,
    ) -> list[tuple[str, bool]]:
        """Greedy continuations of the conversations, each with whether it ended of itself.

        `begun` are words the model is held to have said already; `grammars` hold each continuation to its own;
        `stop` ends a continuation once it was written.
        """
        inputs = self._encode([self.text_of(conversation) + begun for conversation in conversations])
        images = [image for conversation in conversations for image in images_of(conversation)]
        if images:
            inputs["pixel_values"] = self._pixels(images)
        length = inputs["input_ids"].shape[1]
        more: dict[str, Any] = {}
        if grammars:
            constraint = Constraint(self._guide, grammars, length, self.ends)
            more["logits_processor"] = LogitsProcessorList([constraint])
        if stop:
            more["stopping_criteria"] = StoppingCriteriaList([StopStringCriteria(self.tokenizer, stop)])
        made = self.model.generate(**inputs, do_sample=False, max_new_tokens=max_new_tokens, **more)
        return [self._said(row, stop) for row in made[:, length:].tolist()]

    def _said(self, tokens: list[int], stop: str | None) -> tuple[str, bool]:
        """The text of new tokens up to the end, and whether there was one."""
        end = next((index for index, token in enumerate(tokens) if token in self.ends), None)
        text = str(self.tokenizer.decode(tokens[:end], skip_special_tokens=True))
        return text, end is not None or bool(stop and stop in text)

    def first_tokens(self, choice: str) -> set[int]:
        """The tokens an answer with this choice may begin with: as written, and capitalised."""
        spellings = (choice, choice.capitalize())
        return {self.tokenizer(text, add_special_tokens=False).input_ids[0] for text in spellings}


def images_of(conversation: Conversation) -> list[Image.Image]:
    """The images of a conversation in their order."""
    return [part["image"] for turn in conversation for part in turn["content"] if part["type"] == "image"]
