"""Longitudinal: how each finding changed over a patient's films, each pair of them asked in both image orders."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from prelim.imaging.selection import best_frontal
from prelim.knowledge import rule_of
from prelim.types import Comparison, Finding, Laterality, Longitudinal, NotAssessed, State, Study
from tools.film_chain import Earlier, Shot, chain_of, earlier_films, nearest, views_fit
from tools.pair import Asked, declined, pair
from tools.tool import Context, tool
from tools.triage import triage

UNSURE = "The side, or the earlier film's quality, is not certain: no comparison."
VIEWS = "The earlier film is {earlier}, this one {now}: they do not show the same size."
UNREAD = "No finding was read from the current film: nothing to compare."
SAME_PICTURE = "The earlier film is the same picture as this one: nothing to compare."
_States = dict[tuple[str, Laterality | None], State]


class Known(NamedTuple):
    """The films that are asked about, the oldest first and the current one last, and what is known of each.

    `states` are by the films' UIDs; `read` are the earlier films' findings.
    """

    shots: Sequence[Shot]
    states: dict[str, _States]
    read: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()

    def nearest(self, label: str) -> Shot | None:
        """The earlier film by which a finding's change is told."""
        *earlier, now = self.shots
        return nearest(now, earlier, rule_of(label))


@tool(reads=("out_of_scope", "margin", "mass"), calibrated=True)
def longitudinal(
    context: Context, *, current: tuple[Study, ...], prior: tuple[Study, ...], findings: tuple[Finding, ...]
) -> Longitudinal:
    """Compare each current study's film and the earlier ones, pair by pair, for every finding of the current one."""
    parts = []
    for study in current:
        film = best_frontal(study)
        if film:
            mine = [finding for finding in findings if finding.study_instance_uid == study.study_instance_uid]
            now = Shot(study, film)
            parts.append(_over_time(context, now, earlier_films(now, prior), mine))
    compared = [item for part in parts for item in part.comparisons]
    compared.sort(key=lambda item: not item.nearest)
    return Longitudinal(
        comparisons=tuple({item.id: item for item in reversed(compared)}.values())[::-1],
        chains=tuple(chain for part in parts for chain in part.chains),
        earlier=tuple({item.id: item for part in parts for item in part.earlier}.values()),
        not_assessed=tuple(item for part in parts for item in part.not_assessed),
        warnings=tuple(dict.fromkeys(text for part in parts for text in part.warnings)),
        evidence=tuple({item.id: item for part in parts for item in part.evidence}.values()),
    )


def _over_time(context: Context, now: Shot, earlier: Earlier, findings: Sequence[Finding]) -> Longitudinal:
    """One current film with its earlier ones."""
    last = nearest(now, earlier.shots)
    found = Longitudinal(
        chains=(chain_of(now, earlier.shots),),
        warnings=earlier.warnings,
        evidence=tuple(shot.film.place() for shot in (*earlier.shots, now)),
    )
    if last is None:
        refused = (_refused(now, None, SAME_PICTURE),) if earlier.same_picture else ()
        return found.model_copy(update={"not_assessed": refused})
    reason = declined(context, last.film, now.film)
    if reason and not context.settings.out_of_scope:
        return found.model_copy(update={"not_assessed": (_refused(now, None, reason),)})
    known = _read(context, now, earlier, findings)
    return found.model_copy(
        update={
            "comparisons": tuple(_compared(context, known, findings)),
            "earlier": known.read,
            "not_assessed": tuple(_not_asked(known, findings)),
            "warnings": tuple(dict.fromkeys((*earlier.warnings, *known.warnings))),
        }
    )


def _read(context: Context, now: Shot, earlier: Earlier, findings: Sequence[Finding]) -> Known:
    """What is seen on the earlier films that the model's card covers; of the nearest alone where this was not read."""
    last, outside = nearest(now, earlier.shots), context.settings.out_of_scope
    allowed = [shot for shot in earlier.shots if outside or not declined(context, shot.film, now.film)]
    shots = allowed if findings else [shot for shot in allowed if shot is last]
    states, read, warnings = {now.uid: _states(findings)}, list[Finding](), list[str]()
    for shot in shots:
        # it was current when it was drafted itself: by that role the answers of then are found again
        result = triage(context, studies=(shot.study.model_copy(update={"role": "current"}),))
        states[shot.uid] = _states(result.findings)
        read += result.findings
        warnings += result.warnings
    lost = [shot for shot in earlier.shots if findings and shot is not last and not states.get(shot.uid)]
    warnings += [
        f"No finding was read from the earlier film ({shot.day}): it is left out of comparisons." for shot in lost
    ]
    return Known((*shots, now), states, tuple(read), tuple(warnings))


def _states(findings: Iterable[Finding]) -> _States:
    return {(finding.label, finding.laterality): finding.state for finding in findings}


# ------------------------------------------------------------------ pair by pair


def _compared(context: Context, known: Known, findings: Sequence[Finding]) -> Iterator[Comparison]:
    """The comparisons of every pair, those of the latest films first. The roles are the pair's, whatever the case's
    are: the next case finds the answers again."""
    now = known.shots[-1]
    for before, after in list(combinations(known.shots, 2))[::-1]:
        asked = tuple(_asked(known, findings, before, after))
        if not asked:
            continue
        prior = before.study.model_copy(update={"role": "prior"})
        answered = pair(context, prior=prior, current=after.study.model_copy(update={"role": "current"}), asked=asked)
        for item in answered.comparisons:
            yield item.model_copy(update={"nearest": after is now and before is known.nearest(item.label)})


def _asked(known: Known, findings: Iterable[Finding], before: Shot, after: Shot) -> Iterator[Asked]:
    """What is asked of two films: each finding that was looked for on both, is not absent on both, and has a side."""
    for finding in findings:
        key = (finding.label, finding.laterality)
        was, now = known.states[before.uid].get(key), known.states[after.uid].get(key)
        if finding.laterality is None or was is None or now is None or (was, now) == ("absent", "absent"):
            continue
        if views_fit(rule_of(finding.label), before, after):
            yield Asked(label=finding.label, laterality=finding.laterality, before=was, now=now)


def _not_asked(known: Known, findings: Sequence[Finding]) -> Iterator[NotAssessed]:
    """What of the current film was not compared with the nearest one, and why; what is absent on both has no size."""
    *earlier, now = known.shots
    if not findings:
        yield _refused(now, None, UNREAD)
    for finding in findings:
        fits, last = known.nearest(finding.label), nearest(now, earlier)
        one = fits or last
        was = known.states[one.uid].get((finding.label, finding.laterality)) if one else None
        if finding.laterality is None or was is None:
            yield _refused(now, finding.label, UNSURE)
        elif last and fits is None and (was, finding.state) != ("absent", "absent"):
            views = {"earlier": last.film.series.view, "now": now.film.series.view}
            yield _refused(now, finding.label, VIEWS.format(**views))


def _refused(now: Shot, label: str | None, reason: str) -> NotAssessed:
    uid = now.study.study_instance_uid
    return NotAssessed(study_instance_uid=uid, task="comparison", label=label, reason=reason)
