"""The check of advice: a draft gives none but that of the finding tables, about a present finding that it cites."""

from agents import words
from agents.facts import Facts
from prelim.draft import Check
from prelim.knowledge import recommendations
from prelim.knowledge.wording import wording


def without_advice(text: str, facts: Facts) -> str:
    """The text without the tables' own advice about its findings."""
    for claim in facts.claims:
        for advice in recommendations(claim.label) if claim.state == "present" else ():
            text = text.replace(advice, "")
    return text.strip()


def check_advice(text: str, facts: Facts) -> Check:
    """No other sentence advises anything, but what a source is quoted with."""
    for quote in filter(None, facts.quotes):
        text = text.replace(quote, "")
    given = [said for said in words.sentences_of(text) if wording().advice.search(said.lower())]
    return Check(name="advice", passed=not given, detail=f"no table advises: {given[0]}" if given else "")
