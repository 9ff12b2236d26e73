"""The check that a sentence rests on something: it cites the finding that it speaks of."""

import re
from collections.abc import Iterator

from agents.facts import Facts, Ground
from agents.labels import labels_named
from prelim.draft import Check, Statement
from prelim.knowledge import rule_of

_QUOTED = re.compile(r"“[^”]*”")
_LOOKED_FOR = re.compile(r"Looked for: (?P<of>[^.]*)\.")
_NOT_ASSESSED = re.compile(r"Not assessed[^:]*: .*", re.S)


def rests_on(statement: Statement, facts: Facts, ground: Ground) -> Iterator[Check]:
    """A sentence without a cited finding speaks of none, but of those that were looked for, or were not assessed."""
    if facts.claims or facts.only_quoted or statement.support == "unsupported":
        return
    text = _QUOTED.sub(" ", statement.text)
    for quote in filter(None, facts.quotes):
        text = text.replace(quote, " ")
    asked = {finding.label for finding in ground.findings}
    for listed in _LOOKED_FOR.finditer(text):
        asked_in_vain = sorted(labels_named(listed["of"]) - asked)
        if asked_in_vain:
            yield _nothing(asked_in_vain[0])
    named = sorted(labels_named(_NOT_ASSESSED.sub(" ", _LOOKED_FOR.sub(" ", text))))
    if named:
        yield _nothing(named[0])


def _nothing(label: str) -> Check:
    return Check(name="finding", passed=False, detail=f"{rule_of(label).name} rests on nothing that it cites")
