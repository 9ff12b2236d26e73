"""The cells of one result row made clean: what is glued together is parted, marks of footnotes fall away.

"12.3 H" is a value and a flag, "Glucose (mg/dL)" a name and a unit, "5.6 a)" a value and a footnote.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from prelim.documents.printed_units import is_unit, unit_at
from prelim.documents.reference import is_reference, limits
from prelim.documents.table_lines import Cell
from prelim.documents.values import COMPARED, NUMBER, read_value
from prelim.knowledge.lab_words import lab_words, plain_words
from prelim.knowledge.labs import lab_table

Cells = dict[str, Cell]
Span = tuple[int, int]
Stars = Literal["flag", "footnote"]
"""What a star behind a value is in this document."""
_VALUE = re.compile(rf"{COMPARED}(?:\s*(?:[x×*·]\s*10\s*\^\s*|[eE])[+-]?\d{{1,2}}(?!\s*/|\d))?(?![\d.,:]*\d)", re.I)
_TITRE = re.compile(r"[<>]?\s*1\s*[:/]\s*\d+")
_COUNT = re.compile(r"\d+\s?[-–]\s?\d+")
_FREE_WORDS = re.compile(r"[^\W\d_]{3,}(?:[ -][^\W\d_]{2,})?")
"""A result in words that no list has."""
_NOTE = re.compile(r"(?:\(?[a-gijkmo-z]\)|\(?\d\)|[¹²³⁴⁵†‡§#]+|\[\d\])(?=\s|$)")
_STAR = re.compile(r"\*+(?=\s|$)")
_TOKEN = re.compile(r"\S+")
_MARK = re.compile(r"\s*(?:(?<=\s)(?:[a-z]\)|\d\))|[¹²³⁴⁵†‡§*]+|(?<=\s)#)$")
_BULLET = re.compile(r"^[\-–•*·>]+\s+|^[\s.,:;|]+")
_UNIT_BEHIND = re.compile(r"\s*[\[(]([^\[\]()]+(?:\([^)]*\))?)[\])]\s*$|\s*,\s*([^,]+)$")
_UNIT_LAST = re.compile(r"(?<=[\d\s])([^\d\s<>≤≥()\[\]-][^\s()\[\]]*)[\])]?$")
_BRACKETS_LAST = re.compile(r"(?<=\s)[(\[]([^()\[\]]+)[)\]]\s*$")
_LONGEST_NAME, _MOST_WORDS = 110, 16
_LONGEST_UNIT, _LONGEST_FLAG = 22, 3
_TWO_LIMITS = re.compile(r"(\d+[.,]\d{1,2}) (\d+[.,]\d{1,2})")
_REMEMBERED = 2048


def value_parts(text: str, stars: Stars = "flag") -> dict[str, Span] | None:
    """A value with what is glued to it, as spans: value, flag, unit, reference. None where anything is left over."""
    lead = re.match(r"\s*[\[(]?\s*(?:[HLhl*!↑↓▲▼]{1,2})\s*[\])]?\s*(?=[<>≤≥]?\s*\d)", text)
    at = lead.end() if lead else len(text) - len(text.lstrip())
    match = _VALUE.match(text, at)
    if match is None or read_value(match.group()).kind != "numeric" != read_value(match.group(), True).kind:
        return None
    found: dict[str, Span] = {"value": match.span()}
    if lead and not (stars == "footnote" and "*" in lead.group()):
        found["flag"] = (len(lead.group()) - len(lead.group().lstrip()), len(lead.group().rstrip()))
    return found if _tail(text, match.end(), found, stars) else None


def _tail(text: str, at: int, found: dict[str, Span], stars: Stars) -> bool:
    """What follows a value, in any order; whether all of it was understood."""
    while at < len(text):
        if text[at] in " ;,|":
            at += 1
            continue
        end = _piece(text, at, found, stars)
        if end is None:
            return False
        at = end
    return True


def _piece(text: str, at: int, found: dict[str, Span], stars: Stars) -> int | None:
    star, note, token = _STAR.match(text, at), _NOTE.match(text, at), _TOKEN.match(text, at)
    if star and stars == "footnote":
        return star.end()
    if note:
        return note.end()
    flag = token if token and "flag" not in found and lab_words().flag(token.group()) else None
    if flag and (not _reference_end(text, at) or limits(text[flag.end() :])):
        found["flag"] = flag.span()
        return flag.end()
    length = unit_at(text[at:])
    if length and "unit" not in found:
        found["unit"] = (at, at + length)
        return at + length
    if "reference" not in found and (end := _reference_end(text, at)):
        found["reference"] = (at, end)
        return end
    glued = re.compile(r"[HL↑↓▲▼!]{1,2}(?=\s|$)").match(text, at)
    if glued and "flag" not in found:
        found["flag"] = glued.span()
        return glued.end()
    return None


def _reference_end(text: str, at: int) -> int | None:
    """Where the rest is a range, or a range and a flag: where the range ends."""
    rest = text[at:].rstrip()
    if not re.search(r"\d", rest) or not re.match(r"[\[(<>≤≥\d.\-]|[^\W\d]", rest):
        return None
    head, _, last = rest.rpartition(" ")
    if head and lab_words().flag(last) and re.search(r"\d", head) and is_reference(head):
        return at + len(head)
    return at + len(rest) if is_reference(rest) else None


# ------------------------------------------------------------------ a row's cells


def tidy(cells: Cells, stars: Stars, strict: bool = False) -> Cells | None:
    """The row's name, value, unit, reference and flag, clean; None where they are no result.

    `strict`: the cells were cut out of running text, so each has to be what its column says.
    """
    if "value" not in cells or "name" not in cells:
        return None
    clean: Cells = {}
    if not _take_value(cells["value"], clean, stars):
        return None
    _take_rest(cells, clean)
    _take_name(cells["name"], clean)
    if strict and not _says_what_it_should(clean):
        return None
    return clean if _is_result(clean) else None


def _take_value(cell: Cell, clean: Cells, stars: Stars) -> bool:
    parts = value_parts(cell.text, stars)
    if parts is None and cell.other and value_parts(cell.other, stars) and not re.search(r"[^\W\d]{3}", cell.text):
        cell = Cell((cell.words[0]._replace(text=cell.other, x1=cell.x1, other=cell.text),))
        parts = value_parts(cell.text, stars)
    if parts:
        clean |= {kind: cell.cut(*span) for kind, span in parts.items()}
        return True
    text = cell.text
    said = re.sub(r"\s*\*+$", "", text) if text.endswith("*") else text
    head, _, last = said.rpartition(" ")
    if head and lab_words().meaning(head) and lab_words().flag(last):
        clean |= {"value": cell.cut(0, len(head)), "flag": cell.cut(len(head) + 1, len(said))}
        return True
    whole = bool(lab_words().meaning(said) or _TITRE.fullmatch(said) or _COUNT.fullmatch(said))
    if whole or plain_words(said) in lab_words().words or _FREE_WORDS.fullmatch(said):
        clean["value"] = cell.cut(0, len(said))
        return True
    return False


def _take_rest(cells: Cells, clean: Cells) -> None:
    """Unit, reference and flag, each where it belongs, whatever column it was printed into."""
    for kind in ("unit", "reference", "flag"):
        if kind in cells:
            _sort_out(kind, _with_its_dash(cells[kind]) if kind == "reference" else cells[kind], clean)


def _with_its_dash(cell: Cell) -> Cell:
    """Two limits in the column of ranges, the lower first, between which a scan has lost the dash: "3.9 9.8"."""
    match = _TWO_LIMITS.fullmatch(cell.text)
    if match is None or len(cell.words) < 2 or not _is_rising(*match.groups()):
        return cell
    first, *rest = cell.words
    return Cell((first._replace(text=f"{first.text} -"), *rest))


def _is_rising(low: str, high: str) -> bool:
    return float(low.replace(",", ".")) < float(high.replace(",", "."))


def _sort_out(kind: str, cell: Cell, clean: Cells) -> None:
    text = cell.text
    lead, _, rest = text.partition(" ")
    if rest and kind == "unit" and lab_words().flag(lead) and unit_at(rest):
        clean.setdefault("flag", cell.cut(0, len(lead)))
        _sort_out(kind, cell.cut(len(lead) + 1, len(text)), clean)
        return
    length = unit_at(text) if kind != "flag" else 0
    if length and length < len(text):
        _sort_out("reference", cell.cut(length, len(text)), clean)
        cell, text = cell.cut(0, length), text[:length]
    elif kind != "flag" and (end := _reference_end(text, 0)):
        _take_reference(cell.cut(0, end), clean)
        if end < len(text):
            clean.setdefault("flag", cell.cut(end, len(text)))
        return
    if is_unit(text):
        clean.setdefault("unit", cell)
    elif lab_words().flag(text):
        clean.setdefault("flag", cell)
    elif kind == "unit" and len(text) <= _LONGEST_UNIT:
        clean.setdefault("unit", cell)
    elif kind == "reference":
        clean.setdefault("reference", cell)
    elif kind == "flag" and len(text) <= _LONGEST_FLAG and not _NOTE.fullmatch(text):
        clean.setdefault("flag", cell)


def _take_reference(cell: Cell, clean: Cells) -> None:
    """A range, and the unit behind it where the row has no other: "4.5-11.0 K/uL"."""
    if "reference" not in clean:
        clean["reference"] = cell
        unit = _UNIT_LAST.search(cell.text)
        if unit and "unit" not in clean and is_unit(unit.group(1)):
            clean["unit"] = cell.cut(*unit.span(1))


def _take_name(cell: Cell, clean: Cells) -> None:
    """The name without bullets, colons, footnote marks and its unit."""
    text = cell.text
    start = bullet.end() if (bullet := _BULLET.match(text)) else 0
    end = len(text)
    while end > start:
        head = text[start:end]
        shorter = len(head.rstrip(" :.…·,;|_"))
        mark, unit = _MARK.search(head), _UNIT_BEHIND.search(head)
        if shorter < len(head):
            end = start + shorter
        elif mark and mark.start() > 0:
            end = start + mark.start()
        elif unit and "unit" not in clean and is_unit(said := unit.group(1) or unit.group(2)):
            at = start + unit.start(1 if unit.group(1) else 2)
            clean["unit"] = cell.cut(at, at + len(said))
            end = start + unit.start()
        elif limited := _range_behind(head, clean):
            _take_reference(cell.cut(start + limited[0], start + limited[1]), clean)
            end = start + limited[0] - 1
        else:
            break
    if end > start:
        clean["name"] = cell.cut(start, end)


def _range_behind(head: str, clean: Cells) -> Span | None:
    """The range in brackets at the end of a name: "Glucose (70-99 mg/dL)"."""
    match = _BRACKETS_LAST.search(head)
    if (
        match is None
        or "reference" in clean
        or not re.search(r"\d", match.group(1))
        or not is_reference(match.group(1))
    ):
        return None
    return match.span(1)


def _says_what_it_should(clean: Cells) -> bool:
    checks: dict[str, Callable[[str], object]] = {"unit": is_unit, "reference": is_reference, "flag": lab_words().flag}
    sure = "name" in clean and (is_known(clean["name"].text) or {"unit", "reference"} <= clean.keys())
    return sure and all(check(clean[kind].text) for kind, check in checks.items() if kind in clean)


def _is_result(clean: Cells) -> bool:
    """Whether the row can be a result: a name that is none of a person, order or page, and a value of some kind."""
    if "name" not in clean or not may_be_name(clean["name"].text):
        return False
    value = clean["value"].text
    if read_value(value).kind == "numeric":
        return True
    said = lab_words().meaning(value) or plain_words(value) in lab_words().words
    return bool(said or _TITRE.fullmatch(value) or is_evident(clean)) and not _is_prose(clean)


def _is_prose(clean: Cells) -> bool:
    return clean["name"].text.endswith(".") or len(clean["name"].words) > _MOST_WORDS


def may_be_name(text: str) -> bool:
    """Whether a test may be called so."""
    if not re.search(r"[^\W\d_]", text) or len(text) > _LONGEST_NAME or len(text.split()) > _MOST_WORDS:
        return False
    if is_known(text):
        return True
    letters = len(re.findall(r"[^\W\d_]", text))
    return (
        letters > 1
        and not lab_words().is_about_the_sheet(text)
        and lab_words().column(text) is None
        and not is_unit(text)
    )


@lru_cache(_REMEMBERED)
def is_known(name: str) -> bool:
    """Whether the table of tests has the name."""
    return lab_table().knows(name)


def is_evident(clean: Cells) -> bool:
    """Whether more than its place says that the row is a result: a unit, a range, or a known name."""
    unit, reference = clean.get("unit"), clean.get("reference")
    return bool((unit and is_unit(unit.text)) or (reference and is_reference(reference.text))) or is_known(
        clean["name"].text
    )


def is_number(text: str) -> bool:
    """Whether a text is a value and what may be glued to it."""
    return bool(re.fullmatch(NUMBER, text)) or value_parts(text) is not None
