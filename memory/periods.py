"""The days that a question names: "before March 2012", "past six months", "two years ago". By rules.

A period is its first and last day, both inclusive. Relative words count from a reference day.
"""

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import NamedTuple

from prelim.documents.day import DAY, readings

_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?" if name != "may" else "may" for name in _MONTHS) + "|sept"
_COUNTED = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBERS = dict(zip(_COUNTED, range(1, 13), strict=True)) | {
    "a": 1,
    "an": 1,
    "couple": 2,
    "couple of": 2,
    "few": 3,
    "half a": 0.5,
}
_NUMBER = rf"(?:\d{{1,3}}|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})"
_UNIT = r"(?:day|week|month|year|decade)"
_LEADS = "(?:last|this|in|of|during)"
_UNIT_DAYS = {"day": 1, "week": 7, "month": 30.44, "year": 365.25, "decade": 3652.5}
_PERIOD = (
    rf"(?:{DAY}|(?:{_MONTH})\.?,?(?: of)? \d{{4}}(?!\d)|\d{{4}}-\d{{2}}(?![\d-])|\d{{1,2}}/\d{{4}}(?!\d)"
    rf"|(?:the year )?(?:19|20)\d{{2}}(?![\d-])|(?:the )?(?:19|20)\d0'?s|today|yesterday"
    rf"|{_NUMBER} {_UNIT}s? (?:ago|back|earlier)"
    rf"|(?:last|previous|this) {_UNIT}(?!s)\b|{_LEADS} (?:{_MONTH})\b(?! \d))"
)
_BARE = rf"(?:{_PERIOD}|(?:{_MONTH})\b\.?(?! \d))"
"""A period, or a month without its year, where a word leads it that takes nothing but a time."""
_OVER, _PAST = "(?:over|in|within|during|for|from|of)", "(?:last|past|previous|preceding)"
_BEFORE = "(?:before|prior to|earlier than|preceding|older than|predat(?:es|ing|ed)|ahead of)"
_NEAR = "(?:(?:in or |at or )?(?:around|near(?:est)?(?: to)?|clos(?:e|est) to)|about|circa|approximately)"
_CLAUSES = (
    ("between", rf"(?:between|from) (?P<one>{_BARE}) ?(?:and|to|until|till|through|-|–) ?(?P<two>{_BARE})"),
    ("between", r"(?P<one>(?:19|20)\d\d) ?(?:to|-|–|through) ?(?P<two>(?:19|20)\d\d)(?!\d)"),
    ("rolling", rf"(?:{_OVER} )?(?:the )?{_PAST} (?P<count>{_NUMBER}) (?P<unit>{_UNIT})s?\b"),
    ("rolling", rf"{_OVER} the {_PAST} (?P<unit>{_UNIT})\b"),
    ("rolling", rf"(?:(?:the )?past|the last|the previous) (?P<unit>{_UNIT})\b"),
    ("before", rf"{_BEFORE} (?P<one>{_BARE})"),
    ("until", rf"(?:until|till|up to|through|no later than|as of|by) (?:the end of )?(?P<one>{_BARE})"),
    ("after", rf"(?:after|following|later than) (?P<one>{_BARE})"),
    ("since", rf"(?:since|starting(?: in| from)?|from) (?P<one>{_BARE}) (?:on|onwards?|forward)\b"),
    ("since", rf"(?:since|starting(?: in| from)?) (?P<one>{_BARE})"),
    ("since", rf"(?P<one>{_PERIOD}),? (?:and|or) (?:later|after|since)\b"),
    ("until", rf"(?P<one>{_PERIOD}),? (?:and|or) (?:earlier|before)\b"),
    ("near", rf"{_NEAR} (?P<one>{_PERIOD})"),
    ("near", rf"(?P<one>{_NUMBER} {_UNIT}s? (?:ago|back))"),
    ("in", rf"(?:(?:in|during|of|on|from|at|for|dated|within) )?(?P<one>{_PERIOD})"),
)  # fmt: skip
_FORMS = tuple((kind, re.compile(rf"(?<![\w-]){form}", re.I)) for kind, form in _CLAUSES)


class Window(NamedTuple):
    """What a question says of time: days, inclusive, as ISO; None where it sets no bound.

    `near` is a day that the answer should be nearest to; `forward`: nearest after the window's first day comes first.
    """

    since: str | None = None
    until: str | None = None
    near: str | None = None
    forward: bool = False


def window_in(text: str, today: date) -> tuple[Window, str]:
    """The window that a question names, and the question without those words."""
    window = Window()
    for kind, form in _FORMS:
        for match in form.finditer(text):
            found = _window(kind, match, today)
            if found:
                window = _spanned(window, found) if kind == "in" else _both(window, found)
                text = f"{text[: match.start()]}{' ' * (match.end() - match.start())}{text[match.end() :]}"
    return window, text


def _spanned(one: Window, two: Window) -> Window:
    """Two periods that do not meet ("2012 and 2021") are asked for from the first to the last; else as `_both`."""
    if one.since and one.until and two.since and two.until and (one.until < two.since or two.until < one.since):
        return one._replace(since=min(one.since, two.since), until=max(one.until, two.until))
    return _both(one, two)


