"""The tables: what may be found, how it is asked, how urgent it is, how it is said. Data, not code."""

from functools import cache
from pathlib import Path

import yaml

from prelim.types import Laterality, Urgency, Value

_HERE = Path(__file__).parent
_URGENCIES: tuple[Urgency, ...] = ("critical", "urgent", "routine")


class FindingRule(Value):
    """One finding of a table. `places` maps each side that is asked about to its words in a question."""

    label: str
    name: str
    phrase: str
    places: dict[Laterality, str]
    region: str
    boxable: bool
    urgency: Urgency
    sentences: dict[str, str]


class FindingTable(Value):
    """The findings of one region on one kind of image."""

    modality: tuple[str, ...]
    region: str
    findings: dict[str, FindingRule]


@cache
def chest_xray() -> FindingTable:
    """The table of the frontal chest film."""
    data = yaml.safe_load((_HERE / "chest_xray.yaml").read_text(encoding="utf-8"))
    rules = {label: FindingRule(label=label, **rule) for label, rule in data["findings"].items()}
    return FindingTable(modality=tuple(data["modality"]), region=data["region"], findings=rules)


def most_urgent(urgencies: list[Urgency]) -> Urgency:
    """The most urgent of several; routine where there are none."""
    return min(urgencies, key=_URGENCIES.index, default="routine")
