"""Wrong numbers: a digit, the decimal point, another row's value, the comparator."""

import re
from collections.abc import Iterator

from tests.mutators.drafts import ISO, Json, Mutation, Rng, statements
from tests.mutators.wordings import Bank, reworded_result

_NUMBER = re.compile(r"(?<![\w.^/])\d+(?:\.\d+)?(?![\w^]|\.\d|-\d\d-)")
_WORDS = ("two", "three", "four", "five", "six", "seven", "ten")
_WORD = re.compile(rf"\b({'|'.join(_WORDS)})\b")
_COMPARED = re.compile(r"[<>](?=\d)")


def mutations(draft: Json, rng: Rng, bank: Bank) -> Iterator[Mutation]:
    """Wrong numbers in every statement that has one."""
    values = {found.group() for _, one in statements(draft) for found in _numbers(one["text"])}
    for _, one in statements(draft):
        text = one["text"]
        for found in _numbers(text):
            for way, wrong in _wrong(found.group(), sorted(values), rng):
                after = text[: found.start()] + wrong + text[found.end() :]
                yield Mutation("number", way, one["id"], text, after, in_place=True)
                if reworded := reworded_result(rng, bank, after):
                    yield Mutation("number", f"{way}, reworded", one["id"], text, reworded)
        for found in _WORD.finditer(text):
            wrong = str(rng.choice([word for word in _WORDS if word != found.group()]))
            after = text[: found.start()] + wrong + text[found.end() :]
            yield Mutation("number", "word", one["id"], text, after, in_place=True)
        for found in _COMPARED.finditer(text):
            turned = {"<": ">", ">": "<"}[found.group()]
            after = text[: found.start()] + turned + text[found.end() :]
            yield Mutation("number", "comparator", one["id"], text, after, in_place=True)


def _numbers(text: str) -> Iterator[re.Match[str]]:
    """The numbers of a text that are no part of a date or a unit."""
    taken = [found.span() for found in ISO.finditer(text)]
    for found in _NUMBER.finditer(text):
        if not any(start <= found.start() < end for start, end in taken):
            yield found


def _wrong(number: str, others: list[str], rng: Rng) -> Iterator[tuple[str, str]]:
    """(way, wrong number); none that is worth the same."""
    made = [("digit", _digit(number, rng)), ("decimal", _moved(number))]
    if others:
        made.append(("another's", others[int(rng.integers(len(others)))]))
    for way, wrong in made:
        if float(wrong) != float(number):
            yield way, wrong


def _digit(number: str, rng: Rng) -> str:
    places = [place for place, sign in enumerate(number) if sign.isdigit()]
    place = int(rng.choice(places))
    wrong = str(rng.choice([sign for sign in "0123456789" if sign != number[place]]))
    return number[:place] + wrong + number[place + 1 :]


def _moved(number: str) -> str:
    """The decimal point one place on, or put in."""
    if "." in number:
        whole, part = number.split(".")
        return f"{whole}{part[0]}.{part[1:]}".rstrip(".").lstrip("0") or "0"
    return f"{number[:-1] or '0'}.{number[-1]}"
