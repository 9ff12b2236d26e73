"""Answers from the rest of a record: examinations, reports, notes, procedures, problems, medications, allergies."""

from collections.abc import Sequence

from agents.answer_nearest import nearest
from agents.answer_notes import in_one_place, mentioned, stated_in_notes
from agents.answer_words import SHOWN, Told, day_of, days_of, listed, quoted, within_days
from agents.chart import Chart
from agents.look_ups import Background, Records
from agents.plan_results import RESULT_TYPES
from memory.lexical import stems
from memory.matching import has_ended
from memory.periods import Window
from memory.planning import plan, terms_of
from memory.ranking import rank
from memory.request import Request, Term
from prelim.answer import AnswerStatement
from prelim.types import Record

_RESULTS_SHOWN, _DAYS_NAMED = 30, 12
_IMAGES = frozenset({"study", "imaging", "report"})
_NAMES = {
    "lab": ("result", "results"),
    "condition": ("problem", "problems"),
    "medication": ("medication", "medications"),
    "allergy": ("allergy", "allergies"),
    "procedure": ("procedure", "procedures"),
    "encounter": ("visit", "visits"),
    "finding": ("finding", "findings"),
    "report": ("report", "reports"),
    "note": ("note", "notes"),
    "study": ("examination", "examinations"),
    "imaging": ("examination", "examinations"),
    "panel": ("panel", "panels"),
}


def records(chart: Chart, asked: Records) -> Told:
    """The records that are asked for, by kind, words and days."""
    found = [one for one in _found(chart, asked) if not asked.flagged or one.data.get("flag") in ("L", "H")]
    if asked.images and asked.tell == "count":  # what was said of an examination is no other one
        found = [one for one in found if one.type != "report"]
    if not found and asked.images and asked.mentions:
        head = "No such examination is on record; texts mention it."
        terms = terms_of(asked.mentions)
        return Told(tuple(mentioned(chart, terms, asked.since, asked.until, head, asked.count)), _nothing(asked))
    if not found:
        return _missing(chart, asked)
    if asked.tell == "count":
        return Told(tuple(_counts(found, asked)))
    return Told(tuple(listed(found, shown=_RESULTS_SHOWN if set(asked.types) == {"lab"} else SHOWN)))


def _counts(found: Sequence[Record], asked: Records) -> list[AnswerStatement]:
    """How many there are; where no kind was named, of each kind: a problem and the visit for it are not two."""
    days = days_of(asked.since, asked.until)
    if asked.images:
        return [counted(found, "examination", days)]
    if asked.types:
        return [counted(found, _kind(asked.types, many=False), days)]
    kinds: dict[str, list[Record]] = {}
    for one in found:
        kinds.setdefault(_kind((one.type,), many=False), []).append(one)
    return [counted(some, kind, f"{_that_mention(asked, some)}{days}") for kind, some in kinds.items()]


def _that_mention(asked: Records, found: Sequence[Record]) -> str:
    verb = "mentions" if len(found) == 1 else "mention"
    return f" that {verb} {asked.mentions}" if asked.mentions else ""


def _missing(chart: Chart, asked: Records) -> Told:
    """What is not there, and what comes nearest: other kinds that say all of the words, else what says some of them."""
    terms = terms_of(asked.mentions)
    if terms and set(asked.types) == {"lab"} and not asked.flagged:
        head = "No such result is on record; texts mention it."
        if told := mentioned(chart, terms, asked.since, asked.until, head, asked.count):
            return Told(tuple(told))
    return Told(missing=_nothing(asked), beside=tuple(nearest(chart, asked.mentions, asked.since, asked.until)))


def _nothing(asked: Records) -> str:
    """What is not there, in words."""
    days, about = days_of(asked.since, asked.until), f" that mentions {asked.mentions}" if asked.mentions else ""
    if asked.images:
        return f"The record holds no examination with images{about}{days}."
    if asked.types:
        days = f" that is flagged{days}" if asked.flagged else days
        return f"The record holds no {_kind(asked.types, many=False)}{about}{days}."
    return f"Nothing on record mentions {asked.mentions}{days}." if about else _unnamed(days)


def _unnamed(days: str) -> str:
    return f"Nothing is on record{days}." if days else "Nothing was searched for: name kinds, words or days."


