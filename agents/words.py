"""What a sentence says, by small explicit rules: its dates, numbers, sides, polarity and change words.

No parser and no model: the verifier has to be predictable. Where a sentence is too tangled for the rules (two
negations in one clause), they say "unclear", which no claim matches.
"""

import re
from typing import Literal, NamedTuple

Polarity = Literal["affirmed", "negated", "uncertain", "unclear"]
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})[a-z]*\.?"
_DATES = (
    re.compile(r"(?<!\d)(?P<year>\d{4})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})(?!\d)"),
    re.compile(r"(?<![\d.])(?P<a>\d{1,2})(?P<s>[-/.])(?P<b>\d{1,2})(?P=s)(?P<year>\d{4})(?!\d)"),
    re.compile(r"(?<![\d.])(?P<a>\d{1,2})/(?P<b>\d{1,2})/(?P<year>\d{2})(?!\d)"),
    re.compile(rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+{_MONTH},?\s+(?P<year>\d{{4}})", re.I),
    re.compile(rf"\b{_MONTH}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})", re.I),
)
_NUMBER = re.compile(r"(?<![A-Za-z\d.])\d+(?:[.,]\d+)*")
_NUMBER_WORDS = {
    w: n
    for n, w in enumerate(
        ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], 2
    )
}
_PLACEHOLDER = re.compile(
    r"\[[^\]]*\]|\{[^}]*\}|<\s*[A-Za-z_][^<>]*>|_{2,}|\.{4,}"
    r"|\b(?:TODO|TBD|FIXME|XX+|lorem ipsum|insert \w+ here)\b",
    re.I,
)

_BOTH_SIDES = re.compile(
    r"\b(?:bilateral(?:ly)?|both (?:lungs?|sides?|hemithora\w+|bases|hila|pleura\w*)|either (?:lung|side))\b"
)
_SIDES = {"right": re.compile(r"\bright\b|\brt\b"), "left": re.compile(r"\bleft\b|\blt\b")}
_SIDE_LETTER = {"right": re.compile(r"\bR\b"), "left": re.compile(r"\bL\b")}

_UNSURE = re.compile(
    r"(?:can ?not|can't|could not|couldn't) be (?:\w+ly )?(?:confirmed|excluded|ruled out)"
    r"(?:,? (?:or|and|nor) (?:confirmed|excluded|ruled out))*"
    r"|(?:can ?not|can't|could not|couldn't) (?:\w+ly )?(?:confirm|exclude|rule out)"
    r"(?: (?:or|and|nor) (?:confirm|exclude|rule out))*"
    r"|neither confirmed nor excluded|not (?:been )?(?:excluded|ruled out|certain|sure|clear)\b"
    r"|\b(?:uncertain|unclear|possibl[ey]|probabl[ey]|likely|unlikely|may|might|could|suspect\w*|suspicious"
    r"|suggest\w*|question\w*|equivocal|indeterminate|whether|perhaps|doubtful)\b|\?"
)
_NO_CHANGE = re.compile(r"\b(?:no|without|not)(?: (?:significant|relevant|interval|further|major))* chang\w+")
_NEGATION = re.compile(
    r"\b(?:no longer|no|not|without|free of|free from|absent|absence|negative|resolved|resolution|cleared"
    r"|clear|gone|disappeared|vanished|none|neither|nor|never|lack\w*|excluded|ruled out|normal|unremarkable"
    r"|denie[sd])\b"
    r"|n't\b"
)
_SURE = re.compile(r"\b(?:certain|certainly|definite|definitely|clearly|sure)\b")

_CHANGES = {
    "new": r"new|newly|developed|appeared",
    "worse": r"worse|worsen\w*|increas\w*|larger|bigger|greater|progress\w*|grown|more extensive",
    "stable": r"stable|unchanged|constant",
    "better": r"better|improv\w*|decreas\w*|smaller|less|lesser|reduced|shrunk|regress\w*",
    "resolved": r"resolved|resolution|cleared|gone|disappeared|vanished",
}
_CHANGE_WORDS = {change: re.compile(rf"\b(?:{words})\b") for change, words in _CHANGES.items()}
_CHANGE_UNCERTAIN = re.compile(r"\bchange\w*\b[^.;]*\b(?:uncertain|unclear|not certain)\b|\buncertain change\b")
_SIDE_UNCERTAIN = re.compile(r"\bside\b[^.;]*\b(?:uncertain|unclear|not certain|not known)\b|\bside uncertain\b")


class DateSaid(NamedTuple):
    """A date as written: where it stands, and the ISO days it can mean (day first or month first)."""

    start: int
    end: int
    days: frozenset[str]


