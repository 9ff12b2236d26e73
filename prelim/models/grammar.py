"""Answers held to a JSON schema with llguidance: which tokens may come next, and which must."""

import json
from collections.abc import Sequence
from typing import Any

import llguidance
import llguidance.hf
import numpy as np
import torch

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


class GrammarGuide:
    """One answer's place in its grammar (`engine.Guide`). RuntimeError where a token outside it is accepted."""

    def __init__(self, tokenizer: llguidance.LLTokenizer, grammar: str, vocabulary: int) -> None:
        self._matcher = llguidance.LLMatcher(tokenizer, grammar)
        self._vocabulary = vocabulary

    @property
    def finished(self) -> bool:
        """Whether the answer is whole and nothing may follow."""
        return bool(self._matcher.is_stopped())

    def allowed(self) -> torch.Tensor:
        """(vocabulary,) bool: the tokens that keep the answer inside its grammar."""
        bits = np.zeros((self._vocabulary + 31) // 32, np.int32)
        self._matcher.unsafe_compute_mask_ptr(bits.ctypes.data, bits.nbytes)
        return torch.from_numpy(np.unpackbits(bits.view(np.uint8), bitorder="little")[: self._vocabulary].astype(bool))

    def accept(self, token: int) -> list[int]:
        """Go on by a token, and by those that the grammar leaves no choice about, as the tokenizer would cut them."""
        self._consume([token])
        forced: list[int] = self._matcher.compute_ff_tokens()
        self._consume(forced)
        return forced

    def _consume(self, tokens: list[int]) -> None:
        if not self._matcher.consume_tokens(tokens):
            raise RuntimeError(self._matcher.get_error())
