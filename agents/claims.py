"""The checks of a sentence against the findings that it rests on: which, on which side, in what state and change.

A closed sentence (a model's, the table's) may say nothing but its facts. An open one (a person's) may say more; it is
read as an earlier report is, and what it says of the facts is checked.
"""

import re
from collections.abc import Iterator, Sequence

from agents import words
from agents.facts import Facts
from agents.labels import (
    clauses_about,
    is_hedged,
    is_qualified,
    labels_named,
    mentions_in,
    mentions_of,
    names,
    siblings,
    sides_of,
    terms_for,
    without_comparisons,
)
from agents.results import without_names
from prelim.draft import Check
from prelim.facts import ReportFinding
from prelim.knowledge import rule_of
from prelim.knowledge.report_terms import report_terms
from prelim.knowledge.sentence import Claim
from prelim.knowledge.wording import wording

_POLARITY = {"present": "affirmed", "absent": "negated", "uncertain": "uncertain"}
_DOUBTED = {("present", "uncertain"), ("absent", "uncertain")}
_JOINED = re.compile(r"[,;:]|\b(?:and|but|with|without|or|which|although|though)\b", re.I)
_STATE = {polarity: state for state, polarity in _POLARITY.items()}


def check_claims(text: str, facts: Facts, closed: bool, timed: bool) -> Iterator[Check]:
    """Every check of what a sentence says of its findings. `timed`: states and changes are checked as a time line."""
    if not closed:
        yield from (_side_told(text, facts), _named(text, facts))
        yield from () if timed else (_told(text, facts), _moved(text, facts))
        return
    yield _side(text, facts)
    if facts.claims:
        yield _finding(text, facts)
        yield from () if timed else (_negation(text, facts), _change(text, facts))
        yield _doubt(text, facts)


# ------------------------------------------------------------------ closed sentences


def _one_sided(claims: Sequence[Claim]) -> list[Claim]:
    """The claims whose side has to be said: "no effusion" says enough of both sides."""
    absent = {(claim.label, claim.side) for claim in claims if claim.state == "absent" and claim.change is None}
    return [claim for claim in claims if not {(claim.label, "left"), (claim.label, "right")} <= absent]


def _side(text: str, facts: Facts) -> Check:
    """The sides named are the evidence's; a sentence about a finding with a side names it, each on its own."""
    said = words.sides_in(without_names(text, facts.labs))
    quoted = set() if facts.claims else {side for quote in facts.quotes for side in words.sides_in(quote)}
    explained = {"left", "right"} if facts.sides and not facts.claims else set()
    wrong = sorted(said - sides_of(facts.claims) - quoted - explained)
    if wrong:
        return Check(name="side", passed=False, detail=f"the evidence does not say {wrong[0]}")
    missing = sorted(sides_of(_one_sided(facts.claims)) - said)
    if missing:
        return Check(name="side", passed=False, detail=f"the evidence says {missing[0]}")
    several = len({claim.label for claim in facts.claims}) > 1
    return _side_told(text, facts) if several and said else Check(name="side", passed=True)


def _finding(text: str, facts: Facts) -> Check:
    """The sentence names its findings, no other of the table, and nothing that is not a fact."""
    labels = {claim.label for claim in facts.claims}
    unnamed = [rule_of(label).name for label in sorted(labels) if not names(text, label)]
    if unnamed:
        return Check(name="finding", passed=False, detail=f"does not name {unnamed[0]}")
    other = [rule_of(label).name for label in sorted(labels_named(text) & siblings(labels) - labels)]
    if other:
        return Check(name="finding", passed=False, detail=f"{other[0]} is not in its evidence")
    known = wording()
    beyond = sorted(
        word
        for word in words.words_of(text) - known.safe
        if not known.change_word.fullmatch(word) and words.stem_of(word) not in _own_stems(text, facts)
    )
    detail = f"says more than its evidence: {beyond[0]}" if beyond else ""
    return Check(name="finding", passed=not beyond, detail=detail)


