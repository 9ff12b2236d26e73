"""Which findings of the tables a text names, and what a person's text says of each."""

import re
from collections.abc import Iterable
from functools import cache, lru_cache

from agents import words
from agents.dates import dates_in
from prelim.documents.report import findings_in
from prelim.facts import ReportFinding
from prelim.knowledge import rule_of, rules, table
from prelim.knowledge.cues import cues
from prelim.knowledge.report_terms import report_terms
from prelim.knowledge.sentence import Claim
from prelim.knowledge.wording import wording

_ASIDE = re.compile(r"“[^”]*”|\bLooked for: [^.]*\.|\bNot assessed\b.*", re.S)
_AHEAD = 40
"""How far before a finding's name the word may stand that its denial is limited by, in characters."""
_ITEM = re.compile(r"[,;.:]|\b(?:and|or|but|with)\b", re.I)


@lru_cache(4096)
def labels_named(text: str) -> frozenset[str]:
    """The findings of any table that a text names: all words of a name stand in one item of a list.

    The longer name is meant: the malposition of a tube does not name the tube, nor a skull fracture a fracture.
    """
    return frozenset(label for item in _ITEM.split(text) for label in _labels_of(words.stems_in(item)))


def _labels_of(said: frozenset[str]) -> set[str]:
    found = [(label, name) for stem in said for label, name in _by_stem().get(stem, ()) if name <= said]
    return {label for label, name in found if not any(name < other for _, other in found)}


@cache
def _by_stem() -> dict[str, list[tuple[str, frozenset[str]]]]:
    """Each label with each of its names, as the words to look for, under one of these: the longest."""
    index: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for label, rule in rules().items():
        for stems in dict.fromkeys(words.stems_in(name) for name in (rule.name, *rule.also)):
            index.setdefault(max(stems, key=lambda stem: (len(stem), stem)), []).append((label, stems))
    return index


def names(text: str, label: str) -> bool:
    """Whether a text names a finding that it is about: its words wherever they stand, or a term of reports."""
    scattered = words.stems_in(rule_of(label).name) <= words.stems_in(text)
    return scattered or label in labels_named(text) or bool(terms_for(text, label))


@lru_cache(4096)
def terms_for(text: str, label: str) -> tuple[str, ...]:
    """What a text calls a finding, of the terms that reports have for it."""
    return tuple(text[hit.start : hit.end] for hit in report_terms().phrases.find(text) if hit.meaning == label)


def siblings(labels: Iterable[str]) -> set[str]:
    """The findings that stand in the same tables: those a sentence about these may be mistaken about."""
    return {label for name in {rule_of(label).table for label in labels} for label in table(name).findings}


@lru_cache(4096)
def mentions_in(text: str) -> tuple[ReportFinding, ...]:
    """What a person's text states, denies or doubts, read as an earlier report is, without what it quotes or asks."""
    return findings_in(_read(text))


def _read(text: str) -> str:
    """What of a text is read, an earlier day for each date: places stay where they are in it."""
    plain = _ASIDE.sub(lambda found: " " * len(found.group()), text)
    for day in dates_in(plain):
        plain = plain[: day.start] + "prior".ljust(day.end - day.start)[: day.end - day.start] + plain[day.end :]
    return plain


def is_hedged(mention: ReportFinding) -> bool:
    """Whether a sentence states a finding with a reserve ("suggests", "likely"), which reports count as present."""
    return bool(wording().hedged.search(mention.sentence.lower()))


def is_qualified(mention: ReportFinding, text: str) -> bool:
    """Whether a denial is of one kind only: "no acute", "no large" leaves what is old or small."""
    start, end = mention.chars
    ahead = _read(text)[max(0, start - _AHEAD) : end].lower()
    return bool(wording().qualified.search(re.split(r"[.;,]\s", ahead)[-1]))


def without_comparisons(text: str) -> str:
    """The text without what compares two sides or places rather than two times ("right greater than left")."""
    for hit in cues().changes.find(text):
        if hit.meaning == "not_a_change":
            text = text[: hit.start] + " " * (hit.end - hit.start) + text[hit.end :]
    return text


def mentions_of(text: str, label: str) -> list[ReportFinding]:
    """What a text says of one finding by name; else what it clears in general ("the lungs are clear")."""
    mine = [mention for mention in mentions_in(text) if mention.label == label]
    named = [mention for mention in mine if not mention.general]
    return named or [mention for mention in mine if not _of_the_rest(mention)]


def _of_the_rest(mention: ReportFinding) -> bool:
    """Whether a statement of normality is of what was not named before: "otherwise clear"."""
    return bool(
        words.words_of(mention.sentence) & {"otherwise", "elsewhere", "remaining", "remainder", "rest", "other"}
    )


def clauses_about(text: str, label: str, side: str | None, *, closed: bool) -> list[str]:
    """What in a text speaks of a finding: a closed sentence whole, else the clauses naming it on its side."""
    if closed:
        return [text]
    named = [clause for clause in words.clauses_of(_ASIDE.sub(" ", text)) if names(clause, label)]
    return [part for part in named if side not in ("left", "right") or side in (words.sides_in(part) or {side})]


def sides_of(claims: Iterable[Claim]) -> set[str]:
    """The sides that claims are made of."""
    both = {"bilateral": {"left", "right"}, "left": {"left"}, "right": {"right"}}
    return {side for claim in claims for side in both.get(claim.side or "", set())}
