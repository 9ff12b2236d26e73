"""A person's edits: replaced, added and dropped statements. Checked and flagged, never blocked."""

from collections.abc import Sequence

from agents.across import LEFT_OUT, OMITTED, omissions
from agents.checks import passed
from agents.draft import sealed
from agents.facts import Ground
from agents.labels import labels_named
from agents.sections import statement_id
from agents.trending import current_results
from agents.verifier import checked, statements_of
from prelim.draft import Draft, Edit, Sections, Statement
from prelim.errors import InputError


def apply_edits(draft: Draft, edits: Sequence[Edit]) -> Draft:
    """The draft with the edits made in their order, every check redone, and its digest.

    A replaced statement keeps its id and its evidence. Raises InputError (no_such_statement, bad_edit).
    """
    if not edits:
        return draft
    if any(edit.text is not None and not edit.text.strip() for edit in edits):
        raise InputError("bad_edit", "A statement needs words.", "Give --text, or --drop to leave it out.")
    sections = draft.sections
    for number, edit in enumerate(edits):
        sections = _added(sections, edit, number) if edit.statement_id is None else _changed(sections, edit)
    ground = ground_of(draft)
    sections = checked(sections, ground)
    kept = [text for text in draft.warnings if not text.startswith((OMITTED, LEFT_OUT))]
    warnings = (*kept, *omissions(sections, ground))
    return sealed(draft.model_copy(update={"sections": sections, "warnings": warnings}))


def ground_of(draft: Draft) -> Ground:
    """What the statements of a draft rest on; not on a person's report that a second read held against it."""
    parts = {name: getattr(draft, name) for name in Ground.model_fields}
    looked_at = {id for item in (draft.second_read.items if draft.second_read else ()) for id in item.evidence}
    told = {id for statement in statements_of(draft.sections) for id in statement.evidence}
    places = tuple(one for one in draft.evidence if one.kind != "text" or one.id in told or one.id not in looked_at)
    return Ground(**{**parts, "evidence": places, "labs": tuple(current_results(draft.labs, draft.trends))})


def borne_out(draft: Draft) -> Draft:
    """The draft with only the findings, and their boxes, that its words bear out: what a signature vouches for.

    A statement points at the finding, and none that points at it or names it fails its checks. What a person dropped
    or contradicted stays in the draft, and never becomes the patient's history.
    """
    meant = {item.id: item.ref for item in draft.evidence if item.kind == "finding"}
    said, denied, named = set[str | None](), set[str | None](), set[str]()
    for statement in statements_of(draft.sections):
        about = {meant[id] for id in statement.evidence if id in meant}
        said |= about
        if not passed(statement.checks):
            denied |= about
            named |= labels_named(statement.text) if statement.source == "person" else frozenset()
    findings = tuple(f for f in draft.findings if f.id in said - denied and f.label not in named)
    marked = {(finding.label, finding.laterality) for finding in findings}
    boxes = tuple(box for box in draft.boxes if (box.label, box.laterality) in marked)
    return draft.model_copy(update={"findings": findings, "boxes": boxes})


def _added(sections: Sections, edit: Edit, number: int) -> Sections:
    if edit.section is None or not edit.text:
        raise InputError("bad_edit", "An added statement needs a section and words.", "Give both.")
    id = statement_id(edit.section, ["added", number])
    new = Statement(id=id, text=edit.text, support="attested", source="person")
    return sections.model_copy(update={edit.section: (*getattr(sections, edit.section), new)})


def _changed(sections: Sections, edit: Edit) -> Sections:
    """The sections with one statement reworded, or without it."""
    if all(statement.id != edit.statement_id for statement in statements_of(sections)):
        remedy = "`prelim show CASE` lists them with their ids."
        raise InputError("no_such_statement", f"No statement {edit.statement_id} in this draft.", remedy)
    return Sections(
        **{
            name: tuple(
                _reworded(statement, edit.text) if statement.id == edit.statement_id else statement
                for statement in getattr(sections, name)
                if statement.id != edit.statement_id or edit.text is not None
            )
            for name in Sections.model_fields
        }
    )


def _reworded(statement: Statement, text: str | None) -> Statement:
    return statement.model_copy(update={"text": text, "source": "person", "support": "attested", "checks": ()})
