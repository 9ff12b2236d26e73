"""The tables: what may be found, how it is asked, how urgent it is, how it is said. Data, not code."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field

from prelim.types import Change, Laterality, Series, State, Urgency, Value

TABLES = ("chest_xray", "ct_chest", "ct_head", "mr_brain", "ct_abdomen", "slide")
_HERE = Path(__file__).parent
URGENCIES: tuple[Urgency, ...] = ("critical", "urgent", "routine")
"""The most urgent first."""
_SHARED = {
    "name",
    "phrase",
    "region",
    "urgency",
    "also",
    "codes",
    "check",
    "pertinent",
    "presupposes",
    "view_dependent",
    "sentences",
}
"""What a label is wherever it is seen; where it is asked, boxed and what is advised is each table's own."""
_TOLD: dict[State | Change | str, str] = {
    "present": "There is {what}.",
    "absent": "No {one}.",
    "uncertain": "{What} cannot be confirmed or excluded.",
    "new": "There is {what}, new since {{since}}.",
    "worse": "There is {what}, worse since {{since}}.",
    "stable": "There is {what}, stable since {{since}}.",
    "better": "There is {what}, better since {{since}}.",
    "resolved": "The {one} of {{since}} has resolved.",
    "change_uncertain": "There is {what}; its change since {{since}} is uncertain.",
}


class FindingRule(Value):
    """One finding of a table. `places` maps each side that is asked about to its words in a question.

    `region` is the heading it is told under, `also` are other words by which a sentence may name it, `codes` those of
    public vocabularies by their names. `check` says what else to look for where it is present, `recommendation` what
    may be advised about it ("": nothing). `pertinent`: that it is absent belongs into a report. `view_dependent`: its
    size cannot be compared between a PA and an AP film. `presupposes` is the label without which it cannot be.
    """

    label: str
    table: str
    name: str
    phrase: str
    places: dict[Laterality, str]
    region: str
    boxable: bool = False
    urgency: Urgency = "routine"
    also: tuple[str, ...] = ()
    codes: dict[str, str] = Field(default_factory=dict)
    check: tuple[str, ...] = ()
    recommendation: str = ""
    pertinent: bool = True
    presupposes: str = ""
    view_dependent: bool = False
    sentences: dict[str, str]


class FindingTable(Value):
    """The findings of one region on one kind of image.

    `body_parts` are the names that DICOM's Body Part Examined has for the region, "" where it may be left out; none:
    any. `views`: those of films. `prompt` is the file of the preamble, `image` and `noun` what a question calls it.
    `regions` are the headings of its findings in the order of a report. `margin`: without a calibration, a probability
    nearer than this to one half is uncertain.
    """

    name: str
    modalities: tuple[str, ...]
    region: str
    body_parts: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    prompt: str
    image: str
    noun: str
    regions: tuple[str, ...]
    margin: float = 0.2
    findings: dict[str, FindingRule]

    def covers(self, series: Series) -> bool:
        """Whether the table's questions fit a series."""
        return (
            series.modality in self.modalities
            and (not self.body_parts or series.body_part in self.body_parts)
            and (not self.views or series.view in (*self.views, None))
        )


@cache
def table(name: str) -> FindingTable:
    """A table by its name."""
    data = yaml.safe_load((_HERE / f"{name}.yaml").read_text(encoding="utf-8"))
    places: dict[str, Any] = data.pop("places", {})
    rules = {label: _rule(name, label, rule or {}, places, data) for label, rule in data.pop("findings").items()}
    return FindingTable(name=name, findings=rules, **data)


def _rule(name: str, label: str, given: dict[str, Any], places: dict[str, Any], data: dict[str, Any]) -> FindingRule:
    """A finding as a table writes it; what it leaves out comes from an earlier table, then from its name."""
    said = _earlier(name, label) | {key: value for key, value in given.items() if key != "sided"}
    one = said.setdefault("name", label.replace("_", " "))
    said.setdefault("phrase", one)
    sides = ("right", "left") if given.get("sided") else ("midline",)
    said.setdefault("places", {side: places[side] for side in sides} if places else {})
    said.setdefault("region", data["regions"][0])
    said.setdefault("sentences", _sentences(one, said["phrase"], "right" in said["places"]))
    return FindingRule(label=label, table=name, **said)


def _earlier(name: str, label: str) -> dict[str, Any]:
    """What the first table that holds the label says of it wherever it is seen."""
    for other in TABLES[: TABLES.index(name)]:
        if label in table(other).findings:
            return table(other).findings[label].model_dump(include=_SHARED)
    return {}


def _sentences(name: str, phrase: str, sided: bool) -> dict[str, str]:
    """The plain sentences of a finding, from its name and its phrase ("a lung nodule")."""
    side = "{side} " if sided else ""
    article, _, _ = phrase.rpartition(name)
    what = f"{article}{side}{name}"
    words = {"what": what, "What": what if what[0] == "{" else what[0].upper() + what[1:], "one": f"{side}{name}"}
    return {key: text.format(**words) for key, text in _TOLD.items()}


def tables() -> tuple[FindingTable, ...]:
    """Every table, the film's first."""
    return tuple(table(name) for name in TABLES)


@cache
def rules() -> dict[str, FindingRule]:
    """Every label's rule. A label that several tables hold has one name, urgency and wording: the first table's."""
    found: dict[str, FindingRule] = {}
    for one in tables():
        found |= {label: rule for label, rule in one.findings.items() if label not in found}
    return found


def rule_of(label: str) -> FindingRule:
    """The rule of a label. KeyError where no table holds it."""
    return rules()[label]


def recommendations(label: str) -> tuple[str, ...]:
    """All that any table advises about a finding: what is advised after a film is not what is after a CT."""
    found = (one.findings[label].recommendation for one in tables() if label in one.findings)
    return tuple(dict.fromkeys(filter(None, found)))


def table_for(series: Series) -> FindingTable | None:
    """The table whose questions fit a series; None where there is none."""
    return next((one for one in tables() if one.covers(series)), None)


def urgency_of(label: str, critical: Iterable[str] = ()) -> Urgency:
    """How urgent a finding is when present: as its table says, or critical where the site lists it."""
    return "critical" if label in critical else rule_of(label).urgency


def most_urgent(urgencies: list[Urgency]) -> Urgency:
    """The most urgent of several; routine where there are none."""
    return min(urgencies, key=URGENCIES.index, default="routine")
