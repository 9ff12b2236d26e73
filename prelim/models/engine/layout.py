"""Where tokens stand, and which of them may look at which. Everything is said by position, nothing by slot.

The trap: transformers' sliding masks count slots of the cache. A suffix padded on its left after a shared prefix
shifts slots against positions, and its logits are wrong by a tenth of their deviation, with no error. Here a token
carries its position, the question it belongs to and its image, and the mask is computed from these.
"""

from typing import NamedTuple

import torch

SHARED, EMPTY = 0, -1


class Layout(NamedTuple):
    """Integer tensors (rows, tokens).

    position: in the token's own prompt, from 0. owner: the question it belongs to, from 1; SHARED: all may look at
    it; EMPTY: no token. image: the image it lies in, unique in a pass; -1: text.
    """

    position: torch.Tensor
    owner: torch.Tensor
    image: torch.Tensor

    @classmethod
    def shared(cls, start: int, end: int, device: torch.device) -> "Layout":
        """A prefix's tokens from one position up to another, (1, end - start)."""
        position = torch.arange(start, end, device=device)[None]
        return cls(position, torch.full_like(position, SHARED), torch.full_like(position, -1))

    def then(self, other: "Layout") -> "Layout":
        """These tokens and then the others."""
        return Layout(*(torch.cat(pair, 1) for pair in zip(self, other, strict=True)))

    def seen_by(self, asking: "Layout", window: int | None) -> torch.Tensor:
        """(rows, 1, asking, self) bool: what Gemma 3 lets each asking token look at among these.

        Backwards, and both ways inside an image; in a sliding layer, only what is less than `window` back (an image
        wider than the window included). An empty place sees empty places, so that no softmax is over nothing.
        """
        key, query = (Layout(*(part.unsqueeze(axis) for part in side)) for side, axis in ((self, 1), (asking, 2)))
        seen = (key.position <= query.position) | ((key.image == query.image) & (query.image >= 0))
        seen = seen & ((key.owner == query.owner) | (key.owner == SHARED))
        if window is not None:
            seen = seen & (key.position > query.position - window)
        return seen[:, None]
