"""A draft as plain text: the report for pasting, and the listing with statement ids for a terminal."""

import textwrap
from collections.abc import Sequence
from itertools import groupby

from prelim.draft import Draft, Sections, Statement
from prelim.types import Comparison, Finding

_WIDTH = 100


def badge(statement: Statement, draft: Draft) -> str:
    """What to look at twice: unsupported, check (a person against the evidence), out of scope, uncertain.

    Empty where nothing speaks against the sentence, and where it only tells what was not looked at. A signed report is
    the person's who signed it: of the marks only what the model's card does not cover stays.
    """
    if draft.status == "signed":
        return "out of scope" if _out_of_scope(statement, draft) else ""
    if statement.support == "unsupported":
        return "unsupported"
    if any(not check.passed for check in statement.checks):
        return "check"
    if _out_of_scope(statement, draft):
        return "out of scope"
    return "uncertain" if statement.support == "abstained" and not is_aside(statement, draft) else ""


def _out_of_scope(statement: Statement, draft: Draft) -> bool:
    """Whether a sentence rests on an answer that the model's card does not cover."""
    refs = {item.ref for item in draft.evidence if item.id in statement.evidence}
    answers: list[Finding | Comparison] = [*draft.findings, *draft.comparisons]
    return any(item.out_of_scope and item.id in refs for item in answers)


def is_aside(statement: Statement, draft: Draft) -> bool:
    """Whether a sentence tells what was not looked at, rather than what was found."""
    kinds = {item.kind for item in draft.evidence if item.id in statement.evidence}
    return statement.support == "abstained" and not kinds & {"finding", "lab"}


def as_text(draft: Draft) -> str:
    """The report for pasting: banner, sections, addenda, who signed; until then, warnings and marks on doubts."""
    parts = [_wrapped(draft.notice), _status(draft)]
    for name in Sections.model_fields:
        lines = [_wrapped(line, "- ") for line in _lines(getattr(draft.sections, name), draft)]
        if lines or name != "recommendation":
            parts.append("\n".join([name.upper(), *(lines or ["- Nothing stated."])]))
    if draft.addenda:
        parts.append("\n".join(["ADDENDA", *(_wrapped(addendum.text, "- ") for addendum in draft.addenda)]))
    if draft.warnings and draft.status != "signed":
        parts.append("\n".join(["WARNINGS", *(_wrapped(text, "- ") for text in draft.warnings)]))
    model = f"model {draft.model.name} {draft.model.digest[:12]}"
    parts.append(f"{draft.case_id} · {model} · content {draft.content_sha256[:12]}")
    return "\n\n".join(parts) + "\n"


def _lines(statements: Sequence[Statement], draft: Draft) -> list[str]:
    """The statements of a section; those of one region follow its name in one line, as a report has them."""
    lines = []
    for region, group in groupby(statements, key=lambda statement: statement.region):
        marked = [_marked(statement, draft) for statement in group]
        lines += [f"{region.capitalize()}: {' '.join(marked)}"] if region else marked
    return lines


def as_listing(draft: Draft) -> str:
    """Every statement with its id, its support and what speaks against it."""
    lines = [_status(draft)]
    for name in Sections.model_fields:
        lines.append(f"\n{name.upper()}")
        for statement in getattr(draft.sections, name):
            lines.append(_wrapped(_marked(statement, draft), f"{statement.id}  "))
            lines += [f"{'':18}! {check.name}: {check.detail}" for check in statement.checks if not check.passed]
    return "\n".join(lines)


def _marked(statement: Statement, draft: Draft) -> str:
    mark = badge(statement, draft)
    return f"[{mark}] {statement.text}" if mark else statement.text


def _status(draft: Draft) -> str:
    """One line: where the draft stands, who decided, how urgent it is."""
    stands = "DRAFT FOR REVIEW" if draft.decision is None else f"{draft.status.upper()} by {draft.decision.reviewer}"
    when = f" on {draft.decision.at}" if draft.decision else ""
    return f"{stands}{when} · urgency: {draft.urgency.replace('_', ' ')}"


def _wrapped(text: str, lead: str = "") -> str:
    return textwrap.fill(text, _WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead))
