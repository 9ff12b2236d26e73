"""What two reports of one patient say of the time between: better, worse, stable, or nothing that can be relied on.

Three things speak. What the later text states of a change: of a finding, or of the whole film ("radiological
worsening"). A finding that one text states and the other denies. And how much of it each describes (extent.py). Where
they contradict each other the answer is "uncertain", where nothing speaks it is None: a wrong direction is worse than
none. By rules alone; the words are in prelim/knowledge/course.yaml and cues.yaml.

A change counts only if it is meant since the earlier text's film. One that the later text repeats word for word from
the earlier was said of the time before; one "since admission", or against a film of another day, of another time.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, cast

from prelim.documents.extent import Extent, Trend, extent_of, together, trends_between
from prelim.documents.stated import Stated, passages_of, stated_in
from prelim.facts import ReportFinding
from prelim.knowledge.course import course_words
from prelim.types import Change, Laterality, State, Value

Direction = Literal["worse", "better", "stable"]
_DIRECTION: dict[Change, Direction] = {
    "new": "worse",
    "worse": "worse",
    "stable": "stable",
    "better": "better",
    "resolved": "better",
}


class FindingCourse(Value):
    """How one finding went. `stated`: the later text says so itself; else it follows from what both texts say.

    `earlier` and `later` are the sentences that it rests on, in their texts' order.
    """

    label: str
    laterality: Laterality | None
    change: Change
    stated: bool
    earlier: tuple[str, ...] = ()
    later: tuple[str, ...] = ()


class Course(Value):
    """`change`: "better", "worse", "stable", "uncertain" where the texts contradict themselves, None where none speaks.

    `later` are the sentences of the later text that tell the course of the whole film.
    """

    change: Change | None = None
    findings: tuple[FindingCourse, ...] = ()
    later: tuple[str, ...] = ()


def course(earlier: str, later: str, *, earlier_date: str | None = None) -> Course:
    """The course from the film of one report to that of a later one.

    `earlier_date` (ISO day): where the later report names the days it compares with and this is none of them, the
    changes that it states are of another time. Without it they are taken to be meant since the earlier report.
    """
    before, now = Account(earlier), Account(later)
    said = stated_in(later, earlier, earlier_date)
    findings = tuple(_findings(before, now, said))
    whole = [one for one in said if one.label is None]
    return Course(
        change=_overall({_DIRECTION[one.change] for one in whole}, findings),
        findings=findings,
        later=tuple(dict.fromkeys(one.sentence for one in whole)),
    )


class Account:
    """What one text says: its sentences, and its mentions by label."""

    def __init__(self, text: str) -> None:
        self.passages = tuple(passages_of(text))
        self.findings = tuple(one for passage in self.passages for one in passage.findings)

    def of(self, label: str, state: State) -> list[ReportFinding]:
        """The mentions of a finding in a state; where one of a kind of it is there, it is there too."""
        kinds = course_words().kinds.get(label, ()) if state == "present" else ()
        return [one for one in self.findings if one.label in (label, *kinds) and one.state == state]

    def names(self, label: str) -> bool:
        """Whether a finding is named itself, rather than only cleared in general or meant by a kind of it."""
        return any(one.label == label and not one.general for one in self.findings)

    def denied(self, label: str) -> list[ReportFinding]:
        """The mentions that deny a finding, or what it is a kind of, where none states or doubts it."""
        wider = [wide for wide, kinds in course_words().kinds.items() if label in kinds]
        for name in (label, *wider):
            if self.of(name, "present") or self.of(name, "uncertain"):
                return []
        return [one for name in (label, *wider) for one in self.of(name, "absent")]

    def extents(self, label: str) -> dict[Laterality | None, Extent]:
        """How much of a finding is described on each side that is named."""
        found: dict[Laterality | None, list[Extent]] = {}
        for passage in self.passages:
            for one in passage.findings:
                if one in self.of(label, "present"):
                    span = (one.chars[0] - passage.start, one.chars[1] - passage.start)
                    others = [other for other in passage.terms if other != span]
                    found.setdefault(one.laterality, []).append(extent_of(passage.sentence, span, others))
        return {side: together(extents) for side, extents in found.items()}


def _findings(before: Account, now: Account, said: Sequence[Stated]) -> Iterator[FindingCourse]:
    """The course of each finding that either text names."""
    for label in dict.fromkeys(one.label for one in (*before.findings, *now.findings)):
        if before.names(label) or now.names(label):
            implied = _implied(before, now, label)
            told = _told(before, [one for one in said if one.label == label])
            if implied and len(told) == 1 and _DIRECTION[implied.change] != _DIRECTION.get(told[0].change):
                told = [told[0].model_copy(update={"change": "uncertain", "earlier": implied.earlier})]
            yield from told or ([implied] if implied else [])


def _told(before: Account, said: Sequence[Stated]) -> list[FindingCourse]:
    """What the later text states of one finding, on each side that it names."""
    sides = dict.fromkeys(one.laterality for one in said)
    return [_stated([one for one in said if one.laterality == side], before) for side in sides]


def _stated(said: Sequence[Stated], before: Account) -> FindingCourse:
    return FindingCourse(
        label=str(said[0].label),
        laterality=said[0].laterality,
        change=_only(said, before),
        stated=True,
        later=tuple(dict.fromkeys(one.sentence for one in said)),
    )


def _only(said: Sequence[Stated], before: Account) -> Change:
    """The change that sentences agree on: what was there before is not new, what was denied did not get better."""
    label, side = str(said[0].label), said[0].laterality
    moved: list[Change] = [one.change for one in said if one.change != "stable"] or ["stable"]
    directions = {_DIRECTION[change] for change in moved}
    if len(directions) > 1 or (directions == {"better"} and before.denied(label)):
        return "uncertain"
    there = any(one.laterality in (side, None, "bilateral") for one in before.of(label, "present"))
    return "worse" if moved[-1] == "new" and there else moved[-1]


def _implied(before: Account, now: Account, label: str) -> FindingCourse | None:
    """What follows for a finding from what both texts say of it."""
    was, gone = before.of(label, "present"), now.denied(label)
    there, denied = now.of(label, "present"), before.denied(label)
    if denied and there and _covers(denied, there):
        return _follows(label, "new", denied, there)
    if was and gone and _covers(gone, was):
        return _follows(label, "resolved", was, gone)
    trends = _trends(before.extents(label), now.extents(label))
    return _follows(label, trends.pop(), was, there) if len(trends) == 1 else None


def _covers(denials: Iterable[ReportFinding], mentions: Iterable[ReportFinding]) -> bool:
    """Whether a denial is of the sides that the mentions are on."""
    sides = {one.laterality for one in denials}
    return bool(sides & {None, "bilateral", "midline"}) or {one.laterality for one in mentions} <= sides


def _trends(was: dict[Laterality | None, Extent], there: dict[Laterality | None, Extent]) -> set[Trend]:
    """The directions of a finding that both texts state: by its sides, and by its extent on the same side."""
    found: set[Trend] = set()
    if len({*was, *there} - {None}) <= 1:  # what names no side may be on the one that is named
        found |= trends_between(together([*was.values()]), together([*there.values()]))
    else:
        for side in was.keys() & there.keys():
            found |= trends_between(was[side], there[side])
    return found | ({"worse"} if _sides(was) and _sides(was) < _sides(there) else set())


def _sides(extents: Iterable[Laterality | None]) -> frozenset[str]:
    """The sides of a finding; empty where one of its mentions names none."""
    named = set(extents)
    if named - {"left", "right", "bilateral"}:
        return frozenset()
    return frozenset({"left", "right"} if "bilateral" in named else {str(side) for side in named})


def _follows(
    label: str, change: Change, earlier: Sequence[ReportFinding], later: Sequence[ReportFinding]
) -> FindingCourse:
    sides = {one.laterality for one in (later if change != "resolved" else earlier)}
    return FindingCourse(
        label=label,
        laterality=sides.pop() if len(sides) == 1 else None,
        change=change,
        stated=False,
        earlier=tuple(dict.fromkeys(one.sentence for one in earlier)),
        later=tuple(dict.fromkeys(one.sentence for one in later)),
    )


def _overall(whole: set[Direction], findings: Sequence[FindingCourse]) -> Change | None:
    """The direction of the whole: what is said of the film, unless a finding is said to go the other way.

    Of findings alone, those that got worse or better outweigh those that are stable.
    """
    counted = [one for one in findings if one.label not in course_words().no_course]
    heard = {_DIRECTION.get(one.change, "uncertain") for one in counted}
    every: set[str] = {*whole, *heard}
    if "uncertain" in every or {"worse", "better"} <= every or ("stable" in whole and every != {"stable"}):
        return "uncertain"
    moved = every - {"stable"} or every
    return cast(Change, moved.pop()) if moved else None
