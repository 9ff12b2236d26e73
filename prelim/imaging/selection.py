"""Which image of a study is asked about."""

from typing import NamedTuple

from prelim.imaging.naming import UNKNOWN_MODALITY
from prelim.types import BoxPx, Evidence, Image, Series, Study, evidence

_VIEW_ORDER = {"PA": 0, "AP": 1}
_CHEST = ("CHEST", "THORAX", "LUNG", "")
"""A region that is not stated may be the chest."""


class Film(NamedTuple):
    """One frontal projection image and the series it belongs to."""

    series: Series
    image: Image

    def place(self, box_px: BoxPx | None = None) -> Evidence:
        """The address of the film, or of a box on it."""
        return evidence(
            "image",
            study_instance_uid=self.series.study_instance_uid,
            series_instance_uid=self.series.series_instance_uid,
            sop_instance_uid=self.image.sop_instance_uid,
            frame=self.image.frame,
            box_px=box_px,
        )


def frontal_films(study: Study) -> list[Film]:
    """The frontal chest films of a study, the best first: PA before AP before an unstated view, then the latest.

    Where nothing is known of the modality of any image, each may be one: the model's card decides whether it is asked.
    """
    unknown = all(series.modality in UNKNOWN_MODALITY for series in study.series)
    films = [
        Film(series, image)
        for series in study.series
        if series.kind == ("other" if unknown else "projection") and may_be_frontal_chest(series.view, series.body_part)
        for image in series.image_set.images
    ]
    films.sort(key=lambda film: film.series.time or "", reverse=True)
    return sorted(films, key=lambda film: _VIEW_ORDER.get(film.series.view or "", 2))


def best_frontal(study: Study) -> Film | None:
    """The one film that probes, boxes and comparisons use; None where the study has no frontal film."""
    return next(iter(frontal_films(study)), None)


def same_region(one: str, other: str) -> bool:
    """Whether two body parts are the same: equal, or both names of the chest (a region not stated may be it)."""
    return one == other or (one in _CHEST and other in _CHEST)


def may_be_frontal_chest(view: str | None, body_part: str) -> bool:
    """Whether a film is a frontal one of the chest, or may be one where neither is stated."""
    return view in ("PA", "AP", None) and same_region(body_part, "CHEST")
