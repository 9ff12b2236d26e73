"""Whether statements rest on what they cite: what one tool found is taken away, and the drafts are compared.

A statement that cites what was taken away has to change: its words, or what it still points at. Any other has to
stay, with two exceptions, which follow from what a draft is:

- Absence. Where a section loses a statement that cites the tool, another may come in its place ("None available.").
  It may rest on the case itself, and on what the lost ones rested on beside the tool; on nothing else.
- Regrouping. A statement that cites something of its own may be taken in by another of its section, which then cites
  all of it ("No left effusion." in "No effusion."); and one that stays may take in what a lost one rested on.

The address of a whole image or document of the case is the case's own: to point at it is not to cite a tool. What a
tool saw there, or why it did not look, has its own address (agents/seen.py).
"""

from collections.abc import Collection, Iterable
from typing import Any, Literal, NamedTuple

from prelim.draft import Draft, Found, Sections, Statement
from prelim.types import Evidence, Value


class StatementChange(Value):
    """A statement that is not the same without the tool. `cites`: it cites what the tool found.

    `words`: the words changed; else only what it points at, or how far it is supported.
    """

    id: str
    section: str
    how: Literal["added", "removed", "changed"]
    cites: bool
    words: bool
    before: str | None
    after: str | None


class Violation(Value):
    """A statement that changed without citing the tool, or that cites it and stayed."""

    id: str
    section: str
    text: str
    reason: str


class Verdict(NamedTuple):
    """What changed, how many statements did not, and what should have been otherwise."""

    changed: tuple[StatementChange, ...]
    unchanged: int
    violations: tuple[Violation, ...]


class Pair(NamedTuple):
    """A statement with the tool and without it; None where it is not there."""

    before: Statement | None
    after: Statement | None

    @property
    def one(self) -> Statement:
        found = self.before or self.after
        assert found is not None  # a pair is made of one id that one of the drafts holds
        return found

    @property
    def same(self) -> bool:
        return self.before == self.after

    @property
    def lost(self) -> frozenset[str]:
        """The evidence it pointed at before."""
        return frozenset(self.before.evidence) if self.before else frozenset()

    @property
    def kept(self) -> frozenset[str]:
        """The evidence it points at afterwards."""
        return frozenset(self.after.evidence) if self.after else frozenset()


def judge(before: Draft, after: Draft, brought: frozenset[str]) -> Verdict:
    """Compare a draft with the one without a tool. `brought`: the ids of the evidence that the tool brought."""
    own = {item.id for draft in (before, after) for item in draft.evidence if _is_whole(item)}
    changed: list[StatementChange] = []
    violations: list[Violation] = []
    unchanged = 0
    for section in Sections.model_fields:
        pairs = _pairs(getattr(before.sections, section), getattr(after.sections, section))
        changed += [_change(section, pair, brought) for pair in pairs if not pair.same]
        unchanged += sum(pair.same for pair in pairs)
        for pair in pairs:
            reason = _wrong(pair, pairs, brought, own)
            if reason:
                violations.append(Violation(id=pair.one.id, section=section, text=pair.one.text, reason=reason))
    return Verdict(tuple(changed), unchanged, tuple(violations))


def _pairs(before: Iterable[Statement], after: Iterable[Statement]) -> list[Pair]:
    was, now = ({statement.id: statement for statement in part} for part in (before, after))
    return [Pair(was.get(id), now.get(id)) for id in dict.fromkeys([*was, *now])]


def _change(section: str, pair: Pair, brought: frozenset[str]) -> StatementChange:
    before, after = (statement.text if statement else None for statement in pair)
    return StatementChange(
        id=pair.one.id,
        section=section,
        how="added" if before is None else "removed" if after is None else "changed",
        cites=bool(pair.lost & brought),
        words=before != after,
        before=before,
        after=after,
    )


def _wrong(pair: Pair, pairs: list[Pair], brought: frozenset[str], own: set[str]) -> str | None:
    """What is wrong with what became of a statement; None where nothing is."""
    if pair.kept & brought:
        return "cites what was taken away, and stayed"
    if pair.same or pair.lost & brought:
        return None
    gone = [other for other in pairs if other.lost & brought and not other.same]
    moved = [other for other in pairs if other.before and not other.same]
    if not gone:
        return "changed, and nothing of its section cites the tool"
    if pair.after is None:
        mine = pair.lost - own
        taken_in = any(mine and pair.lost <= other.kept for other in pairs if not other.same)
        return None if taken_in else "went without citing the tool"
    freed = frozenset().union(*(other.lost for other in moved)) | own
    if pair.before is None:
        return None if pair.kept <= freed else "came, and rests on what nobody let go"
    gained = pair.kept - pair.lost
    takes_in = pair.lost <= pair.kept and gained - own and gained <= freed
    return None if takes_in else "changed without citing the tool"


# ------------------------------------------------------------------ what a tool brought


def brought_by(tools: Collection[str], found: Found, evidence: Iterable[Evidence]) -> frozenset[str]:
    """Of the evidence, the ids of what these tools brought and nothing else of what was found did.

    It is theirs if it names one of them, a study of theirs or an item of theirs, or lies where theirs lies.
    """
    values = {name: getattr(found, name) for name in Found.model_fields}
    rest = set().union(*(_ids(value.model_dump(mode="json")) for name, value in values.items() if name not in tools))
    theirs = set().union(*(_ids(values[name].model_dump(mode="json")) for name in tools)) - rest
    cells = {_address(cell) for name in tools for cell in getattr(values[name], "evidence", ())} - {None}
    return frozenset(
        item.id
        for item in evidence
        if item.ref in tools
        or item.study_instance_uid in theirs
        or (not _is_whole(item) and ({item.id, item.ref} & theirs or _address(item) in cells))
    )


def _ids(value: Any) -> set[str]:
    """Every id in a dumped value, and every study's."""
    if isinstance(value, dict):
        own = {value[name] for name in ("id", "study_instance_uid") if isinstance(value.get(name), str)}
        return own.union(*map(_ids, value.values()))
    return set().union(*map(_ids, value)) if isinstance(value, list) else set()


def _is_whole(item: Evidence) -> bool:
    """Whether it is the address of a whole image or document, as the case gives it."""
    return item.ref is None and item.box_px is None and item.quote is None and _address(item) is None


def _address(item: Evidence) -> tuple[Any, ...] | None:
    """The part of a document that it is, however it is quoted; None where it is no part of one."""
    part = (item.page, item.box_pt, item.chars, item.pointer, item.time_s)
    return (item.document_sha256, *part) if item.document_sha256 and any(part) else None
