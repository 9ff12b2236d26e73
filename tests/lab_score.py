"""How well a lab report was read: right rows, invented rows, right flags, against what was drawn."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from prelim.types import LabResult
from tools.lab_truth import LabTruth, differences, pairs


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

    def add(self, sheet: str, read: Sequence[LabResult], drawn: Sequence[LabTruth]) -> None:
        self.read, self.drawn = self.read + len(read), self.drawn + len(drawn)
        for lab, row in pairs(read, drawn):
            if lab and row:
                self._compare(sheet, lab, row)
            elif lab:
                self.invented += 1
                self.misses.append(f"{sheet}: INVENTED {_shown(lab)}")
            else:
                self.misses.append(f"{sheet}: MISSED {row}")

    def _compare(self, sheet: str, lab: LabResult, row: LabTruth) -> None:
        apart = differences(lab, row)
        self.right += not apart
        self.wrong.update(apart)
        if not {"value", "comparator", "low", "high"} & set(apart):
            self.judged += 1
            self.flags_right += "flag" not in apart
        if apart:
            self.misses.append(f"{sheet}: {apart} read {_shown(lab)} drawn {tuple(row)}")


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
