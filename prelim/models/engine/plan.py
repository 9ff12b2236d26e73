"""Which prompts are asked together: those that begin alike, in packs of bounded size.

What they share is a prefix: everything up to the end of their last image, or, where there are no images, the text
that all of a call begin with. It depends on the call alone, never on what is held.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from prelim.models.engine.prompt import Prompt, Units, common

_SHARED_TEXT = 32
"""A shorter text in common is asked again with each question: holding it would cost a pass."""


class Pack(NamedTuple):
    """Questions (their places among the prompts) to be asked in one pass behind one prefix."""

    prefix: Units
    members: list[int]


def plan(prompts: Sequence[Prompt], pack_tokens: int) -> list[Pack]:
    """Every prompt in one pack, those of the same images in packs of the same prefix."""
    groups: dict[Units, list[int]] = {}
    for n, prompt in enumerate(prompts):
        groups.setdefault(prompt.units[: prompt.images_end], []).append(n)
    units = [prompt.units for prompt in prompts]
    return [pack for prefix, members in groups.items() for pack in _packs(units, prefix, members, pack_tokens)]


def _packs(units: Sequence[Units], prefix: Units, members: Sequence[int], pack_tokens: int) -> Iterator[Pack]:
    prefix = prefix or _text_in_common([units[n] for n in members])
    some, size = list[int](), 0
    for n in members:
        own = len(units[n]) - len(prefix)  # behind the last image a unit is a token
        if own > pack_tokens:  # longer than a pack: a prefix of its own, but for its last token
            yield Pack(units[n][:-1], [n])
            continue
        if some and size + own > pack_tokens:
            yield Pack(prefix, some)
            some, size = [], 0
        some, size = [*some, n], size + own
    if some:
        yield Pack(prefix, some)


def _text_in_common(all_units: Sequence[Units]) -> Units:
    """The text that several prompts without images begin with; each keeps at least its last token."""
    first, *others = all_units
    shared = min((common(first, other) for other in others), default=0)
    shared = min(shared, *(len(units) - 1 for units in all_units))
    return first[:shared] if shared >= _SHARED_TEXT else ()