def background(chart: Chart, asked: Background) -> Told:
    """Problems, medications or allergies on record."""
    wanted = Records(
        types=(asked.kind,), mentions=asked.mentions, since=asked.since, until=asked.until, tell=asked.tell
    )
    named = _found(chart, wanted)
    found = [one for one in named if (not asked.active or not has_ended(one)) and (not asked.ended or has_ended(one))]
    one = _NAMES[asked.kind][0]
    if not found and (stated := stated_in_notes(chart, asked)):
        return Told(tuple(stated))
    if not found:
        which = "active " if asked.active else "ended " if asked.ended else ""
        about = f" that mentions {asked.mentions}" if asked.mentions else ""
        missing = f"The record lists no {which}{one}{about}{days_of(asked.since, asked.until)}."
        beside = tuple(listed(named or _listed_instead(chart, asked))) or tuple(_stated_instead(chart, asked))
        return Told(missing=f"{missing} It lists:" if beside else missing, beside=beside)
    if asked.tell == "count":
        return Told((counted(found, one, days_of(asked.since, asked.until)),))
    return Told(tuple(listed(found, shown=_RESULTS_SHOWN)))


def _listed_instead(chart: Chart, asked: Background) -> list[Record]:
    """What is listed where what was named is not: allergies and medications go by other names than people's."""
    if asked.kind == "condition" or not asked.mentions:
        return []
    days = {"since": asked.since, "until": asked.until}
    return _found(chart, Records(types=(asked.kind,), **days))


def _stated_instead(chart: Chart, asked: Background) -> list[AnswerStatement]:
    """What notes state of allergies where what was named is on no list: "no known allergies"."""
    if asked.kind != "allergy" or not asked.mentions:
        return []
    return stated_in_notes(chart, asked.model_copy(update={"mentions": ""}))


def _found(chart: Chart, asked: Records) -> list[Record]:
    """Nothing that does not mention the words is found: meaning alone is no answer."""
    said = plan(asked.mentions, chart.today)
    pool = [one for one in chart.records if within_days(one, asked.since, asked.until)]
    types = frozenset(asked.types) or (_IMAGES if asked.images else frozenset())
    request = Request(
        types=types,
        images=asked.images,
        modalities=said.modalities if asked.images else frozenset(),
        regions=said.regions if asked.images else frozenset(),
        views=said.views if asked.images else frozenset(),
        terms=said.terms if asked.images else terms_of(asked.mentions),
        window=Window(near=asked.near),
        order=asked.order,
        skip=asked.skip,
        text=asked.mentions,
    )
    if types and not request.terms and not any(one.type in types for one in pool):
        return []
    if not (types or request.terms):
        found = rank(pool, request, None) if asked.since or asked.until else []
        return sorted(found, key=lambda one: one.type in RESULT_TYPES)  # what happened before what was measured
    found = rank(pool, request, None)
    found = [one for one in found if in_one_place(one)] if request.terms else found
    if asked.images and asked.mentions:  # an examination may be on record as a procedure alone
        done = Request(types=frozenset({"procedure"}), terms=terms_of(asked.mentions), order=asked.order)
        found += rank([one for one in pool if one.type == "procedure"], done, None) if done.terms else []
    if not types:  # a result's long name says too much: results are asked for by their tests
        found = [one for one in found if one.type not in ("lab", "vital", "panel") or _titled(one, request.terms)]
    return found[: asked.count] if asked.skip < len(found) else []


def _titled(record: Record, terms: Sequence[Term]) -> bool:
    """Whether a panel's title says what an abbreviation of several words stands for (CBC)."""
    title = set(stems(record.title))
    ways = [way for term in terms for way in term.ways if len(way) > 1]
    return record.type == "panel" and any(way <= title for way in ways)


def counted(found: Sequence[Record], what: str, days: str) -> AnswerStatement:
    """How many there are, and their days."""
    one, many = _NAMES.get(what, (what, f"{what}s"))
    verb = f"is 1 {one}" if len(found) == 1 else f"are {len(found)} {many}"
    when = list(dict.fromkeys(day_of(record) for record in found))
    text = f"There {verb}{days}: {', '.join(when[:_DAYS_NAMED])}{' …' if len(when) > _DAYS_NAMED else ''}."
    return AnswerStatement(text=text, evidence=tuple(quoted(record) for record in found[:100]))


def _kind(types: Sequence[str], many: bool) -> str:
    names = [_NAMES.get(kind, (kind, f"{kind}s"))[many] for kind in types]
    return " or ".join(dict.fromkeys(names)) or ("records" if many else "record")
