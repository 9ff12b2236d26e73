"""The findings of a person's report against those of a case: presence, side, change."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from agents.dates import dates_in
from agents.reports import sentence_of
from agents.second_looks import Looks, Passage, Report
from prelim.documents.report import findings_in, summary_of
from prelim.facts import ReportFinding, SecondLook
from prelim.knowledge import rules
from prelim.knowledge.report_terms import report_terms
from prelim.types import Change, Comparison, Finding, Laterality

_TELLING: tuple[Change, ...] = ("new", "worse", "better", "resolved")
_BOTH: tuple[Laterality, ...] = ("left", "right")


class Mention(NamedTuple):
    """What a report says of one finding. `final`: it is what the report says of it in the end."""

    report: Report
    said: ReportFinding
    final: bool

    @property
    def passage(self) -> Passage:
        """Its sentence."""
        return Passage(self.report, *sentence_of(self.report.text, self.said))

    @property
    def sides(self) -> tuple[Laterality | None, ...]:
        """The sides that it speaks of, each for itself; None where it names none."""
        return _BOTH if self.said.laterality == "bilateral" else (self.said.laterality,)

    def bears_on(self, finding: Finding) -> bool:
        """Whether it may speak of this finding: the same, a kind of it, or what it is a kind of, on its side.

        Who denies another ("no pneumonia", "no airspace disease" where there is an atelectasis) says nothing of it.
        """
        kin = self.said.label in _wider(finding.label) or finding.label in _wider(self.said.label)
        alike = self.said.label == finding.label or (kin and self.said.state != "absent")
        return alike and any(_meets(side, finding.laterality) for side in self.sides)


def finding_looks(looks: Looks, reports: Sequence[Report]) -> Iterator[SecondLook]:
    """What the reports state against the case, then what they leave out."""
    mentions = mentions_of(reports)
    for mention in mentions:
        if mention.said.state == "present":
            if mention.final:
                yield from _stated(looks, mention)
            yield from _changed(looks, mention)
        elif mention.said.state == "absent" and mention.final:
            yield from _denied(looks, mention, mentions)
    for finding in looks.draft.findings:
        yield from _left_out(looks, finding, mentions)


def mentions_of(reports: Iterable[Report]) -> list[Mention]:
    """Every mention of a finding; of those that say the same of the same finding in the end, the last is final."""
    found = []
    for report in reports:
        said = findings_in(report.text)
        state = summary_of(one for one in said if not one.general)
        last = {(one.label, one.laterality): one for one in said if one.state == state.get((one.label, one.laterality))}
        found += [Mention(report, one, one.general or one in last.values()) for one in said]
    return found


def unsettled(looks: Looks, reports: Sequence[Report]) -> list[str]:
    """What the reports speak of clearly and the case is uncertain about."""
    clear = [one for one in mentions_of(reports) if one.said.state != "uncertain" and not one.said.general]
    doubted = [finding for finding in looks.draft.findings if finding.state == "uncertain"]
    return [
        _called(finding.label, finding.laterality)
        for finding in doubted
        if any(one.said.label == finding.label and one.bears_on(finding) for one in clear)
    ]


# ------------------------------------------------------------------ stated


def _stated(looks: Looks, mention: Mention) -> Iterator[SecondLook]:
    """A finding that the report states, against what the case was asked, side by side."""
    same = [finding for finding in looks.draft.findings if finding.label == mention.said.label]
    if not same:
        yield from _not_asked(looks, mention)
        return
    for side in mention.sides:
        here = [finding for finding in same if _meets(side, finding.laterality)]
        if here and all(finding.state == "absent" for finding in here):
            there = [finding for finding in same if finding.state == "present"]
            yield _not_seen(looks, mention, side, here, there)


def _not_seen(
    looks: Looks, mention: Mention, side: Laterality | None, here: Sequence[Finding], there: Sequence[Finding]
) -> SecondLook:
    """Asked about on this side and absent; where it is seen elsewhere alone, the side is what differs."""
    name, label = _called(mention.said.label, side), mention.said.label
    if there and len(mention.sides) == 1:
        other = " and ".join(_called(label, finding.laterality) for finding in there)
        detail = f"The report states {name}, the case shows {other}"
    else:
        detail = f"The report states {name}; the case was asked about it and did not see it"
    places = looks.of(*here, *there)
    return looks.add("contradicted", detail, passage=mention.passage, label=label, side=side, places=places)


def _not_asked(looks: Looks, mention: Mention) -> Iterator[SecondLook]:
    """Not assessed, unless the case shows what it is a kind of."""
    name, label, side = (
        _called(mention.said.label, mention.said.laterality),
        mention.said.label,
        mention.said.laterality,
    )
    wider = [
        finding for finding in looks.draft.findings if finding.label in _wider(label) and mention.bears_on(finding)
    ]
    if any(finding.state == "present" for finding in wider):
        return
    absent = [finding for finding in wider if finding.state == "absent"]
    if absent and len(absent) == len(wider):
        wide = _named(absent[0].label)
        detail = f"{_upper(name)} was not asked about; {wide}, of which it is a kind, was asked about and not seen"
        yield looks.add(
            "unsupported", detail, passage=mention.passage, label=label, side=side, places=looks.of(*absent)
        )
        return
    declined = next((item.reason for item in looks.draft.not_assessed if item.label == label), "")
    detail = (
        f"Not assessed: the case was not asked about {name}" if not declined else f"Not assessed: {name}. {declined}"
    )
    yield looks.add("unsupported", detail.rstrip("."), passage=mention.passage, label=label, side=side)


# ------------------------------------------------------------------ denied


def _denied(looks: Looks, mention: Mention, mentions: Sequence[Mention]) -> Iterator[SecondLook]:
    """A finding that the report denies and the case shows.

    What is cleared in general, or denied without a side, yields to what is named: there is none elsewhere.
    """
    for finding in looks.draft.findings:
        if finding.state != "present" or not mention.bears_on(finding):
            continue
        weak = mention.said.general or mention.said.laterality is None
        if weak and any(_names(other, finding) for other in mentions):
            continue
        name = _called(finding.label, finding.laterality)
        how = "clears it in general" if mention.said.general else "denies it"
        detail = f"The case shows {name}, the report {how}"
        yield looks.add(
            "contradicted",
            detail,
            passage=mention.passage,
            label=finding.label,
            side=finding.laterality,
            places=looks.of(finding),
        )


def _names(mention: Mention, finding: Finding) -> bool:
    """Whether a mention names a finding as there, or as doubtful."""
    return not mention.said.general and mention.said.state != "absent" and mention.bears_on(finding)


# ------------------------------------------------------------------ change


def _changed(looks: Looks, mention: Mention) -> Iterator[SecondLook]:
    """A change that the report tells, against the comparison with the film of the day that it names."""
    told = mention.said.change
    shown = [
        finding
        for finding in looks.draft.findings
        if finding.state == "present" and finding.label == mention.said.label and mention.bears_on(finding)
    ]
    if told is None or told == "uncertain" or not shown:
        return
    days = [said.days for said in dates_in(mention.passage.text)]
    compared = [(finding, one) for finding in shown for one in _comparisons(looks, finding)]
    meant = [pair for pair in compared if (any(pair[1].prior_date in day for day in days) if days else pair[1].nearest)]
    label, side, places = mention.said.label, mention.said.laterality, looks.of(*shown, *(one for _, one in compared))
    name = _called(label, side)
    if not compared:
        detail = f"The report calls {name} {told}; nothing was compared with an earlier film: not assessed"
        yield looks.add("unsupported", detail, passage=mention.passage, label=label, side=side, places=places)
    elif not meant and not _of_the_case(looks, days):
        known = " and ".join(sorted({one.prior_date or "an undated film" for _, one in compared}))
        detail = f"The report compares {name} with a film that is not in the case; the case compared with {known}"
        yield looks.add("contradicted", detail, passage=mention.passage, label=label, side=side, places=places)
    elif meant and not {one.change for _, one in meant} & {told, "uncertain"}:
        finding, one = meant[0]
        since = f" since {one.prior_date}" if one.prior_date else ""
        detail = f"The report calls {name} {told}, the comparison says {one.change}{since}"
        yield looks.add(
            "contradicted", detail, passage=mention.passage, label=label, side=side, places=looks.of(finding, one)
        )


def _comparisons(looks: Looks, finding: Finding) -> list[Comparison]:
    """The comparisons of a finding, whichever film they go back to, that with the nearest first."""
    films = {
        image.sop_instance_uid
        for study in looks.draft.studies
        if study.study_instance_uid == finding.study_instance_uid
        for series in study.series
        for image in series.image_set.images
    }
    same = [c for c in looks.draft.comparisons if (c.label, c.laterality) == (finding.label, finding.laterality)]
    mine = [one for one in same if one.current_sop_instance_uid in films]
    return sorted(mine, key=lambda one: not one.nearest)


def _of_the_case(looks: Looks, days: Iterable[frozenset[str]]) -> bool:
    """Whether the days named are those of films of the case, though not of those that were compared."""
    known = {study.date for study in looks.draft.studies}
    return all(day & known for day in days)


# ------------------------------------------------------------------ left out


def _left_out(looks: Looks, finding: Finding, mentions: Sequence[Mention]) -> Iterator[SecondLook]:
    """A present finding, or a change, that no sentence mentions. Of a finding told otherwise nothing is left out."""
    about = [one for one in mentions if one.bears_on(finding)]
    named = [one for one in about if not one.said.general]
    change = finding.change if finding.change in _TELLING else None
    name = _called(finding.label, finding.laterality)
    compared = next((one for one in _comparisons(looks, finding) if one.change == change), None) if change else None
    since = f" since {compared.prior_date}" if compared and compared.prior_date else ""
    if finding.state == "present" and not about and not _elsewhere(looks, finding, mentions):
        detail = f"The case shows {name}{f', {change}{since}' if change else ''}; the report does not mention it"
    elif change == "resolved" and finding.state == "absent" and not any(one.said.change == "resolved" for one in named):
        if any(one.said.state != "absent" for one in named):
            return
        detail = f"{_upper(name)} has resolved{since}; the report does not say so"
    elif change and finding.state == "present" and named and not any(one.said.change for one in named):
        if any(one.said.state != "present" for one in named):
            return
        detail = f"{_upper(name)} is {change}{since}; the report does not say so"
    else:
        return
    places = looks.of(finding, compared)
    yield looks.add("missing", detail, label=finding.label, side=finding.laterality, places=places)


def _elsewhere(looks: Looks, finding: Finding, mentions: Sequence[Mention]) -> bool:
    """Whether the report states it on the other side, where the case did not see it: that is told already."""
    same = [other for other in looks.draft.findings if other.label == finding.label and other.state == "absent"]
    stated = [one for one in mentions if one.said.state == "present" and one.said.label == finding.label]
    return any(one.bears_on(other) for one in stated for other in same)


# ------------------------------------------------------------------ labels and sides


def _wider(label: str) -> set[str]:
    """What a finding is a kind of, and what that is."""
    found: set[str] = set()
    while (label := report_terms().broader.get(label, "")) and label not in found:
        found.add(label)
    return found


def _meets(one: Laterality | None, other: Laterality | None) -> bool:
    """Whether two sides may be the same place: what is not known, or not said, may be any."""
    return one == other or not {one, other} <= set(_BOTH)


def _named(label: str) -> str:
    rule = rules().get(label)
    return rule.name if rule else label.replace("_", " ")


def _called(label: str, side: Laterality | None) -> str:
    """A finding with its side, where it has one."""
    return f"{side} {_named(label)}" if side and side != "midline" else _named(label)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
