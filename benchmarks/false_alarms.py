"""The verifier's flags on real text: what a radiologist wrote at one place, checked against what he wrote at another.

The Indiana reports (Open-i, CC BY-NC-ND): the findings section is the evidence, the impression's sentences are the
statements. RadFact's examples of grounded reports (MIT): the target sentences are the evidence, the predicted ones the
statements. The evidence is what the product would hold: findings, each on its side, with the sentence that states
them, and a comparison where one is told. The statements are a person's, added without evidence: the verifier looks up
what they name. With the verifier as it was at first, 144 of the 415 sentences of Open-i's impressions were flagged,
most of them for the number of an item in a list; what could be mended in general was. Every flag was read
(false_alarms_read.py); no text of a report is repeated there or in the results.
"""

import json
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from agents.across import omissions
from agents.facts import Ground, comparison_evidence, finding_evidence
from agents.verifier import checked
from benchmarks.false_alarms_read import BLANKED, READ
from benchmarks.figure import RESULTS, Figure, figure
from prelim.documents.report import findings_in, summary_of
from prelim.documents.sections import sentences_of
from prelim.draft import Sections, Statement
from prelim.facts import ReportFinding
from prelim.knowledge import FindingRule, rules
from prelim.types import (
    Change,
    Comparison,
    Finding,
    Image,
    ImageSet,
    Laterality,
    Series,
    State,
    Study,
    digest_of,
    evidence,
)

DATA = Path(__file__).parent.parent.parent / "shared" / "data"
OWN = "own"
UNREAD = "not yet read"
_STUDY, _FILM, _EARLIER = "1.2", "1.2.1", "1.1.1"


class Source(NamedTuple):
    """One report: its name, the text that is evidence, the sentences that are checked."""

    name: str
    evidence: str
    statements: tuple[str, ...]


class Flag(NamedTuple):
    """A failed check of a statement (`number` from 1), or an omission (number 0)."""

    source: str
    number: int
    check: str
    detail: str


def measure(full: bool) -> list[Figure]:
    """Both collections, whatever the size; each flag goes to results/false_alarms.md with its verdict."""
    sets = {"reports-openi": openi(), "grounded-reports": grounded()}
    flags = {name: [flag for source in some for flag in flags_of(source)] for name, some in sets.items()}
    flags[OWN] = [flag for some in sets.values() for source in some for flag in own_flags_of(source)]
    (RESULTS / "false_alarms.md").write_text(_page(flags), encoding="utf-8")
    totals = {name: sum(len(source.statements) for source in some) for name, some in sets.items()}
    totals[OWN] = sum(len(_sentences(source.evidence)) for some in sets.values() for source in some)
    return [row for name, total in totals.items() for row in _rates(name, total, flags[name])]


def openi(folder: Path = DATA / "reports-openi") -> list[Source]:
    """The reports with both sections."""
    found = []
    for path in sorted(folder.glob("*.xml")):
        texts = {item.get("Label"): item.text for item in ET.parse(path).iter("AbstractText") if item.text}
        if "FINDINGS" in texts and "IMPRESSION" in texts:
            found.append(Source(path.stem, texts["FINDINGS"], _sentences(texts["IMPRESSION"])))
    return found


def grounded(path: Path = DATA / "grounded-reports" / "grounded_reporting_examples.json") -> list[Source]:
    """The examples, named by their number."""
    return [
        Source(
            str(one["example_id"]),
            " ".join(said["text"] for said in one["target"]),
            tuple(said["text"] for said in one["prediction"]),
        )
        for one in json.loads(path.read_text(encoding="utf-8"))
    ]


def _sentences(text: str) -> tuple[str, ...]:
    return tuple(text[start:end] for start, end in sentences_of(text))


# ------------------------------------------------------------------ what the product would hold


def ground_of(text: str) -> Ground:
    """A text's findings as those of one film, each with its sentence, and a comparison where one is told."""
    mentions = findings_in(f"FINDINGS: {text}")
    quotes = {sentence: evidence("statement", quote=sentence) for sentence in _sentences(text)}
    findings, comparisons = [], []
    for rule, side, state, change in _held(mentions):
        id = f"f-{digest_of([rule.label, side])[:12]}"
        findings.append(
            Finding(id=id, label=rule.label, laterality=side, state=state, probability=None, study_instance_uid=_STUDY)
        )
        if change:
            comparisons.append(_comparison(rule.label, side, change))
    return Ground(
        evidence=(
            *quotes.values(),
            *map(finding_evidence, findings),
            *map(comparison_evidence, comparisons),
        ),
        findings=tuple(findings),
        comparisons=tuple(comparisons),
        studies=(_study(),),
    )


def _held(mentions: Sequence[ReportFinding]) -> Iterator[tuple[FindingRule, Laterality | None, State, Change | None]]:
    """Each finding of the tables on each side; what is stated on a side goes before what is said of no side."""
    states = summary_of(mentions)
    for label in dict.fromkeys(one.label for one in mentions if one.label in rules()):
        rule = rules()[label]
        mine = {side: state for (name, side), state in states.items() if name == label}
        stated: dict[Laterality | None, State] = {side: state for side, state in mine.items() if state != "absent"}
        for side, state in _sided(rule, stated or mine).items():
            changes = [one.change for one in mentions if one.label == label and one.change and not one.general]
            yield rule, side, state, changes[-1] if changes and len(set(changes)) == 1 else None


