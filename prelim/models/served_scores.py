"""Closed questions answered by a server, whose tokens are known as text alone."""

import math
import re
from collections.abc import Mapping, Sequence

from prelim.models.interface import Score

_SPACE = " ▁"
"""How a leading space is written: as itself, or as SentencePiece does."""


def refuse_alike(choices: Sequence[str]) -> None:
    """ValueError where one choice begins another: no first token could tell them apart."""
    folded = [choice.casefold() for choice in choices]
    if any(a.startswith(b) for i, a in enumerate(folded) for j, b in enumerate(folded) if i != j):
        raise ValueError(f"choices that begin with the same token: {', '.join(choices)}")


def shares(top: Mapping[str, float], choices: Sequence[str]) -> Score:
    """Each choice's share, summed over the tokens that spell or begin it alone. `top`: token to log-probability.

    What is not among the likeliest tokens counts as nothing: a share is never too large.
    """
    found = dict.fromkeys(choices, 0.0)
    for token, logprob in top.items():
        meant = [choice for choice in choices if _begins(token.lstrip(_SPACE), choice)]
        if len(meant) == 1:
            found[meant[0]] += math.exp(logprob)
    return Score(probabilities=found, mass=sum(found.values()))


def _begins(word: str, choice: str) -> bool:
    """As written or capitalised. A single letter begins too much else."""
    return len(word) >= min(2, len(choice)) and any(said.startswith(word) for said in (choice, choice.capitalize()))


def said(answer: str | None, choices: Sequence[str]) -> Score:
    """A greedy answer without probabilities: the one choice that it begins with."""
    meant = [choice for choice in choices if re.match(rf"\W*{re.escape(choice)}\b", answer or "", re.IGNORECASE)]
    return Score(probabilities=None, mass=0.0, said=meant[0] if len(meant) == 1 else None)
