"""The words by which a report tells a course, and the scales of extent and severity. Data, not code: course.yaml."""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from prelim.knowledge import rules
from prelim.knowledge.phrases import Phrases


class CourseWords(NamedTuple):
    """`subjects` means "whole" (of the film) or "elsewhere", `since` "before" or "else", a scale the number of a step.

    The sets hold single words in lower case: `appearance`, that may be no change; `doubted`, that make one uncertain;
    `bare`, of a sentence that is about the film. A scale in `greatest` has the greater of two steps. `zones` means a
    zone or "whole". `kinds` maps a finding to those that are kinds of it. `no_course` are labels whose coming and going
    tells nothing of a disease.
    """

    subjects: Phrases
    advice: Phrases
    since: Phrases
    appearance: frozenset[str]
    doubted: frozenset[str]
    no_comparison: Phrases
    bare: frozenset[str]
    scales: dict[str, Phrases]
    greatest: frozenset[str]
    zones: Phrases
    kinds: dict[str, tuple[str, ...]]
    no_course: frozenset[str]


@cache
def course_words() -> CourseWords:
    """The table in course.yaml."""
    data: dict[str, Any] = yaml.safe_load((Path(__file__).with_name("course.yaml")).read_text(encoding="utf-8"))
    zones = [*((word, zone) for zone, words in data["zones"].items() for word in words)]
    devices = {label for label, rule in rules().items() if rule.region == "devices"}
    return CourseWords(
        subjects=_phrases({name: data[name] for name in ("whole", "elsewhere")}),
        advice=_phrases({"advice": data["advice"]}),
        since=_phrases({"before": data["since_before"], "else": data["since_else"]}),
        appearance=frozenset(data["appearance"]),
        doubted=frozenset(data["doubted"]),
        no_comparison=_phrases({"none": data["no_comparison"]}),
        bare=frozenset(data["bare"]),
        scales={name: _phrases(dict(enumerate(steps))) for name, steps in data["scales"].items()},
        greatest=frozenset(data["greatest"]),
        zones=Phrases([*zones, *((word, "whole") for word in data["whole_lung"])]),
        kinds={label: tuple(kinds) for label, kinds in data["kinds"].items()},
        no_course=frozenset(data["no_course"]) | devices,
    )


def _phrases(words: dict[Any, list[str]]) -> Phrases:
    return Phrases((word, str(meaning)) for meaning, some in words.items() for word in some)