def _own_stems(text: str, facts: Facts) -> set[str]:
    """The words of the findings' names, and of what else the text calls them."""
    called = [
        name
        for label in {claim.label for claim in facts.claims}
        for name in (rule_of(label).name, *rule_of(label).also, *terms_for(text, label))
    ]
    return {stem for name in called for stem in words.stems_in(name)}


def _negation(text: str, facts: Facts) -> Check:
    """Presence, absence and doubt as the evidence has them."""
    says = words.polarity(text)
    wrong = next((claim for claim in facts.claims if _POLARITY[claim.state] != says), None)
    detail = f"the evidence says {wrong.state}, the words are {says}" if wrong else ""
    return Check(name="negation", passed=wrong is None, detail=detail)


def _change(text: str, facts: Facts) -> Check:
    """The change word is the comparison's, and only there where one was made."""
    said = words.changes_in(text)
    wrong = next((claim for claim in facts.claims if said != {claim.change} - {None}), None)
    if wrong is None and words.compares(text) and all(claim.change is None for claim in facts.claims):
        return Check(name="change", passed=False, detail="speaks of an earlier time, and cites no comparison")
    return Check(name="change", passed=wrong is None, detail=_unlike(wrong, said) if wrong else "")


def _unlike(claim: Claim, said: frozenset[str]) -> str:
    heard = ", ".join(sorted(said)) or "nothing"
    if claim.change is None:
        return f"rests on no comparison, and says {heard}"
    return f"the comparison says {claim.change}, the words {heard}"


def _doubt(text: str, facts: Facts) -> Check:
    """A finding whose side is not known is told so."""
    unsided = [claim for claim in facts.claims if claim.sided and claim.side is None and claim.state == "present"]
    passed = not unsided or words.side_is_open(text)
    return Check(name="doubt", passed=passed, detail="" if passed else "does not say that the side is uncertain")


# ------------------------------------------------------------------ open sentences


def _about(mention: ReportFinding, facts: Facts) -> list[Claim]:
    """The claims that a mention may be of: its label, on its side where it says one."""
    same = [claim for claim in facts.claims if claim.label == mention.label]
    sides = {mention.laterality} if mention.laterality in ("left", "right") else {"left", "right"}
    return [claim for claim in same if claim.side not in ("left", "right") or claim.side in sides]


def _claimed(text: str, facts: Facts) -> list[ReportFinding]:
    """The mentions of findings that there are facts of, each finding's own before what is cleared in general."""
    labels = dict.fromkeys(claim.label for claim in facts.claims)
    return [mention for label in labels for mention in mentions_of(text, label)]


def _side_told(text: str, facts: Facts) -> Check:
    """A finding stands on the sides that the evidence has it on."""
    known = {claim.label: sides_of(c for c in facts.claims if c.label == claim.label) for claim in facts.claims}
    placed = [mention for mention in _claimed(text, facts) if not mention.general]
    if not placed:
        return _sides_loose(text, facts)
    loose = {claim.label for claim in facts.claims if claim.side is None or _side_not_asked(claim)}
    for mention in placed:
        wrong = sorted(_sides_told(mention, text) - known[mention.label])
        if wrong and mention.label not in loose:
            return Check(name="side", passed=False, detail=f"the evidence does not say {wrong[0]}")
    return Check(name="side", passed=True)


def _side_not_asked(claim: Claim) -> bool:
    """Whether a finding lies on a side and is asked about without one: a fracture, a catheter; not the heart's size."""
    return not claim.sided and claim.label not in report_terms().midline


def _sides_told(mention: ReportFinding, text: str) -> set[str]:
    """The sides that a mention is placed on; of one without its own, those of a sentence that places nothing else."""
    if mention.laterality in ("left", "right"):
        return {str(mention.laterality)}
    if mention.laterality == "bilateral":
        return {"left", "right"}
    return set() if _beside(mention, text) else set(words.sides_in(mention.sentence))


def _beside(mention: ReportFinding, text: str) -> bool:
    """Whether the sentence of a mention names another finding too."""
    return any(one.sentence == mention.sentence and one.label != mention.label for one in mentions_in(text))


