"""Printed dates in four languages: what they can mean, which one a document gives as its own, when blood was drawn."""

import re
from datetime import datetime
from typing import Literal

DAY = (
    r"(?:\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{4}"
    r"|\d{1,2}(?:er)?[ -]\.?(?:de )?[A-Za-zÀ-ÿ]{3,10}\.?[ -](?:de )?\d{4}"
    r"|\d{1,2}\. ?[A-Za-zÀ-ÿ]{3,10}\.? \d{4}|[A-Za-zÀ-ÿ]{3,10}\.? \d{1,2},? \d{4}|\d{8})(?!\d)"
)
"""A printed day with a year of four digits."""
BORN = re.compile(
    r"\b(?:DOB|D\.O\.B\.?|date\s+of\s+birth|birth\s*date|born(?:\s+on)?|Geburtsdatum|geb(?:oren)?\.?(?:\s+am)?|Geb\.-Datum"
    r"|fecha\s+de\s+nacimiento|F\.?\s?nac(?:imiento)?\.?|nacid[oa](?:\s+el)?|date\s+de\s+naissance|n[ée]e?(?:\(e\))?(?:\s+le)?)"
    rf"\s*[:=]?\s*({DAY})",
    re.I,
)
Order = Literal["day first", "month first"]
_MONTHS = {
    "jan": "jan jän januar january janvier janv enero ene",
    "feb": "feb februar february février fevrier févr fevr fév febrero",
    "mar": "mar mär märz maerz march mars marzo mrz",
    "apr": "apr april avril avr abril abr",
    "may": "may mai mayo",
    "jun": "jun juni june juin junio",
    "jul": "jul juli july juillet juil julio",
    "aug": "aug august août aout agosto ago",
    "sep": "sep sept september septembre septiembre setiembre",
    "oct": "oct okt oktober october octobre octubre",
    "nov": "nov november novembre noviembre",
    "dec": "dec dez dezember december décembre decembre déc diciembre dic",
}
_MONTH_OF = {word: month for month, words in _MONTHS.items() for word in words.split()}
_FORMS = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d.%m.%y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d %b %Y",
    "%b %d %Y",
    "%Y%m%d",
)
_COLLECTED = (
    r"(?:collected(?:\s+on)?|collection(?:\s+date(?:\s*/\s*time)?|\s+time)?|(?:date|day)\s+(?:of\s+collection|collected)"
    r"|drawn(?:\s+on)?|sampled(?:\s+on)?|specimen\s+date"
    r"|(?:Proben|Blut)?(?:entnahme|abnahme)(?:datum|zeit(?:punkt)?|tag)?(?:\s+am|\s+vom)?|Entnommen(?:\s+am)?"
    r"|(?:fecha|hora)(?:\s+y\s+hora)?\s+de\s+(?:la\s+)?(?:toma|extracci[óo]n|recolecci[óo]n|obtenci[óo]n)(?:\s+de\s+(?:la\s+)?muestra)?"
    r"|toma\s+de\s+muestra|extracci[óo]n|tomad[ao](?:\s+el)?"
    r"|pr[ée]l[èe]vements?(?:\s+(?:du|le|effectu[ée]\s+le))?|pr[ée]l[ée]v[ée]{1,3}s?(?:\s+le)?|date\s+(?:de|du)\s+pr[ée]l[èe]vement)"
)
_TIME = r"(?:\s*(?:,|at|um|a\s+las|[àa]|T|-)?\s*(\d{1,2})\s?[:hH]\s?(\d{2})(?!\d))?"
_SHORT = r"\d{1,2}\.\d{1,2}\.\d{2}(?!\d)"
_DRAWN = re.compile(rf"\b{_COLLECTED}\s*[:=]?\s*({DAY}|{_SHORT}){_TIME}", re.I)
_ENGLISH = re.compile(r"(?:date|day|collect|drawn|sampled|specimen)", re.I)
_PRINTED = re.compile(rf"(?<!\d)({DAY}|{_SHORT}){_TIME}")
_LABELS = (
    _COLLECTED,
    r"(?:date|day)\s+of\s+(?:exam(?:ination)?|study|report|service|visit)",
    r"(?:exam|study|report|service|visit|note)\s+date",
    r"(?:Befund|Untersuchungs)datum",
    r"fecha\s+(?:del?\s+)?(?:informe|estudio|examen)",
    r"date\s+(?:du\s+compte[- ]rendu|de\s+l['’]examen)",
    r"(?:date|Datum|fecha)",
)
"""The most telling first."""
_ARRIVED = re.compile(
    r"\b(?:received|reported|printed|issued|recib\w*|(?:fecha\s+de\s+)?(?:recepci[óo]n|impresi[óo]n|emisi[óo]n|validaci[óo]n)"
    r"|(?:Proben)?(?:eingang|ausgang)\w*|gedruckt|druckdatum|re[çcg]ue?|imprim[ée]e?|[ée]dit[ée]e?|valid[ée]e?)"
    rf"(?:\s+(?:on|am|vom|el|le|du))?\s*[:=]?\s*(?:{DAY}|{_SHORT})",
    re.I,
)
"""When a sample came in or a page was printed: later than what the document is about."""
_HEAD_LINES = 5


