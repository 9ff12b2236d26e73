"""The words of chat questions: what they ask for, and what is declined. Data: questions.yaml."""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from prelim.knowledge.phrases import Phrases


class QuestionWords(NamedTuple):
    """`asks` finds how a question wants its answer, `declined` what no look-up answers, `others` another person's data.

    `around` finds what is said and changes nothing; `groups` several tests by one name, their names joined by ", ";
    `drug_classes` kinds of drugs. `titles`, `eponyms` and `owners` tell people's names from others;
    `languages` maps a language to its small words.
    """

    asks: Phrases
    declined: Phrases
    others: Phrases
    around: Phrases
    groups: Phrases
    drug_classes: Phrases
    titles: frozenset[str]
    eponyms: frozenset[str]
    owners: frozenset[str]
    languages: dict[str, frozenset[str]]


@cache
def question_words() -> QuestionWords:
    """The table in questions.yaml."""
    data: dict[str, Any] = yaml.safe_load((Path(__file__).with_name("questions.yaml")).read_text(encoding="utf-8"))
    return QuestionWords(
        asks=_phrases(data["asks"]),
        declined=_phrases(data["declined"]),
        others=_phrases({"others": data["others"]}),
        around=_phrases({"around": data["around"]}),
        groups=_phrases({", ".join(one["tests"]): one["words"] for one in data["groups"]}),
        drug_classes=_phrases({"class": data["drug_classes"]}),
        titles=frozenset(data["titles"]),
        eponyms=frozenset(data["eponyms"]),
        owners=frozenset(data["owners"]),
        languages={name: frozenset(words) for name, words in data["languages"].items()},
    )


def _phrases(table: dict[str, list[str]]) -> Phrases:
    return Phrases((phrase, meaning) for meaning, phrases in table.items() for phrase in phrases)
