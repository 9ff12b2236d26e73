"""The check that a sentence rests on something: it cites the finding or the result that it speaks of."""

import re
from collections.abc import Iterator

from agents.facts import Facts, Ground
from agents.labels import labels_named
from agents.results import result_named
from prelim.draft import Check, Statement
from prelim.knowledge import rule_of

_QUOTED = re.compile(r"“[^”]*”")
_LOOKED_FOR = re.compile(r"Looked for: (?P<of>[^.]*)\.")
_RESULTS = re.compile(r"\blaboratory results?\b", re.I)
_NOT_ASSESSED = re.compile(r"Not assessed[^:]*: .*", re.S)


def rests_on(statement: Statement, facts: Facts, ground: Ground) -> Iterator[Check]:
    """A sentence without a cited finding or result speaks of none, but of what was looked for, or was not assessed."""
    if facts.claims or facts.labs or facts.only_quoted or statement.support == "unsupported":
        return
    text = _QUOTED.sub(" ", statement.text)
    for quote in filter(None, facts.quotes):
        text = text.replace(quote, " ")
    asked = {rule_of(finding.label).name for finding in ground.findings}
    for listed in _LOOKED_FOR.finditer(text):
        unasked = [part for part in re.split(r", | and ", listed["of"]) if part.strip() and part not in asked]
        yield from (_nothing(label) for part in unasked for label in sorted(labels_named(part))[:1])
    named = sorted(labels_named(_NOT_ASSESSED.sub(" ", _LOOKED_FOR.sub(" ", text))))
    if named:
        yield _nothing(named[0])
    uncited = [lab.name for lab in ground.labs if result_named(text, lab)] or _RESULTS.findall(text)
    if uncited:
        yield Check(name="finding", passed=False, detail=f"{uncited[0]} rests on nothing that it cites")


def _nothing(label: str) -> Check:
    return Check(name="finding", passed=False, detail=f"{rule_of(label).name} rests on nothing that it cites")