def within(window: Window, since: str | None, until: str | None) -> Window:
    """A window bound further."""
    return _both(window, Window(since=since, until=until))


def _both(one: Window, two: Window) -> Window:
    """Two clauses of one question bound it together."""
    return Window(
        since=max(filter(None, (one.since, two.since)), default=None),
        until=min(filter(None, (one.until, two.until)), default=None),
        near=one.near or two.near,
        forward=one.forward or two.forward,
    )


def _window(kind: str, match: re.Match[str], today: date) -> Window | None:
    if kind == "rolling":
        count = match.groupdict().get("count") or "1"
        return Window(since=_back(today, _number(count), match["unit"].lower()).isoformat(), until=today.isoformat())
    one = period_of(match["one"], today)
    if one is None:
        return None
    first, last = (day.isoformat() for day in one)
    if kind == "between":
        two = period_of(match["two"], today)
        return Window(since=min(first, two[0].isoformat()), until=max(last, two[1].isoformat())) if two else None
    if kind == "near":
        return Window(near=(one[0] + (one[1] - one[0]) / 2).isoformat())
    return {
        "before": Window(until=_moved(one[0], -1).isoformat()),
        "until": Window(until=last),
        "after": Window(since=_moved(one[1], 1).isoformat(), forward=True),
        "since": Window(since=first),
        "in": Window(since=first, until=last),
    }[kind]


def period_of(words: str, today: date) -> tuple[date, date] | None:
    """First and last day of a period; None where its words are no day of the calendar.

    A printed day that can be read in two ways is both days and those between.
    """
    plain = " ".join(words.lower().replace(",", " ").split())
    if match := re.fullmatch(rf"({_NUMBER}) ({_UNIT})s? (?:ago|back|earlier)", plain):
        return _ago(today, _number(match[1]), match[2])
    if plain in ("today", "yesterday"):
        day = today - timedelta(days=plain == "yesterday")
        return day, day
    if match := re.fullmatch(rf"(last|previous|this) ({_UNIT})", plain):
        return _calendar(today, match[2], back=match[1] != "this")
    if match := re.fullmatch(r"(?:the )?(\d{3})0'?s", plain):
        return date(int(match[1]) * 10, 1, 1), date(int(match[1]) * 10 + 9, 12, 31)
    if match := re.fullmatch(r"(?:the year )?(\d{4})", plain):
        return date(int(match[1]), 1, 1), date(int(match[1]), 12, 31)
    return _month(plain, today) or _day(words)


def _month(plain: str, today: date) -> tuple[date, date] | None:
    """A month of a year; without a year the last such month that has begun."""
    if match := re.fullmatch(r"(\d{4})-(\d{2})|(\d{1,2})/(\d{4})", plain):
        year, month = int(match[1] or match[4]), int(match[2] or match[3])
    elif match := re.fullmatch(rf"(?:{_LEADS} )?({_MONTH})\.?(?: of)?(?: (\d{{4}}))?", plain):
        month = next(number for number, name in enumerate(_MONTHS, start=1) if name.startswith(match[1][:3]))
        year = int(match[2]) if match[2] else today.year - (month > today.month)
    else:
        return None
    if not (1 <= month <= 12 and year):
        return None
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _day(words: str) -> tuple[date, date] | None:
    days = sorted(date.fromisoformat(day) for day in readings(words))
    return (days[0], days[-1]) if days else None


def _calendar(today: date, unit: str, back: bool) -> tuple[date, date]:
    """This or the last whole week (from Monday), month, year or decade; "last day" is yesterday."""
    if unit in ("day", "week"):
        length = 1 if unit == "day" else 7
        first = today - timedelta(days=0 if unit == "day" else today.weekday()) - timedelta(days=length * back)
        return first, first + timedelta(days=length - 1)
    if unit == "month":
        last = today.replace(day=1) - timedelta(days=1) if back else today
        return last.replace(day=1), last.replace(day=monthrange(last.year, last.month)[1])
    span = 10 if unit == "decade" else 1
    year = today.year - today.year % span - span * back
    return date(year, 1, 1), date(year + span - 1, 12, 31)


def _ago(today: date, count: float, unit: str) -> tuple[date, date]:
    """About that long ago: half a unit to either side."""
    middle, half = _back(today, count, unit), 0 if unit == "day" else round(_UNIT_DAYS[unit] / 2)
    return _moved(middle, -half), _moved(middle, half)


def _back(today: date, count: float, unit: str) -> date:
    """The day a number of units before, in calendar months where they are whole."""
    months = count * {"month": 1, "year": 12, "decade": 120}.get(unit, 0)
    if not months or months % 1:
        return _moved(today, -round(count * _UNIT_DAYS[unit]))
    year, month = divmod(today.year * 12 + today.month - 1 - int(months), 12)
    return date(max(year, 1), month + 1, min(today.day, monthrange(max(year, 1), month + 1)[1]))


def _moved(day: date, days: int) -> date:
    """Days later or, below zero, earlier; no further than the calendar goes."""
    return date.fromordinal(min(max(1, day.toordinal() + days), date.max.toordinal()))


def _number(words: str) -> float:
    plain = words.lower()
    return float(plain) if plain.isdigit() else _NUMBERS[plain]
