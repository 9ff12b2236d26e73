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
_LONG = 6
"""A word of so many letters is known by all but one of them."""
_MISREAD_UNITS = {"UL": "U/L", "{L": "fL", "tL": "fL", "mmoVL": "mmol/L", "mmolL": "mmol/L", "mmol/": "mmol/L"}
_TORN = re.compile(r"1[0Oo][AM4N1^*7°]{0,2}")


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
    """Words, with what a speck of space parted made whole: a number before its mark, a power of ten ("10M 2/L")."""
    kept: list[Word] = []
    for word in words:
        parted = kept and re.match(r"[.,]\d", word.text) and kept[-1].text[-1].isdigit()
        torn = kept and re.fullmatch(r"1?[29]/[lL]", word.text) and _TORN.fullmatch(kept[-1].text)
        if parted or torn:
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
    if text in _MISREAD_UNITS:
        return _MISREAD_UNITS[text]
    text = text.replace("{", "[").replace("}", "]").replace("]]", "]").replace("[[", "[")
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
    """A name that a misreading parts from the one known name that is like it; a known one stays ("ALAT", not "A1AT").

    Either its letters look alike ("HbAic"), or one letter of a long word is wrong, lost or added ("Chioride").
    """
    plain = re.sub("[‘’'`´]", "", name)
    if lab_table().knows(plain):
        return plain
    known = _names().get(misread_alike(plain_name(plain)))
    if known is not None and len(known) == len(plain):
        return "".join(mine if mine.casefold() == theirs else theirs for mine, theirs in zip(plain, known, strict=True))
    return _with_its_letter(plain) or name


def _with_its_letter(name: str) -> str | None:
    """The name with one word as the one known name has it; None where none or several are like it."""
    printed = re.findall(r"[^\W_]+", name)
    words = plain_name(name).split()
    if len(printed) != len(words):
        return None
    found = {
        (at, theirs)
        for at, word in enumerate(words)
        if len(word) >= _LONG and word.isalpha()
        for edit in deletes(word)
        for theirs in _long_words().get((*words[:at], edit, *words[at + 1 :]), ())
        if _one_apart(word, theirs[at]) and len(theirs) == len(words)
    }
    if len(found) != 1:
        return None
    at, theirs = found.pop()
    new = (
        theirs[at].upper()
        if printed[at].isupper()
        else theirs[at].capitalize()
        if printed[at][0].isupper()
        else theirs[at]
    )
    return name.replace(printed[at], new)


def _one_apart(one: str, other: str) -> bool:
    """Whether one letter is another, or one more or less. The last three tell substances apart: nitrite, nitrate."""
    if len(one) == len(other):
        return one[-3:] == other[-3:] and sum(mine != theirs for mine, theirs in zip(one, other, strict=True)) == 1
    short, long = sorted((one, other), key=len)
    return short in deletes(long)


@cache
def _long_words() -> dict[tuple[str, ...], set[tuple[str, ...]]]:
    """Known names by what a letter less in one of their long words leaves of them."""
    found: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for name in lab_table().names:
        words = tuple(name.split())
        for at, word in enumerate(words):
            for edit in deletes(word) if len(word) >= _LONG and word.isalpha() else ():
                found.setdefault((*words[:at], edit, *words[at + 1 :]), set()).add(words)
    return found


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