def _sided(rule: FindingRule, states: dict[Laterality | None, State]) -> dict[Laterality | None, State]:
    """By the sides that the product asks about: both for what is on both, or absent without a side."""
    if "right" not in rule.places:
        return {"midline": next(iter(states.values()))} if states else {}
    found: dict[Laterality | None, State] = {}
    for side, state in states.items():
        both = side == "bilateral" or (side is None and state == "absent")
        places: tuple[Laterality | None, ...] = ("right", "left") if both else (side,)
        found |= {place: state for place in places if place not in states or place == side}
    return found


def _comparison(label: str, side: Laterality | None, change: Change) -> Comparison:
    return Comparison(
        id=f"c-{digest_of([label, side])[:12]}",
        label=label,
        laterality=side,
        prior_sop_instance_uid=_EARLIER,
        current_sop_instance_uid=_FILM,
        prior_date=None,
        current_date=None,
        change=change,
        probability=None,
        swap_consistent=True,
    )


def _study() -> Study:
    """The film that everything is said of."""
    image = Image(sop_instance_uid=_FILM, pixels_sha256=digest_of("film"), rows=1, columns=1, orientation_from="tag")
    series = Series(
        study_instance_uid=_STUDY,
        series_instance_uid=f"{_STUDY}.0",
        modality="DX",
        body_part="CHEST",
        view="PA",
        kind="projection",
        frames=1,
        shape=(1, 1, 1),
        image_set=ImageSet(images=(image,), total=1),
    )
    return Study(study_instance_uid=_STUDY, series=(series,))


# ------------------------------------------------------------------ checked


def flags_of(source: Source) -> list[Flag]:
    """Every flag on a report's statements, and what the verifier says the impression leaves out."""
    ground = ground_of(source.evidence)
    sections = Sections(
        findings=_statements("f", _sentences(source.evidence)), impression=_statements("i", source.statements)
    )
    sections = checked(sections, ground)
    omitted = omissions(sections, ground)
    return [*_failed(source.name, sections.impression), *(Flag(source.name, 0, "omission", text) for text in omitted)]


def own_flags_of(source: Source) -> list[Flag]:
    """Every flag on the sentences of the evidence, checked against the evidence itself."""
    sections = Sections(findings=_statements("f", _sentences(source.evidence)))
    return _failed(source.name, checked(sections, ground_of(source.evidence)).findings)


def _failed(source: str, statements: Sequence[Statement]) -> list[Flag]:
    return [
        Flag(source, number, check.name, check.detail)
        for number, statement in enumerate(statements, start=1)
        for check in statement.checks
        if not check.passed
    ]


def _statements(section: str, texts: Sequence[str]) -> tuple[Statement, ...]:
    return tuple(
        Statement(id=f"{section}{number}", text=text, support="attested", source="person")
        for number, text in enumerate(texts, start=1)
    )


def verdict_of(collection: str, flag: Flag) -> str:
    """What the reader made of a flag. A blank is what its check says it is: no one need read it."""
    blank = flag.check == "placeholder" and "XXXX" in flag.detail
    return BLANKED if blank else READ.get((collection, flag.source, flag.number, flag.check), UNREAD)


def _rates(collection: str, total: int, flags: Sequence[Flag]) -> Iterator[Figure]:
    """Flagged statements and false alarms, omissions apart, and how many flags are of each verdict."""
    said = [flag for flag in flags if flag.number]
    flagged = {(flag.source, flag.number) for flag in said}
    wrong = {(flag.source, flag.number) for flag in said if verdict_of(collection, flag).startswith("false")}
    name = f"false_alarms/{collection}"
    checks = ", ".join(f"{check} {count}" for check, count in Counter(flag.check for flag in said).most_common())
    note = f"{len(flagged)} of {total} statements; flags by check: {checks or 'none'}"
    yield figure(f"{name}, flagged", round(len(flagged) / total, 4), "share", note=note)
    note = f"{len(wrong)} of {total} statements with a false flag"
    yield figure(f"{name}, false alarms", round(len(wrong) / total, 4), "share", note=note)
    omitted = [verdict_of(collection, flag) for flag in flags if not flag.number]
    false = sum(verdict.startswith("false") for verdict in omitted)
    if omitted:
        yield figure(f"{name}, false omissions", false, "count", note=f"of {len(omitted)} omissions told")
    for verdict, count in sorted(Counter(verdict_of(collection, flag) for flag in flags).items()):
        yield figure(f"{name}, {verdict}", count, "count", note=f"of {len(flags)} flags")


def _page(flags: Mapping[str, Sequence[Flag]]) -> str:
    """Every flag with its verdict, for a person to read; no word of a report but what a check names."""
    lines = ["# Flags of the verifier on real text, each read", "", "Sentence 0: what the impression leaves out.", ""]
    for collection, some in flags.items():
        lines += [f"## {collection}", "", "| report | sentence | check | detail | verdict |", "|---|---|---|---|---|"]
        for flag in some:
            detail = flag.detail.replace("|", "/")
            lines.append(
                f"| {flag.source} | {flag.number} | {flag.check} | {detail} | {verdict_of(collection, flag)} |"
            )
        lines.append("")
    return "\n".join(lines)
