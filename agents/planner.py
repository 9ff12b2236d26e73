"""From a question to look-ups of the closed list, by rules: where it is plain, no model is asked."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from agents.chart import Chart
from agents.look_ups import (
    STEPS,
    Background,
    Compare,
    Findings,
    ImageQuestion,
    Place,
    Records,
    Results,
    Statements,
    Trend,
    arguments_of,
    look_up,
)
from agents.plan_results import EARLIER, makes_another, names_test, of_test, tests_in
from agents.plan_words import OR, either_of, mentions_of, words_of
from agents.question import Question
from memory.lexical import stems
from memory.periods import Window
from memory.ranking import by_title
from memory.vocabulary import vocabulary
from prelim.answer import LookUp
from prelim.knowledge.questions import question_words
from prelim.types import Section, Value

_BACKGROUND = ("condition", "medication", "allergy")
_CARRIED = ("since", "until", "near", "order", "count", "skip", "tell", "specimen")


class Planned(NamedTuple):
    """Look-ups, and the words of the question that none of them heeds; `plain`: nothing of weight is left over."""

    steps: tuple[LookUp, ...]
    unheeded: tuple[str, ...] = ()
    plain: bool = True


def planned(asked: Question, chart: Chart, before: Sequence[LookUp] = ()) -> Planned:
    """What to look up; `before` are the look-ups of the question that this one may go on from."""
    if before and (not asked.has_subject or (asked.follows and _only_subject(asked, chart))):
        return Planned(tuple(_carried(asked, chart, before))[:STEPS])
    return _fresh(asked, chart)


def _fresh(asked: Question, chart: Chart) -> Planned:
    if titled := by_title(chart.records, asked.request):
        tell: Any = asked.how("count", "date") or "value"
        named = Records(types=(titled[0].type,), mentions=titled[0].title[:200], tell=tell)
        return Planned((look_up("records", named),))
    other = [word for word in asked.left if word.of_test and makes_another(word.text, asked, chart)]
    if other:
        words = " ".join(f"{word.of_test} {word.text}" for word in other)
        return Planned((look_up("records", Records(mentions=words[:200])),))
    if tests := tests_in(asked, chart):
        left = [word for word in asked.left if not names_test(word.text, asked, chart)]
        steps = tuple(step for test in tests for step in of_test(test, asked, chart))
        return Planned(steps[:STEPS], tuple(word.text for word in left), not any(word.led for word in left))
    steps = tuple(look_up(name, arguments) for name, arguments in _overview(asked, chart) or _others(asked, chart))
    return Planned(steps[:STEPS], plain=bool(steps))


# ------------------------------------------------------------------ everything else


def _overview(asked: Question, chart: Chart) -> list[tuple[str, Value]]:
    """What is told of a patient as a whole, or of some days, where a question asks for nothing else."""
    if chart.draft or asked.labels or asked.left or asked.request.images or asked.request.types - {"note"}:
        return []
    if "summary" in asked.asks:
        listed = [("background", Background(kind=kind, active=True)) for kind in _BACKGROUND]
        return [*listed, ("records", Records(types=("encounter",), count=3))]
    since, until = asked.named.since, asked.named.until
    plain = not asked.request.types and not asked.request.order
    return [("records", Records(since=since, until=until))] if plain and (since or until) else []


def _others(asked: Question, chart: Chart) -> list[tuple[str, Value]]:
    """The look-ups of a question about no test."""
    if len({label for label, _ in asked.labels}) > 1 and (chart.draft or OR.search(asked.text)):
        alone = (asked._replace(labels=(one,)) for one in dict(asked.labels).items())
        return [step for one in alone for step in _others(one, chart)]
    request, window = asked.request, asked.request.window
    days: dict[str, Any] = {"since": window.since, "until": window.until}
    label, said = asked.labels[0] if asked.labels else (None, "")
    tell: Any = asked.how("count", "date") or "value"
    if chart.draft and (found := _of_case(asked, label, window)):
        return [found]
    background: list[Any] = [kind for kind in _BACKGROUND if kind in request.types]
    if not background and not request.types and question_words().drug_classes.find(asked.text):
        background = ["medication"]
    if background:
        active = request.active or "taking" in asked.text.lower()
        ended = not active and "ended" in asked.asks and not request.window.since
        return [
            ("background", Background(kind=kind, mentions=words, active=active, ended=ended, tell=tell, **days))
            for kind in background
            for words in either_of(asked)
        ]
    of_images = (chart.draft and label) or "finding" in request.types
    if not label and asked.left and "finding" in request.types and not request.images:  # of an examination by name
        return [("records", Records(mentions=mentions_of(asked), tell=tell, **days))]
    if of_images and not request.images and not request.types & {"report", "note"}:
        return [("findings", Findings(label=label, mentions=said, side=asked.side, **days))]
    if not asked.has_subject or not (request.types or request.images or mentions_of(asked) or any(window[:3])):
        return []
    order: Any = request.order if request.order in ("latest", "oldest", "nearest") else "latest"
    one = request.order in ("latest", "oldest", "nearest") and not request.count and tell != "count"
    searches = [
        Records(
            types=tuple(sorted(request.types)),
            mentions=words,
            near=window.near,
            order=order,
            count=1 if one and not _plural(asked) else request.count,
            skip=request.skip,
            tell=tell,
            images=request.images,
            flagged="lab" in request.types and "range" in asked.asks,
            **days,
        )
        for words in either_of(asked)
    ]
    return [("records", records) for records in searches]


def _of_case(asked: Question, label: str | None, window: Window) -> tuple[str, Value] | None:
    """What a question asks of the case at hand; None where it asks for the record."""
    request = asked.request
    texts = set() if request.images else request.types & {"report", "note"}
    if "comparison" in asked.asks and not texts:
        days = sorted({day for day in (window.since, window.until) if day})
        earlier, later = days if len(days) == 2 else (None, None)
        return "compare", Compare(label=label, earlier=earlier, later=later)
    if label and "where" in asked.asks:
        return "place", Place(label=label, side=asked.side)
    if "statement" in asked.asks and request.window == Window():
        return "statements", Statements(section=_section(asked.text), mentions=words_of(asked))
    if label and request.images and request.window == Window() and not request.order:
        return "image_question", ImageQuestion(label=label, side=asked.side)
    return None


def _section(text: str) -> Section | None:
    return next((section for word, section in _SECTIONS.items() if word in text.lower()), None)


_SECTIONS: dict[str, Section] = {
    "impression": "impression",
    "conclu": "impression",
    "summar": "impression",
    "recommend": "recommendation",
    "technique": "technique",
    "indication": "indication",
    "question": "indication",
    "reason": "indication",
    "why": "indication",
}


def _plural(asked: Question) -> bool:
    """Whether a question that names an order asks for several all the same ("the most recent procedures")."""
    return any(
        word.endswith("s") and not word.endswith(_NO_PLURALS) for word in asked.text.lower().rstrip(" ?!.").split()[-1:]
    )


_NO_PLURALS = ("is", "us", "ss", "was", "has", "does")


# ------------------------------------------------------------------ going on


def _only_subject(asked: Question, chart: Chart) -> bool:
    """Whether a question says what it is about and nothing of how: "and potassium?"."""
    request = asked.request
    return bool(tests_in(asked, chart)) and not (asked.asks or request.order or request.count or any(asked.named[:3]))


def _carried(asked: Question, chart: Chart, before: Sequence[LookUp]) -> list[LookUp]:
    """The question before, asked of another test, of other days, or in another way."""
    tests = tests_in(asked, chart)
    if tests:
        first = arguments_of(before[0])
        kept = {name: getattr(first, name) for name in _CARRIED if hasattr(first, name)}
        kind: type[Trend] | type[Results] = Trend if before[0].name == "trend" else Results
        kept = {name: value for name, value in kept.items() if name in kind.model_fields}
        return [look_up(before[0].name if kind is Trend else "results", kind(test=test, **kept)) for test in tests]
    return [_again(step, asked) for step in before]


def _again(step: LookUp, asked: Question) -> LookUp:
    """The same look-up with what this question says of time, order and answer."""
    arguments = arguments_of(step)
    request, window = asked.request, asked.named
    if isinstance(arguments, Findings) and arguments.label and "where" in asked.asks:
        return look_up("place", Place(label=arguments.label, side=asked.side or arguments.side))
    if isinstance(arguments, Trend) and (request.order or request.skip):
        arguments = Results(**arguments.model_dump())
    if isinstance(arguments, Results) and "trend" in asked.asks:
        arguments = Trend(test=arguments.test, specimen=arguments.specimen)
    changes: dict[str, Any] = _narrowed(asked)
    if any(window[:3]):
        order = "nearest" if window.near else "latest"
        changes |= {"since": window.since, "until": window.until, "near": window.near, "order": order}
        changes |= {"skip": 0, "tell": "value"}
    if request.order:
        changes |= {"order": request.order, "count": request.count or 1, "skip": request.skip}
    if EARLIER & set(stems(asked.text)) and not any(window[:3]):
        changes |= {"order": "latest", "count": 1, "skip": getattr(arguments, "skip", 0) + 1}
    if how := asked.how("count", "date", "range"):
        changes["tell"] = how
    if changes.get("tell") == "count":
        changes["count"] = None
    known = {name: value for name, value in changes.items() if name in type(arguments).model_fields}
    name = {Results: "results", Trend: "trend"}.get(type(arguments), step.name)
    return look_up(name, arguments.model_copy(update=known))


def _narrowed(asked: Question) -> dict[str, Any]:
    """What a question that goes on narrows the one before to: a side, what is active, what has ended."""
    hits = {hit.meaning for hit in vocabulary().asked.find(asked.text)}
    changes: dict[str, Any] = {"side": asked.side} if asked.side else {}
    if "ended" in asked.asks:
        return changes | {"ended": True, "active": False}
    return changes | ({"active": True, "ended": False} if "active active" in hits else {})
