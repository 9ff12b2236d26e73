"""A pair of films: how findings changed from the earlier to the later, asked in both image orders.

Its own tool, so that of a patient whose next film comes only that film's pairs are asked.
"""

from prelim.imaging.selection import Film, best_frontal
from prelim.models.questions import trend
from prelim.types import Comparison, Laterality, Longitudinal, State, Study, Value, digest_of
from tools.pair_scores import Sided, pair_scores
from tools.tool import Context, tool


class Asked(Value):
    """A finding on one side whose change is asked, with what the probes saw on each film."""

    label: str
    laterality: Laterality
    before: State
    now: State

    @property
    def sided(self) -> Sided:
        """Without what the probes saw."""
        return Sided(label=self.label, laterality=self.laterality)


@tool(reads=("out_of_scope", "mass"))
def pair(context: Context, *, prior: Study, current: Study, asked: tuple[Asked, ...]) -> Longitudinal:
    """Compare the best films of two studies, the earlier first, in the findings that are asked about."""
    before, now = best_frontal(prior), best_frontal(current)
    if before is None or now is None or not asked:
        return Longitudinal()
    outside = declined(context, before, now) is not None
    said = pair_scores(context, prior=prior, current=current, asked=tuple(one.sided for one in asked)).scores
    mass = context.settings.mass
    trends = [trend(*scores, one.before, one.now, mass=mass) for one, scores in zip(asked, said, strict=True)]
    places = (before.place(), now.place())
    return Longitudinal(
        comparisons=tuple(
            Comparison(
                id="k-" + digest_of([*_uids(before, now), one.label, one.laterality])[:12],
                label=one.label,
                laterality=one.laterality,
                prior_sop_instance_uid=before.image.sop_instance_uid,
                current_sop_instance_uid=now.image.sop_instance_uid,
                prior_date=prior.date,
                current_date=current.date,
                change=answer.change,
                probability=answer.probability,
                swap_consistent=answer.swap_consistent,
                out_of_scope=outside,
                evidence=tuple(place.id for place in places),
            )
            for one, answer in zip(asked, trends, strict=True)
        ),
        evidence=places,
    )


def declined(context: Context, *films: Film) -> str | None:
    """Why the model's card does not cover a comparison of these films; None where it does."""
    reasons = (context.model.card.declines("comparison", film.series) for film in reversed(films))
    return next(filter(None, reasons), None)


def _uids(before: Film, now: Film) -> tuple[str, str]:
    return before.image.sop_instance_uid, now.image.sop_instance_uid
