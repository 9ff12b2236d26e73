"""Words of a scan, mended where print and its misreading are sure: powers of ten, units, stars; specks fall away.

Only what no laboratory prints is taken for a misreading ("10A9/L", "mmoV/L"). Digits of values are never touched.
"""

import re
from functools import cache
from statistics import median

from prelim.documents.printed_units import is_unit, misread_alike
from prelim.documents.table_lines import Cell, Line, Word
from prelim.knowledge.lab_words import deletes
from prelim.knowledge.labs import lab_table, plain_name

_POWER = re.compile(r"([x×*]?)[1Il|][0Oo]([\^*°'’\"“”~AaMN4rn7%™]{0,2})(12|2|3|6|9|g|q)\s*/\s*([A-Za-zµμ|]{1,2})")
_EXPONENT = {"2": "12", "g": "9", "q": "9"}
_STARRED = re.compile(r"([<>]?\d[\d.,]*)[°\"“”’'‘`]+")
_MICRO = re.compile(r"(?:[puyhwj|]|[pjil]u)([g9o]|kat)/[l1I]\.?|(/)[puyh]{1,2}l\.?", re.I)
"""The letter µ as tesseract's English sees it: before g/L, kat/L and L; never before mol, where p is one too."""
_STROKE = re.compile(r"[^\W\d_]{3,}!l?[^\W\d_]*")
_CLEARANCE = re.compile(r"[mM][UlLI1]{1,2}/?min(.*)")
_FLAT = 0.4
"""A word lower than this share of the page's usual height is a speck, a rule or the dots before a value."""
_MARKS = re.compile(r"[\-–—=~*°'\"+<>·%]+")
_SPECK = re.compile(r"[.,:;|_'‘’`´]+")
_LEADERS = re.compile(r"[ce]{2,}s?|[cesat]{12,}")
"""The dots between a name and its value as tesseract sees them."""
_SHORTEST = 5


def mended(lines: list[Line]) -> list[Line]:
    """The lines of a scan with their words mended."""
    heights = [word.bottom - word.top for line in lines for cell in line.cells for word in cell.words]
    least = _FLAT * median(heights) if heights else 0.0
    kept = (
        Line(tuple(cell for cell in map(lambda one: _cell(one, least), line.cells) if cell.words)) for line in lines
    )
    return [line for line in kept if line.cells]


def _cell(cell: Cell, least: float) -> Cell:
    words = [
        word
        for word in cell.words
        if (word.bottom - word.top >= least or _MARKS.fullmatch(word.text))
        and not _SPECK.fullmatch(word.text)
        and not _LEADERS.fullmatch(word.text)
    ]
    return Cell(tuple(_word(word) for word in _whole(words)))


def _whole(words: list[Word]) -> list[Word]:
    """Words, with a number that a speck of space parted before its mark made whole: "421 .000"."""
    kept: list[Word] = []
    for word in words:
        if kept and re.match(r"[.,]\d", word.text) and kept[-1].text[-1].isdigit():
            kept[-1] = kept[-1]._replace(text=kept[-1].text + word.text, x1=word.x1)
        else:
            kept.append(word)
    return kept


def _word(word: Word) -> Word:
    word = _with_its_point(word)
    text = mended_text(word.text)
    return word if text == word.text else word._replace(text=text)


def _with_its_point(word: Word) -> Word:
    """A number of whose two readings one has lost the decimal point: a point is lost far sooner than made up.

    Both readings stay with the word, so that the row is marked as doubtful all the same.
    """
    lost = re.search(r"\d[.,]\d", word.other or "") and not re.search(r"[.,]", word.text)
    if lost and re.sub(r"[.,]", "", word.other or "") == word.text:
        return word._replace(text=word.other or "", other=word.text)
    return word


def mended_text(text: str) -> str:
    """A word as it was printed, where that is sure; else as it was read."""
    power = _POWER.fullmatch(text.strip("()[].,"))
    if power:
        exponent, below = _EXPONENT.get(power.group(3), power.group(3)), power.group(4)
        below = "µL" if below.casefold() in ("pl", "yl", "ul", "µl") else below
        below = "l" if below in ("I", "|") else below
        return text.replace(power.group(), f"{power.group(1)}10^{exponent}/{below}")
    if _STROKE.fullmatch(text):
        return re.sub("!l?", "l", text)
    starred = _STARRED.fullmatch(text)
    if starred:
        return f"{starred.group(1)}*"
    if re.fullmatch(r"[9g0]?%[,.:;]*", text):
        return "%"
    plain = text.strip("()[].,:;")
    return text if not plain else text.replace(plain, _unit(plain)) if _unit(plain) != plain else _bare(text, plain)


def _bare(text: str, plain: str) -> str:
    """A unit without the full stop that a speck has made."""
    return plain if "/" in plain and is_unit(plain) and text.endswith((".", ",", ":")) else text


def _unit(text: str) -> str:
    """A unit as it was printed, where that is sure."""
    clearance, micro = _CLEARANCE.fullmatch(text), _MICRO.fullmatch(text)
    if clearance:
        return f"mL/min{clearance.group(1)}"
    if micro:
        return "/µL" if micro.group(2) else f"µ{'kat' if micro.group(1).casefold() == 'kat' else 'g'}/L"
    if "/" not in text or is_unit(text) or len(text) < _SHORTEST or any(letter.isdigit() for letter in text):
        return text
    known = {_usual()[edit] for edit in deletes(misread_alike(text.replace("V/", "l/"))) if edit in _usual()}
    return known.pop() if len(known) == 1 else text


def mended_name(name: str) -> str:
    """A name that look-alike letters part from a known one ("HbAic"): with the known one's letters."""
    plain = re.sub("[‘’'`´]", "", name)
    known = _names().get(misread_alike(plain_name(plain)))
    if known is None or len(known) != len(plain):
        return name
    return "".join(mine if mine.casefold() == theirs else theirs for mine, theirs in zip(plain, known, strict=True))


@cache
def _names() -> dict[str, str]:
    """Known names that hold a digit, by their look-alikes."""
    return {misread_alike(name): name for name in lab_table().names if re.search(r"\d", name)}


@cache
def _usual() -> dict[str, str]:
    """Units with a stroke by their look-alikes and those with a letter less; what two share is left out."""
    printed = ("mg/dL", "mmol/L", "mIU/L", "mL/min", "ng/mL", "pg/mL", "IU/mL", "mEq/L", "kIU/L")
    known = [unit for unit in printed if lab_table().ucum(unit) or is_unit(unit)]
    found: dict[str, set[str]] = {}
    for unit in known:
        for edit in deletes(misread_alike(unit)):
            found.setdefault(edit, set()).add(unit)
    return {edit: next(iter(units)) for edit, units in found.items() if len(units) == 1}
