"""What a question asks for, once it is understood: typed, so that it can be answered without a guess."""

from typing import Literal

from memory.periods import Window
from memory.vocabulary import Ways
from prelim.types import Value

Order = Literal["latest", "oldest", "highest", "lowest", "nearest"]


class Term(Value):
    """One thing that an answer has to mention, in any of these ways; `label` where it is a finding of the tables."""

    ways: Ways
    label: str | None = None


class Request(Value):
    """A question about one patient. Which patient is the caller's word, and no part of it.

    Empty sets bind nothing. `types` are record types; `tests`, `specimens`, `modalities`, `regions` and `views` keys of
    the vocabulary; `images`: it asks for images or what was said of them. `order` is None where relevance alone
    ranks; `skip`: how many of the order come before the one that is asked for, `count` how many are asked for.
    `active`: nothing that has ended. `asked` are the words by which the types were named, for a history that has none
    of them; `text` is the question itself, for a plain search.
    """

    types: frozenset[str] = frozenset()
    tests: frozenset[str] = frozenset()
    specimens: frozenset[str] = frozenset()
    images: bool = False
    modalities: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    views: frozenset[str] = frozenset()
    terms: tuple[Term, ...] = ()
    asked: tuple[Term, ...] = ()
    window: Window = Window()
    order: Order | None = None
    skip: int = 0
    count: int | None = None
    active: bool = False
    text: str = ""
