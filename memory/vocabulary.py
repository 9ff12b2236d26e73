"""The words by which a question names things, from question_words.yaml and the laboratory table."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from memory.lexical import stems
from prelim.knowledge.labs import lab_table, plain_name
from prelim.knowledge.phrases import Phrases

Ways = tuple[frozenset[str], ...]
"""Ways to say one thing, each the stems that stand together."""
_DIFFERENT = {"ratio", "index", "clearance"}
"""Words that make another test of a test's name: an albumin creatinine ratio is no albumin."""


class Vocabulary(NamedTuple):
    """`asked` finds what a question names, each meaning a kind and a value ("type lab", "test potassium").

    `images`, `regions` and `specimens` find in a record's text which kinds of image, body regions and specimens it is
    of. `codes` maps LOINC codes to tests, `names` printed names. `ways` maps "test …" and "short …" to how texts
    say them.
    """

    asked: Phrases
    images: Phrases
    regions: Phrases
    specimens: Phrases
    modalities: dict[str, str]
    codes: dict[str, str]
    names: dict[str, str]
    ways: dict[str, Ways]
    counts: dict[str, int]


@cache
def vocabulary() -> Vocabulary:
    """All of it, read once."""
    data: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "question_words.yaml").read_text(encoding="utf-8"))
    names, codes = _tests(data)
    said = [
        *((_either_number(name), f"test {test}") for name, test in names.items() if name not in data["other_words"]),
        *((short, f"short {short}") for short in data["abbreviations"]),
    ]
    modalities, regions = data["modalities"], data["regions"]
    return Vocabulary(
        asked=Phrases([*_meanings(data), *said]),
        images=Phrases((word, kind) for kind, given in modalities.items() for word in given["words"]),
        regions=Phrases((word, name) for name, given in regions.items() for word in given["words"] + _tells(given)),
        specimens=Phrases((word, name) for name, words in data["specimens"].items() for word in words),
        modalities={code: kind for kind, given in modalities.items() for code in given["codes"]},
        codes=codes,
        names=names,
        ways=_ways(data, names),
        counts=data["counts"],
    )


def _either_number(phrase: str) -> str:
    """A phrase whose last word may stand in the plural; a letter has none: "hemoglobin as" is not said."""
    last = phrase.rpartition(" ")[2]
    return f"{phrase}|{last}s" if len(last) > 1 else phrase


def _tells(region: dict[str, list[str]]) -> list[str]:
    return region.get("tells", [])


def _meanings(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for kind, table in (("type", "types"), ("view", "views"), ("order", "orders"), ("specimen", "specimens")):
        yield from ((word, f"{kind} {value}") for value, words in data[table].items() for word in words)
    for kind, table in (("modality", "modalities"), ("region", "regions")):
        yield from ((word, f"{kind} {value}") for value, given in data[table].items() for word in given["words"])
    for kind in ("earlier", "active", "ended", "noise"):
        yield from ((word, f"{kind} {kind}") for word in data[kind])


def _tests(data: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Names and codes of tests and measurements, each to the series of results that are followed together."""
    table, same = lab_table(), data["asked_together"]
    series = {key: same.get(one.series, one.series) for key, one in table.analytes.items()}
    names = {name: series[keys[0]] for name, keys in table.names.items()}
    codes = {code: series[meaning.analyte.key] for code, meaning in table.codes.items()}
    for test, given in data["measurements"].items():
        names |= dict.fromkeys(given["names"], test)
        codes |= {code: test for code in given["codes"]}
    for test, more in data["said_tests"].items():
        names |= {name: names.get(test, test) for name in more if name not in names}
    return names, codes


def _ways(data: dict[str, Any], names: dict[str, str]) -> dict[str, Ways]:
    ways: dict[str, list[frozenset[str]]] = {}
    for name, test in names.items():
        ways.setdefault(f"test {test}", []).append(frozenset(stems(name)))
    for short, long in data["abbreviations"].items():
        ways[f"short {short}"] = [frozenset(stems(short)), frozenset(stems(long))]
    return {meaning: tuple(dict.fromkeys(said)) for meaning, said in ways.items()}


@lru_cache(maxsize=10_000)
def test_of(title: str, loinc: str | None) -> str | None:
    """Which test a result is of: by its code, else by the name that its title begins with."""
    known = vocabulary()
    if loinc in known.codes:
        return known.codes[loinc]
    words = plain_name(re.sub(r"\[[^]]*\]", " ", title)).split()
    for count in range(len(words), 0, -1):
        test = known.names.get(" ".join(words[:count]))
        if test:
            return None if _is_other(words, count) else test
    return None


def _is_other(words: list[str], count: int) -> bool:
    """Whether what follows a test's name makes it another test: a ratio, or a second test's name."""
    rest = words[count:]
    second = any(" ".join(rest[:size]) in vocabulary().names for size in range(1, 4))
    return bool(_DIFFERENT & set(rest)) or (second and rest[0] != words[0])
