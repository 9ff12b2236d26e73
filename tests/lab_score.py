"""How well a lab report was read: right rows, invented rows, right flags, against what was drawn."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from prelim.documents.printed_units import misread_alike
from prelim.knowledge.lab_words import folded
from prelim.types import LabResult
from tests.lab_truth import Truth


@dataclass
class Score:
    """Counts over sheets. A row is right if name, value, comparator, unit, limits, flag and day are."""

    right: int = 0
    read: int = 0
    drawn: int = 0
    invented: int = 0
    judged: int = 0
    flags_right: int = 0
    misses: list[str] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, self.read + self.drawn)

    def add(self, sheet: str, read: Sequence[LabResult], drawn: Sequence[Truth]) -> None:
        rest = list(drawn)
        self.read, self.drawn = self.read + len(read), self.drawn + len(drawn)
        for lab in read:
            same = [row for row in rest if not differences(lab, row)]
            near = [row for row in rest if _near(lab, row)]
            row = next(iter(same or near), None)
            if row is None:
                self.invented += 1
                self.misses.append(f"{sheet}: INVENTED {lab.name!r} {lab.value_text!r} {lab.unit!r} {lab.collected}")
                continue
            rest.remove(row)
            apart = differences(lab, row)
            self.right += not apart
            self.wrong.update(apart)
            if not {"value", "comparator", "low", "high"} & set(apart):
                self.judged += 1
                self.flags_right += "flag" not in apart
            if apart:
                self.misses.append(f"{sheet}: {apart} read {_shown(lab)} drawn {tuple(row)}")
        self.misses += [f"{sheet}: MISSED {tuple(row)}" for row in rest]


def differences(lab: LabResult, row: Truth) -> list[str]:
    value = float("nan") if lab.value is None else lab.value
    pairs = {
        "name": (_plain(lab.name), _plain(row.name)),
        "value": (value, row.value),
        "comparator": (lab.comparator, row.comparator),
        "unit": (_unit(lab.unit), _unit(row.unit)),
        "low": (lab.reference.low, row.low),
        "high": (lab.reference.high, row.high),
        "flag": (lab.flag, row.flag),
        "collected": ((lab.collected or "")[:10] or None, row.collected),
    }
    return [name for name, (mine, theirs) in pairs.items() if not _equal(mine, theirs)]


def _equal(mine: object, theirs: object) -> bool:
    if isinstance(mine, float) and isinstance(theirs, float):
        return math.isclose(mine, theirs, rel_tol=1e-9) or (math.isnan(mine) and math.isnan(theirs))
    return mine == theirs


def _plain(name: str) -> str:
    return "".join(folded(name).split())


def _unit(unit: str) -> str:
    """Letters that look alike are one: a reader of print cannot do better."""
    return misread_alike(unit.replace("×", "x").removeprefix("x").strip())


def _near(lab: LabResult, row: Truth) -> bool:
    """The same row, however it was read: its name, or its value and a like name."""
    mine, theirs = _plain(lab.name), _plain(row.name)
    common = sum((Counter(mine) & Counter(theirs)).values())
    alike = common >= 0.6 * max(len(mine), len(theirs))
    value = lab.value is not None and math.isclose(lab.value, row.value)
    return (alike and (value or mine == theirs or common >= 0.8 * max(len(mine), len(theirs)))) or (
        value and (mine in theirs or theirs in mine)
    )


def _shown(lab: LabResult) -> tuple[object, ...]:
    limits = (lab.reference.low, lab.reference.high, lab.reference.text)
    return (
        lab.name,
        lab.value_text,
        lab.value,
        lab.comparator,
        lab.unit,
        *limits,
        lab.flag,
        lab.flag_printed,
        lab.collected,
    )