def dates_in(text: str) -> list[DateSaid]:
    """Every full date of a text, in order, in any of the common spellings."""
    found: dict[int, DateSaid] = {}
    for pattern in _DATES:
        for match in pattern.finditer(text):
            taken = any(said.start < match.end() and match.start() < said.end for said in found.values())
            if not taken:
                found[match.start()] = DateSaid(match.start(), match.end(), _days(match.groupdict()))
    return [found[start] for start in sorted(found)]


def _days(parts: dict[str, str | None]) -> frozenset[str]:
    year = str(parts["year"])
    year = f"20{year}" if len(year) == 2 else year
    if parts.get("month"):
        pairs = [(_MONTHS.index(str(parts["month"]).lower()) + 1, parts["d"])]
    elif parts.get("m"):
        pairs = [(int(str(parts["m"])), parts["d"])]
    else:
        pairs = [(int(str(parts["b"])), parts["a"]), (int(str(parts["a"])), parts["b"])]
    return frozenset(f"{year}-{month:02d}-{int(str(day)):02d}" for month, day in pairs)


def without_dates(text: str) -> str:
    """The text with every date blanked out, positions kept."""
    for said in dates_in(text):
        text = text[: said.start] + " " * (said.end - said.start) + text[said.end :]
    return text


def numbers_in(text: str) -> list[float]:
    """Every number of a text that is no date and no part of a name (B12), counting words included."""
    text = without_dates(text)
    words = [float(_NUMBER_WORDS[word]) for word in re.findall(r"[a-z]+", text.lower()) if word in _NUMBER_WORDS]
    return [as_number(match.group()) for match in _NUMBER.finditer(text)] + words


def as_number(printed: str) -> float:
    """A printed number: a comma before three digits groups, any other is decimal."""
    if re.fullmatch(r"\d+,(?:\d{1,2}|\d{4,})", printed):
        printed = printed.replace(",", ".")
    plain = printed.replace(",", "")
    head, _, tail = plain.rpartition(".")
    return float(f"{head.replace('.', '')}.{tail}" if head else plain)


def placeholders_in(text: str) -> list[str]:
    """What was left to be filled in: [patient name], ___, TODO, <date>, {side}."""
    return [match.group() for match in _PLACEHOLDER.finditer(text)]


def sides_in(text: str) -> frozenset[str]:
    """The sides that a text names: a subset of {"left", "right"}."""
    plain = text.lower()
    if _BOTH_SIDES.search(plain):
        return frozenset(("left", "right"))
    named = {side for side, pattern in _SIDES.items() if pattern.search(plain)}
    return frozenset(named | {side for side, pattern in _SIDE_LETTER.items() if pattern.search(text)})


def polarity(clause: str) -> Polarity:
    """Whether a clause affirms, denies or doubts what it speaks of. Doubt about change or side is none."""
    plain = _NO_CHANGE.sub("unchanged", _SIDE_UNCERTAIN.sub(" ", _CHANGE_UNCERTAIN.sub(" ", clause.lower())))
    doubts = len(_UNSURE.findall(plain))
    plain = _UNSURE.sub(" ", plain)
    denials = len(_NEGATION.findall(plain))
    if denials > 1 or (doubts and (denials or _SURE.search(plain))):
        return "unclear"
    return "uncertain" if doubts else "negated" if denials else "affirmed"


def changes_in(text: str) -> frozenset[str]:
    """The changes that a text speaks of: words of prelim.types.Change."""
    plain = _NO_CHANGE.sub("unchanged", text.lower())
    said = {change for change, pattern in _CHANGE_WORDS.items() if pattern.search(plain)}
    return frozenset(said | ({"uncertain"} if _CHANGE_UNCERTAIN.search(plain) else set()))


def clauses_of(text: str) -> list[str]:
    """A text cut at full stops, contrasts and before "without" or ", no": each part has its own polarity."""
    cuts = r"[.;:]\s+|[.;]$|,?\s+but\s+|,\s+however,?\s+|\n+|,\s+(?:and\s+)?(?=no\b|not\b|with)|\s+(?=without\b)"
    return [part for part in re.split(cuts, text, flags=re.I) if part.strip()]


def stems_in(text: str) -> set[str]:
    """The words of a text in the singular and in one spelling, British and American alike."""
    return {re.sub(r"(?<=\w{3})s$", "", re.sub(r"ies$", "y", american(word))) for word in words_of(text)}


def american(word: str) -> str:
    """A word as American English spells it: haemorrhage, oedema, tumour → hemorrhage, edema, tumor."""
    return re.sub(r"ae|oe", "e", word).replace("our", "or")


def words_of(text: str) -> set[str]:
    """The lower-case words of a text, dates and numbers left out."""
    return set(re.findall(r"[a-z]+(?:'[a-z]+)?", without_dates(text).lower()))
