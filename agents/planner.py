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
    Tell,
    Trend,
    arguments_of,
    look_up,
)
from agents.question import Question
from memory.lexical import stems
from memory.periods import Window
from memory.ranking import by_title
from prelim.answer import LookUp
from prelim.types import Record, Section, Value

RESULT_TYPES = ("lab", "vital", "observation")
_BACKGROUND = ("condition", "medication", "allergy")
_EARLIER = {"before", "previous", "earlier", "prior", "preceding"}
_TELLS: tuple[Tell, ...] = ("count", "date", "range")
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
        tell: Any = next((how for how in ("count", "date") if how in asked.asks), "value")
        named = Records(types=(titled[0].type,), mentions=titled[0].title[:200], tell=tell)
        return Planned((look_up("records", named),))
    other = [word for word in asked.left if word.of_test and not _names_test(word.text, asked, chart)]
    if other:
        words = " ".join(f"{word.of_test} {word.text}" for word in other)
        return Planned((look_up("records", Records(mentions=words[:200])),))
    if tests := _tests(asked, chart):
        left = [word for word in asked.left if not _names_test(word.text, asked, chart)]
        steps = tuple(_of_test(test, asked, chart) for test in tests)
        return Planned(steps[:STEPS], tuple(word.text for word in left), not any(word.led for word in left))
    steps = tuple(look_up(name, arguments) for name, arguments in _others(asked, chart))
    return Planned(steps[:STEPS], plain=bool(steps))


# ------------------------------------------------------------------ results


def _tests(asked: Question, chart: Chart) -> list[str]:
    """The tests that are asked about: by the vocabulary, else by words of the titles of results on record."""
    if asked.request.tests:
        return sorted(asked.request.tests)
    titled = not asked.labels and not asked.request.images and not set(asked.request.types) - {*RESULT_TYPES, "panel"}
    return [asked.words] if titled and asked.left and results_titled(chart.records, asked.words) else []


def results_titled(records: Sequence[Record], words: str) -> list[Record]:
    """The results whose title has all the words."""
    wanted = set(stems(words))
    return [one for one in records if one.type in RESULT_TYPES and wanted and wanted <= set(stems(one.title))]


def _names_test(word: str, asked: Question, chart: Chart) -> bool:
    """Whether a word is part of the test's title on record ("blood urea nitrogen")."""
    if not asked.request.tests:
        return True
    return any(set(stems(word)) <= set(stems(one.title)) for one in chart.records if one.type in RESULT_TYPES)


def _of_test(test: str, asked: Question, chart: Chart) -> LookUp:
    """Of a case the earlier results are those before its study, of a patient those before the last."""
    request = asked.request
    window, before_last = request.window, False
    if not chart.draft or not _EARLIER & set(stems(asked.text)):
        window, before_last = asked.named, bool(_EARLIER & set(stems(asked.text)) and not any(asked.named[:3]))
    specimen = next(iter(sorted(request.specimens)), None)
    tell: Tell = next((how for how in _TELLS if how in asked.asks), "value")
    several = "trend" in asked.asks or bool(window.since and window.until)
    if tell in ("value", "range") and several and not request.order and not request.count:
        return look_up("trend", Trend(test=test, specimen=specimen, since=window.since, until=window.until))
    everything = tell == "count" or (tell == "date" and not request.order and "trend" in asked.asks)
    return look_up(
        "results",
        Results(
            test=test,
            specimen=specimen,
            since=window.since,
            until=window.until,
            near=window.near,
            order=request.order or "latest",
            count=None if everything else request.count or 1,
            skip=max(request.skip, int(before_last)),
            tell=tell,
        ),
    )


# ------------------------------------------------------------------ everything else


def _others(asked: Question, chart: Chart) -> list[tuple[str, Value]]:
    """The look-ups of a question about no test."""
    request, window = asked.request, asked.request.window
    days: dict[str, Any] = {"since": window.since, "until": window.until}
    label, said = asked.labels[0] if asked.labels else (None, "")
    tell: Any = next((how for how in ("count", "date") if how in asked.asks), "value")
    if chart.draft and (found := _of_case(asked, label, window)):
        return [found]
    background = [kind for kind in _BACKGROUND if kind in request.types]
    if background:
        words, active = _mentions(asked), request.active or "taking" in asked.text.lower()
        return [
            ("background", Background(kind=kind, mentions=words, active=active, tell=tell, **days))
            for kind in background
        ]
    of_images = (chart.draft and label) or "finding" in request.types
    if of_images and not request.images and not request.types & {"report", "note"}:
        return [("findings", Findings(label=label, mentions=said, side=asked.side, **days))]
    if not asked.has_subject:
        return []
    order: Any = request.order if request.order in ("latest", "oldest", "nearest") else "latest"
    one = request.order in ("latest", "oldest", "nearest") and not request.count and tell != "count"
    records = Records(
        types=tuple(sorted(request.types)),
        mentions=_mentions(asked),
        near=window.near,
        order=order,
        count=1 if one and not _plural(asked) else request.count,
        skip=request.skip,
        tell=tell,
        images=request.images,
        flagged="lab" in request.types and "range" in asked.asks,
        **days,
    )
    return [("records", records)]


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
        return "statements", Statements(section=_section(asked.text), mentions=_mentions(asked))
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
}


def _mentions(asked: Question) -> str:
    """The words that a record has to mention, kinds of image among them."""
    return " ".join(
        dict.fromkeys([*asked.kinds, *(words for _, words in asked.labels), *(word.text for word in asked.left)])
    )[:200]


def _plural(asked: Question) -> bool:
    """Whether a question that names an order asks for several all the same ("the most recent procedures")."""
    return any(
        word.endswith("s") and word not in ("was", "is", "has", "does") for word in asked.text.lower().split()[-1:]
    )


# ------------------------------------------------------------------ going on


def _only_subject(asked: Question, chart: Chart) -> bool:
    """Whether a question says what it is about and nothing of how: "and potassium?"."""
    request = asked.request
    return bool(_tests(asked, chart)) and not (asked.asks or request.order or request.count or any(asked.named[:3]))


def _carried(asked: Question, chart: Chart, before: Sequence[LookUp]) -> list[LookUp]:
    """The question before, asked of another test, of other days, or in another way."""
    tests = _tests(asked, chart)
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
    if isinstance(arguments, Trend) and (request.order or request.skip):
        arguments = Results(**arguments.model_dump())
    changes: dict[str, Any] = {}
    if any(window[:3]):
        changes |= {"since": window.since, "until": window.until, "near": window.near, "skip": 0, "tell": "value"}
    if request.order:
        changes |= {"order": request.order, "count": request.count or 1, "skip": request.skip}
    if _EARLIER & set(stems(asked.text)) and not any(window[:3]):
        changes |= {"order": "latest", "count": 1, "skip": getattr(arguments, "skip", 0) + 1}
    if how := next((how for how in ("count", "date", "range") if how in asked.asks), None):
        changes["tell"] = how
    if changes.get("tell") == "count":
        changes["count"] = None
    known = {name: value for name, value in changes.items() if name in type(arguments).model_fields}
    return look_up(step.name if not isinstance(arguments, Results) else "results", arguments.model_copy(update=known))
