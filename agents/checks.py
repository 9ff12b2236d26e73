"""The checks of one statement against the facts it rests on. Deterministic; the model is not asked."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache

from agents import words
from agents.facts import Facts
from agents.results import check_result, without_names
from prelim.draft import Check
from prelim.knowledge import rule_of, rules, table
from prelim.knowledge.sentence import Claim

_POLARITY = {"present": "affirmed", "absent": "negated", "uncertain": "uncertain"}
_SAFE_WORDS = frozenset(
    words.words_of(
        """a absent again an and appears are as at be been by cannot change changed chest compared comparison
        confirmed date demonstrated earlier evidence examination excluded film film's finding for free from has
        have however identified image in is it its left longer lung lungs no not noted now of on or out
        patient patient's present previous prior radiograph remains right ruled scan seen shown side sided since slide
        still study that the there this to uncertain undated unknown visible was which whether with without"""
    )
)
"""Words that say nothing beyond the facts. A closed sentence is made of these and the facts' own."""
_ITEM = re.compile(r"[,;.:]|\b(?:and|or|but|with)\b", re.I)
_OWN_DAY = re.compile(r"\((?:film|scan|slide|image) of $")
_CHANGE_WORDS = frozenset(
    words.words_of(
        """better decreased decreasing improved improvement improving increased increasing interval larger new
        progressed progression size smaller stable unchanged worse worsened worsening"""
    )
)


def check_statement(text: str, facts: Facts, *, closed: bool = True) -> tuple[Check, ...]:
    """Every check that applies to a sentence.

    A closed one (a model's, the table's) may say nothing but its facts. An open one (a person's) may say
    more; what it says about the facts is checked all the same.
    """
    if facts.claims and closed:
        facts = facts.model_copy(update={"quotes": ()})  # what an earlier report said is not what this film shows
    checks = [_placeholder(text, facts), _date(text, facts, closed), _number(text, facts)]
    checks += [check for lab in facts.labs for check in check_result(text, lab, facts.labs, closed)]
    checks.append(_side(text, facts, closed))
    if facts.claims:
        checks += [
            _finding(text, facts, closed),
            _negation(text, facts, closed),
            _change(text, facts, closed),
        ]
    return tuple(checks)


def passed(checks: tuple[Check, ...]) -> bool:
    """Whether nothing speaks against the sentence."""
    return all(check.passed for check in checks)


def _placeholder(text: str, facts: Facts) -> Check:
    """Nothing is left to be filled in, but what a quoted source itself holds."""
    text = without_names(text, facts.labs)
    for quote in filter(None, facts.quotes):
        text = text.replace(quote, "")
    for quoted in re.findall(r"“([^”]*)”", text):
        if any(quoted.rstrip(" …") in " ".join(quote.split()) for quote in facts.quotes):
            text = text.replace(quoted, "")
    found = words.placeholders_in(text)
    return Check(
        name="placeholder",
        passed=not found,
        detail=f"left to be filled in: {', '.join(found)}" if found else "",
    )


# ------------------------------------------------------------------ dates and numbers


def _date(text: str, facts: Facts, closed: bool) -> Check:
    """Each date is one of the facts', in its place: the images' own as "(film of …)", else the earlier one."""
    since = {claim.since for claim in facts.claims if claim.change and claim.since}
    collected = {lab.collected[:10] for lab in facts.labs if lab.collected}
    quoted = {day for quote in facts.quotes for said in words.dates_in(quote) for day in said.days}
    other = since or collected | quoted | {*facts.film_dates, *facts.dates}
    heard: set[str] = set()
    for said in words.dates_in(text):
        own = _OWN_DAY.search(text[: said.start]) is not None
        allowed = set(facts.film_dates) if own else other if closed else other | quoted | set(facts.film_dates)
        if not said.days & allowed:
            return Check(name="date", passed=False, detail=f"{text[said.start : said.end]} is not in the evidence")
        heard |= said.days if not own else set()
    left_out = sorted(since - heard) if closed else []
    return Check(name="date", passed=not left_out, detail=f"leaves out {left_out[0]}" if left_out else "")


def _number(text: str, facts: Facts) -> Check:
    """Each number stands in the evidence, and no more often than there."""
    known = [number for source in _number_sources(facts) for number in words.numbers_in(source)]
    for day in facts.days:
        text = text.replace(day, " ")
    for number in words.numbers_in(without_names(text, facts.labs)):
        if number not in known:
            return Check(name="number", passed=False, detail=f"{number:g} is not in the evidence")
        known.remove(number)
    return Check(name="number", passed=True)


def _number_sources(facts: Facts) -> Iterator[str]:
    yield from facts.quotes
    for lab in facts.labs:
        yield lab.value_text
        yield lab.reference.text


# ------------------------------------------------------------------ findings


def _sides_of(claims: Iterable[Claim]) -> set[str]:
    both = {"bilateral": {"left", "right"}, "left": {"left"}, "right": {"right"}}
    return {side for claim in claims for side in both.get(claim.side or "", set())}