def _sides_loose(text: str, facts: Facts) -> Check:
    """Of a sentence that names no finding on a side: its sides are those of the evidence that it was written from."""
    quoted = {side for quote in facts.quotes for side in words.sides_in(quote)}
    held = sides_of(facts.claims)
    wrong = sorted(words.sides_in(without_names(text, facts.labs)) - held - quoted)
    loose = bool(wrong) and (bool(facts.claims) or facts.only_quoted)
    return Check(name="side", passed=not loose, detail=f"the evidence does not say {wrong[0]}" if loose else "")


def _named(text: str, facts: Facts) -> Check:
    """No other finding of the table is stated, and the finding that the sentence was written about is named."""
    labels = {claim.label for claim in facts.claims}
    stated = {mention.label for mention in mentions_in(text) if mention.state == "present" and not mention.general}
    other = [rule_of(label).name for label in sorted(stated & siblings(labels) - labels)]
    return Check(name="finding", passed=not other, detail=f"{other[0]} is not in the evidence" if other else "")


def _told(text: str, facts: Facts) -> Check:
    """Presence, absence and doubt as the evidence has them, mention by mention; a person may doubt what it has."""
    for state, claims in _stated(text, facts):
        fits = [claim for claim in claims if claim.state == state]
        wrong = [claim for claim in claims if claim.state != state and (claim.state, state) not in _DOUBTED]
        if wrong and (not fits or (state == "absent" and len(claims) > 1)):
            detail = f"the evidence says {wrong[0].state}, the words are {_POLARITY.get(state, state)}"
            return Check(name="negation", passed=False, detail=detail)
    return Check(name="negation", passed=True)


def _stated(text: str, facts: Facts) -> Iterator[tuple[str, list[Claim]]]:
    """What the text says of claims: by its mentions; of a finding that no report has a word for, by its clauses."""
    read = set()
    for mention in _claimed(text, facts):
        read.add(mention.label)
        claims = _about(mention, facts)
        said = _state_of(mention, text)
        if not (said == "absent" and is_qualified(mention, text)):
            yield said, claims
    for claim in facts.claims:
        if claim.label not in read:
            for clause in _clauses(text, claim):
                yield _STATE.get(words.polarity(clause), "unclear"), [claim]


def _state_of(mention: ReportFinding, text: str) -> str:
    """The state that a person gives a finding: a reserve is a doubt, and a plain sentence means what its words do."""
    if mention.state != "present" or mention.general:
        return mention.state
    if is_hedged(mention):
        return "uncertain"
    plain = not _beside(mention, text) and not _JOINED.search(mention.sentence)
    return "absent" if plain and words.polarity(mention.sentence) == "negated" else "present"


def _moved(text: str, facts: Facts) -> Check:
    """A change is the comparison's, mention by mention."""
    for claim in facts.claims:
        said = _changes_told(text, claim, facts)
        same = {other.change for other in facts.claims if (other.label, other.side) == (claim.label, claim.side)}
        if said - same:
            return Check(name="change", passed=False, detail=_unlike(claim, frozenset(said)))
    return Check(name="change", passed=True)


def _changes_told(text: str, claim: Claim, facts: Facts) -> set[str]:
    """The changes that a text tells of a claim; of a sentence that names others too, those that are its own."""
    mine = [mention for mention in mentions_of(text, claim.label) if claim in _about(mention, facts)]
    told = {str(mention.change) for mention in mine if mention.change}
    if told or len(mine) > 1 or any(_beside(mention, text) for mention in mine):
        return told
    clauses = _clauses(without_comparisons(text), claim)
    return {change for clause in clauses for change in words.changes_in(clause)} - {"unclear"}


def _clauses(text: str, claim: Claim) -> list[str]:
    """The clauses that name a finding; of a sentence that names none, though it cites one, the whole."""
    if names(text, claim.label):
        return clauses_about(text, claim.label, claim.side, closed=False)
    return [] if mentions_in(text) or labels_named(text) else [text]
