"""What may be said of one finding: as the lines a model is given, and as the table's own sentence."""

from prelim.knowledge import rule_of
from prelim.types import Change, Laterality, State, Value

UNDATED = "an earlier undated film"
MARKS = ("E1", "E2")
"""How the facts of a sentence are marked: the finding's, the comparison's."""
_SAYABLE: dict[State, tuple[Change, ...]] = {
    "present": ("new", "worse", "stable", "better", "uncertain"),
    "absent": ("resolved",),
    "uncertain": (),
}


class Claim(Value):
    """One finding on one side as it may be said. `since` is the earlier film's date.

    A change stands only where it fits the state: what is absent can only have resolved. `side` is None where
    it is not known.
    """

    label: str
    side: Laterality | None
    state: State
    change: Change | None = None
    since: str | None = None

    @property
    def name(self) -> str:
        """The finding's name."""
        return self.named(self.label)

    @staticmethod
    def named(label: str) -> str:
        """The name of a label."""
        return rule_of(label).name

    @property
    def sided(self) -> bool:
        """Whether the finding lies on the left or the right."""
        return "midline" not in rule_of(self.label).places

    def facts(self, marks: tuple[str, str] = MARKS) -> str:
        """The facts a sentence is asked for, one a line, each behind the mark of what it rests on.

        The first mark stands for the finding, the second for the comparison with an earlier film.
        """
        side = self.side if self.sided else None
        seen = {"finding": self.name, "side": side, "state": self.state}
        compared = {"change": self.change, "since": self.since}
        rows = [(mark, *row) for mark, facts in zip(marks, (seen, compared), strict=True) for row in facts.items()]
        return "\n".join(f"{mark} {key}: {value}" for mark, key, value in rows if value)

    def marks(self, marks: tuple[str, str] = MARKS) -> tuple[str, ...]:
        """The marks that stand in `facts`: what a sentence may cite, and what one that says all of them does."""
        return marks if self.change else marks[:1]

    def sentence(self) -> str:
        """The sentence of the knowledge table."""
        key = {"uncertain": "change_uncertain", None: self.state}.get(self.change, self.change)
        text = rule_of(self.label).sentences[str(key)]
        if self.sided and self.side is None:
            text = text.replace("{side} ", "")
            text = text if self.state == "absent" else text.removesuffix(".") + "; its side is uncertain."
        text = text.format(side=self.side, since=self.since or UNDATED)
        return text[0].upper() + text[1:]

    def headline(self) -> str:
        """The same in few words, for the impression."""
        what = f"{self.side} {self.name}" if self.sided and self.side else self.name
        since = self.since or UNDATED
        plain = {"present": "", "absent": "", "uncertain": " cannot be confirmed or excluded"}[self.state]
        ending = {
            None: plain,
            "resolved": f" of {since} has resolved",
            "uncertain": f"; its change since {since} is uncertain",
        }.get(self.change, f", {self.change} since {since}")
        unsided = self.sided and self.side is None and self.state != "absent"
        negated = self.state == "absent" and self.change is None
        words = f"{'no ' if negated else ''}{what}{ending}{'; its side is uncertain' if unsided else ''}."
        return words[0].upper() + words[1:]


def claim(label: str, side: Laterality | None, state: State, change: Change | None, since: str | None) -> Claim:
    """The claim of a finding and its comparison; a change that does not fit the state is not said."""
    if change is None or state == "uncertain" or (state == "absent" and change != "resolved"):
        return Claim(label=label, side=side, state=state)
    said: Change = change if change in _SAYABLE[state] else "uncertain"
    return Claim(label=label, side=side, state=state, change=said, since=since)