def readings(printed: str) -> set[str]:
    """The ISO days that a printed date can mean: 05/06/1960 has two."""
    plain = printed.strip()
    if re.search(r"[^\W\d_]", plain):
        words = [word.casefold() for word in re.findall(r"\d+|[^\W\d_]+", plain)]
        plain = " ".join(_MONTH_OF.get(word, word) for word in words if word not in ("de", "er"))
    days = set()
    for form in _FORMS:
        try:
            days.add(datetime.strptime(plain, form).date().isoformat())
        except ValueError:
            continue
    return days


def day_meant(printed: str, order: Order | None = None) -> str | None:
    """The day of a printed date; None where it has two readings and the order of day and month is unknown."""
    days = readings(printed)
    if len(days) < 2:
        return next(iter(days), None)
    if order is None:
        return None
    form = "%d/%m/%Y" if order == "day first" else "%m/%d/%Y"
    return datetime.strptime(printed.strip(), form).date().isoformat()


def order_in(text: str) -> Order | None:
    """Whether a text's dates with strokes put the day or the month first: one with a part above twelve tells."""
    found = re.findall(r"(?<!\d)(\d{1,2})/(\d{1,2})/\d{4}", text)
    orders: set[Order] = set()
    for day, month in found:
        orders |= {"day first"} if int(day) > 12 else set()
        orders |= {"month first"} if int(month) > 12 else set()
    return orders.pop() if len(orders) == 1 else None


def moment_in(text: str, order: Order | None = None, *, drawn: bool = True) -> str | None:
    """When a sample was drawn, as a text states it: an ISO day, or "2025-03-14T08:10" where the time is printed.

    `drawn` False: the first date printed at all, as in the heading of a column.
    """
    match = (_DRAWN if drawn else _PRINTED).search(BORN.sub(" ", text))
    if drawn and match and not _ENGLISH.match(match.group()):
        order = order or "day first"  # as German, Spanish and French write
    day = day_meant(match.group(1), order) if match else None
    if match is None or day is None or match.group(2) is None:
        return day
    hour, minute = int(match.group(2)), int(match.group(3))
    return f"{day}T{hour:02d}:{minute:02d}" if hour < 24 and minute < 60 else day


def day_in(text: str) -> str | None:
    """The day that a text states as its own, else the first one in its opening lines; never of a birth or a receipt.

    A date with two readings is not guessed at: another date of the text has to tell which part is the day.
    """
    order = order_in(text)
    rest = _ARRIVED.sub(" ", BORN.sub(" ", text))
    labelled = (re.findall(rf"\b{label}\s*[:=]?\s*({DAY})", rest, re.I) for label in _LABELS)
    head = "\n".join(rest.splitlines()[:_HEAD_LINES])
    candidates = [printed for found in labelled for printed in found] + re.findall(rf"(?<!\d){DAY}", head)
    return next((day for printed in candidates if (day := day_meant(printed, order))), None)
