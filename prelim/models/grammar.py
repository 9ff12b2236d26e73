"""Decoding under JSON schemas with llguidance: one matcher a row, masks on the logits."""

import json
from collections.abc import Sequence
from typing import Any

import llguidance
import llguidance.hf
import numpy as np
import torch
from transformers import LogitsProcessor

from prelim.models.answers import ITEM_SEPARATOR, KEY_SEPARATOR


def grammar_of(schema: dict[str, Any]) -> str:
    """The llguidance grammar of a JSON schema, printed exactly as `answers.dump` prints it."""
    guided = schema | {
        "x-guidance": {
            "whitespace_flexible": False,
            "item_separator": ITEM_SEPARATOR,
            "key_separator": KEY_SEPARATOR,
        }
    }
    return str(llguidance.LLMatcher.grammar_from_json_schema(json.dumps(guided)))


def tokenizer_of(tokenizer: Any, vocabulary: int, ends: Sequence[int]) -> llguidance.LLTokenizer:
    """llguidance's view of a tokenizer; `vocabulary` is the model's, which may be larger than the tokenizer's."""
    return llguidance.hf.from_tokenizer(tokenizer, n_vocab=vocabulary, eos_token=list(ends))


class Constraint(LogitsProcessor):  # type: ignore[misc]
    """Allows only tokens that keep each row inside its grammar; a finished row may only end.

    Raises RuntimeError where the matcher refuses a token that its own mask allowed.
    """

    def __init__(self, tokenizer: llguidance.LLTokenizer, grammars: Sequence[str], prompt: int, ends: Sequence[int]):
        self._matchers = [llguidance.LLMatcher(tokenizer, grammar) for grammar in grammars]
        self._seen, self._ends = prompt, list(ends)
        self._done = [False] * len(self._matchers)

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.Tensor:
        for row, fresh in enumerate(input_ids[:, self._seen :].tolist()):
            self._consume(row, fresh)
        self._seen = input_ids.shape[1]
        allowed = torch.stack([self._allowed(row, scores.shape[-1]) for row in range(len(self._matchers))])
        return scores.masked_fill(~allowed.to(scores.device), float("-inf"))

    def _consume(self, row: int, tokens: list[int]) -> None:
        for token in tokens:
            self._done[row] = self._done[row] or token in self._ends
            if not self._done[row] and not self._matchers[row].consume_token(token):
                raise RuntimeError(self._matchers[row].get_error())

    def _allowed(self, row: int, vocabulary: int) -> torch.Tensor:
        """A boolean mask over the vocabulary."""
        if self._done[row] or self._matchers[row].is_stopped():
            allowed = torch.zeros(vocabulary, dtype=torch.bool)
            allowed[self._ends] = True
            return allowed
        bits = np.zeros((vocabulary + 31) // 32, np.int32)
        self._matchers[row].unsafe_compute_mask_ptr(bits.ctypes.data, bits.nbytes)
        return torch.from_numpy(np.unpackbits(bits.view(np.uint8), bitorder="little")[:vocabulary].astype(bool))
