"""The words of a question that a record has to mention."""

import re

from agents.question import Question

OR = re.compile(r"\bor\b", re.I)
_CHARS = 200


def mentions_of(asked: Question) -> str:
    """The words that a record has to mention, kinds of image among them."""
    return " ".join(dict.fromkeys([*asked.kinds, words_of(asked)])).strip()[:_CHARS]


def words_of(asked: Question) -> str:
    """The findings that a question names, and its words that decided nothing."""
    named = [*(words for _, words in asked.labels), *(word.text for word in asked.left)]
    return " ".join(dict.fromkeys(named))[:_CHARS]


def either_of(asked: Question) -> list[str]:
    """What is to be mentioned; of words that "or" parts each by itself, since a record may well have the one."""
    places = [match.start() for match in OR.finditer(asked.text)]
    sides: dict[int, list[str]] = {}
    for word in asked.left:
        sides.setdefault(sum(place < word.start for place in places), []).append(word.text)
    if asked.labels or asked.kinds or len(sides) < 2:
        return [mentions_of(asked)]
    return [" ".join(dict.fromkeys(words))[:_CHARS] for words in sides.values()]