def _one_sided(claims: Sequence[Claim]) -> list[Claim]:
    """The claims whose side has to be said: "no effusion" says enough of both sides."""
    absent = {(claim.label, claim.side) for claim in claims if claim.state == "absent" and claim.change is None}
    return [claim for claim in claims if not {(claim.label, "left"), (claim.label, "right")} <= absent]


def _side(text: str, facts: Facts, closed: bool) -> Check:
    """The sides named are the evidence's; a sentence about a finding with a side names it."""
    said = words.sides_in(without_names(text, facts.labs))
    quoted = set() if facts.claims else {side for quote in facts.quotes for side in words.sides_in(quote)}
    explained = {"left", "right"} if facts.sides and not facts.claims else set()
    wrong = sorted(said - _sides_of(facts.claims) - quoted - explained)
    if wrong:
        return Check(name="side", passed=False, detail=f"the evidence does not say {wrong[0]}")
    missing = sorted(_sides_of(_one_sided(facts.claims)) - said)
    if missing and (closed or labels_named(text) & {claim.label for claim in facts.claims}):
        return Check(name="side", passed=False, detail=f"the evidence says {missing[0]}")
    return Check(name="side", passed=True)


def _names(text: str, label: str) -> bool:
    """Whether a text names a finding that it is about, its words wherever they stand."""
    return label in labels_named(text) or _stems()[label][0] <= words.stems_in(text)


@lru_cache(1024)
def labels_named(text: str) -> frozenset[str]:
    """The findings of any table that a text names: all words of a name stand in one item of a list.

    The longer name is meant: the malposition of a tube does not name the tube, nor a skull fracture a fracture.
    """
    return frozenset(label for item in _ITEM.split(text) for label in _labels_of(words.stems_in(item)))


def _labels_of(said: set[str]) -> set[str]:
    found = {label: [name for name in names if name <= said] for label, names in _stems().items()}
    every = {name for names in found.values() for name in names}
    return {label for label, names in found.items() if any(not any(name < other for other in every) for name in names)}


@cache
def _stems() -> dict[str, list[frozenset[str]]]:
    """Each label's name and other names, as the words to look for."""
    names = {label: (rule.name, *rule.also) for label, rule in rules().items()}
    return {label: [frozenset(words.stems_in(name)) for name in known] for label, known in names.items()}


def _siblings(labels: Iterable[str]) -> set[str]:
    """The findings that stand in the same tables: those a sentence about these may be mistaken about."""
    return {label for name in {rule_of(label).table for label in labels} for label in table(name).findings}


def _finding(text: str, facts: Facts, closed: bool) -> Check:
    """The sentence names its findings, no other of the table, and (closed) nothing that is not a fact."""
    labels = {claim.label for claim in facts.claims}
    unnamed = [rule_of(label).name for label in sorted(labels) if not _names(text, label)]
    if unnamed:
        return Check(name="finding", passed=False, detail=f"does not name {unnamed[0]}")
    other = [rule_of(label).name for label in sorted(labels_named(text) & _siblings(labels) - labels)]
    if other and closed:
        return Check(name="finding", passed=False, detail=f"{other[0]} is not in its evidence")
    beyond = sorted(words.words_of(text) - _vocabulary(facts)) if closed else []
    return Check(
        name="finding",
        passed=not beyond,
        detail=f"says more than its evidence: {beyond[0]}" if beyond else "",
    )


def _vocabulary(facts: Facts) -> frozenset[str]:
    """Safe words, the findings' own, and words of change (whether they fit is another check)."""
    own = {word for claim in facts.claims for word in words.words_of(claim.name)}
    own |= {f"{word}s" for word in own} | {words.american(word) for word in own} | {"resolved", "cleared"}
    return _SAFE_WORDS | _CHANGE_WORDS | own


def clauses_about(text: str, label: str, side: str | None, *, closed: bool) -> list[str]:
    """What in a text speaks of a finding: a closed sentence whole, else the clauses naming it on its side."""
    if closed:
        return [text]
    named = [clause for clause in words.clauses_of(text) if _names(clause, label)]
    return [part for part in named if side not in ("left", "right") or side in (words.sides_in(part) or {side})]


def _negation(text: str, facts: Facts, closed: bool) -> Check:
    """Presence, absence and doubt as the evidence has them."""
    for claim in facts.claims:
        for clause in clauses_about(text, claim.label, claim.side, closed=closed):
            says = words.polarity(clause)
            if says != _POLARITY[claim.state]:
                detail = f"the evidence says {claim.state}, the words are {says}"
                return Check(name="negation", passed=False, detail=detail)
    return Check(name="negation", passed=True)


def _change(text: str, facts: Facts, closed: bool) -> Check:
    """The change word is the comparison's, and only there where one was made."""
    for claim in facts.claims:
        for clause in clauses_about(text, claim.label, claim.side, closed=closed):
            said, expected = words.changes_in(clause), {claim.change} - {None}
            if (said != expected) if closed else (said - expected):
                heard = ", ".join(sorted(said)) or "nothing"
                detail = f"the comparison says {claim.change or 'nothing'}, the words {heard}"
                return Check(name="change", passed=False, detail=detail)
    return Check(name="change", passed=True)
