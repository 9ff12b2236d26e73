"""The checks of one statement against the facts it rests on. Deterministic; the model is not asked."""

import re
from collections.abc import Iterator

from agents import words
from agents.advice import check_advice, without_advice
from agents.claims import check_claims
from agents.facts import Facts
from agents.measures import check_figures
from agents.results import check_result, without_names
from agents.timeline import check_timeline, is_timed
from prelim.draft import Check
from prelim.knowledge.wording import wording

_QUOTED = re.compile(r"“([^”]*)”")


def check_statement(text: str, facts: Facts, *, closed: bool = True) -> tuple[Check, ...]:
    """Every check that applies to a sentence.

    A closed one (a model's, the table's) may say nothing but its facts. An open one (a person's) may say
    more; what it says about the facts is checked all the same.
    """
    if facts.claims and closed:
        facts = facts.model_copy(update={"quotes": ()})  # what an earlier report said is not what this film shows
    placeholder = _placeholder(text, facts)
    advised = without_advice(text, facts) if closed else text
    if not advised:
        return placeholder, Check(name="advice", passed=True)
    return placeholder, *_of_facts(advised, facts, closed)


def passed(checks: tuple[Check, ...]) -> bool:
    """Whether nothing speaks against the sentence."""
    return all(check.passed for check in checks)


def _of_facts(text: str, facts: Facts, closed: bool) -> Iterator[Check]:
    """The checks of a sentence without its advice."""
    timed = is_timed(text, facts)
    yield from check_figures(text, facts, closed)
    for lab in facts.labs:
        yield from check_result(text, lab, facts.labs, closed, facts.before.get(lab.id))
    yield from check_claims(text, facts, closed, timed)
    if timed:
        yield check_timeline(text, facts)
    if closed:
        yield check_advice(text, facts)
        yield from _quotes(text, facts)


def _placeholder(text: str, facts: Facts) -> Check:
    """Nothing is left to be filled in, but what a quoted source itself holds."""
    text = without_names(text, facts.labs)
    for quote in filter(None, facts.quotes):
        text = text.replace(quote, "")
    for quoted in _QUOTED.findall(text):
        if _holds(quoted, facts):
            text = text.replace(quoted, "")
    found = words.placeholders_in(text)
    return Check(
        name="placeholder",
        passed=not found,
        detail=f"left to be filled in: {', '.join(found)}" if found else "",
    )


def _holds(quoted: str, facts: Facts) -> bool:
    """Whether a quote of the facts holds what stands in quotation marks, cut off or not."""
    return any(_plain(quoted).rstrip(" ….") in _plain(quote) for quote in facts.quotes)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _quotes(text: str, facts: Facts) -> Iterator[Check]:
    """What is quoted stands in its source; what rests on quotes alone says what they say."""
    wrong = [quoted for quoted in _QUOTED.findall(text) if facts.quotes and not _holds(quoted, facts)]
    if wrong:
        yield Check(name="finding", passed=False, detail=f"not what the source says: {wrong[0]}")
    if not facts.only_quoted or facts.claims or facts.labs:
        return
    if facts.given and text not in facts.given:
        yield Check(name="finding", passed=False, detail="not what was given")
    known = wording().frame | {word for quote in facts.quotes for word in words.words_of(quote)}
    beyond = sorted(words.words_of(_QUOTED.sub(" ", text)) - known)
    if beyond:
        yield Check(name="finding", passed=False, detail=f"says more than its source: {beyond[0]}")
