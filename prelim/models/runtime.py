"""Gemma 3 in process: conversations in, probabilities and texts out. Knows the processor, no LangChain.

Decoding is greedy always. Any number of threads may ask; the engine's workers make batches of what is waiting.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

import torch

from prelim.errors import UnavailableError
from prelim.imaging.coordinates import Coordinates
from prelim.models.engine import (
    BusyError,
    Call,
    Engine,
    LateError,
    OutOfMemoryError,
    Picture,
    Pool,
    Prompt,
    Row,
    Sizes,
    Worker,
)
from prelim.models.grammar import GrammarGuide, tokenizer_of
from prelim.models.messages import Encoded

Turn = dict[str, Any]
"""A turn for the chat template: {"role", "content": [{"type": "text", "text"} | {"type": "image", "image"}]}."""
Conversation = list[Turn]
_AT_ONCE = 16
"""Prompts in one call: a call with many rows must wait until as many are free."""


class Runtime:
    """A processor and its model, one replica a device."""

    def __init__(
        self,
        models: Sequence[Any],
        processor: Any,
        *,
        cache_bytes: int | None = None,
        deadline_s: float = 600,
    ) -> None:
        self.processor, self.tokenizer, self.deadline_s = processor, processor.tokenizer, deadline_s
        self.pool = Pool([Worker(Engine(model, Sizes.of(model.device, cache_bytes))) for model in models])
        self.model = model = models[0]
        ends = model.generation_config.eos_token_id
        self.ends = frozenset(ends if isinstance(ends, list) else [ends])
        self.vocabulary: int = model.config.text_config.vocab_size
        self.image_token: int = model.config.image_token_id
        token, whole = processor.tokenizer.image_token, processor.full_image_sequence
        self._one_image: str = whole.replace(token * model.config.mm_tokens_per_image, token)
        self._guide = tokenizer_of(self.tokenizer, self.vocabulary, sorted(self.ends))
        self._tokenizing = Lock()

    # -------------------------------------------------------------- inputs

    def text_of(self, conversation: Conversation) -> str:
        """The conversation as the template writes it, each image one token, the model's turn begun."""
        text = self.processor.apply_chat_template(conversation, tokenize=False, add_generation_prompt=True)
        return str(text).replace(self.processor.boi_token, self._one_image)

    def prompts_of(self, conversations: Sequence[Conversation], begun: Sequence[str] | None = None) -> list[Prompt]:
        """What the engine is asked. The template has written <bos>, so none is added."""
        said = begun or [""] * len(conversations)
        texts = [self.text_of(turns) + words for turns, words in zip(conversations, said, strict=True)]
        with self._tokenizing:  # a fast tokenizer is not to be shared by threads
            encoded = self.tokenizer(texts, add_special_tokens=False)["input_ids"]
        return [
            Prompt.of(ids, [self._picture(image) for image in images_of(conversation)], self.image_token)
            for ids, conversation in zip(encoded, conversations, strict=True)
        ]

    def _picture(self, image: Encoded) -> Picture:
        return Picture(image.digest, lambda: self._pixels(image))

    def _pixels(self, image: Encoded) -> torch.Tensor:
        """(3, side, side): the image in its centred square (the processor would squash it), then as it makes it."""
        picture = image.open()
        square = Coordinates(picture.height, picture.width).pad(picture)
        made = self.processor.image_processor([square], return_tensors="pt", do_pan_and_scan=False)
        return made["pixel_values"][0]  # type: ignore[no-any-return]

    # -------------------------------------------------------------- answers

    def next_token(self, conversations: Sequence[Conversation], case: str = "") -> torch.Tensor:
        """(n, vocabulary) probabilities at each conversation's first answer position."""
        call = Call(case, self._deadline(), prompts=self.prompts_of(conversations))
        [logits] = self._answers([call])
        return torch.softmax(logits, -1)

    def generate(
        self,
        conversations: Sequence[Conversation],
        max_new_tokens: int,
        *,
        begun: Sequence[str] | None = None,
        grammars: Sequence[str] | None = None,
        stop: str | None = None,
        case: str = "",
    ) -> list[tuple[str, bool]]:
        """Greedy continuations of the conversations, each with whether it ended of itself.

        `begun` are the words each is held to have said already; `grammars` hold each continuation to its own; `stop`
        ends a continuation once it was written.
        """
        rows = [
            Row(
                prompt,
                max_new_tokens,
                self.ends,
                GrammarGuide(self._guide, grammars[n], self.vocabulary) if grammars else None,
                self._says(stop) if stop else None,
            )
            for n, prompt in enumerate(self.prompts_of(conversations, begun))
        ]
        parts = [rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE)]
        self._answers([Call(case, self._deadline(), rows=part) for part in parts])
        return [(str(self.tokenizer.decode(row.tokens, skip_special_tokens=True)), row.ended) for row in rows]

    def leave(self, case: str) -> None:
        """A case asks no more; what is kept of its images may go."""
        self.pool.leave(case)

    def _says(self, stop: str) -> Callable[[list[int]], bool]:
        """Whether the tokens' text has come to `stop`; a token is at least one byte, so as many are looked at."""
        length = len(stop.encode()) + 1
        return lambda tokens: stop in self.tokenizer.decode(tokens[-length:], skip_special_tokens=True)

    def _deadline(self) -> float:
        return time.monotonic() + self.deadline_s

    def _answers(self, calls: Sequence[Call]) -> list[Any]:
        """All calls' results. What ends the wait, an error or a Ctrl-C, cancels those that still wait."""
        with _named_errors():
            try:
                submitted = [self.pool.submit(call) for call in calls]
                return [call.future.result() for call in submitted]
            finally:
                for call in calls:
                    call.future.cancel()

    def first_tokens(self, choice: str) -> set[int]:
        """The tokens an answer with this choice may begin with: as written, and capitalised."""
        with self._tokenizing:
            spelt = self.tokenizer([choice, choice.capitalize()], add_special_tokens=False)["input_ids"]
        return {ids[0] for ids in spelt}


@contextmanager
def _named_errors() -> Iterator[None]:
    """The engine's errors under the names that users see. The case that asked can be resumed."""
    resume = "Then `prelim resume` the case."
    try:
        yield
    except OutOfMemoryError as error:
        remedy = f"Free GPU memory, or lower `cache_mib` in prelim.toml. {resume}"
        raise UnavailableError("model_out_of_memory", f"The model ran out of memory: {error}.", remedy) from error
    except LateError as error:
        remedy = f"Raise `deadline_s` in prelim.toml, or ask fewer cases at once. {resume}"
        raise UnavailableError("model_late", f"The model did not answer in time: {error}.", remedy) from error
    except BusyError as error:
        raise UnavailableError("model_busy", f"The model takes no more questions: {error}.", resume) from error


def images_of(conversation: Conversation) -> list[Encoded]:
    """The images of a conversation in their order."""
    return [part["image"] for turn in conversation for part in turn["content"] if part["type"] == "image"]
