"""Which earlier films of a patient a film is seen with, and which of them is the nearest."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from prelim.imaging.naming import UNKNOWN_MODALITY
from prelim.imaging.selection import Film, best_frontal
from prelim.knowledge import FindingRule, table
from prelim.types import FilmChain, Study, TimedFilm

EARLIER_FILMS = 5
"""How many earlier films, the latest ones, a film is seen with: 15 pairs with it. The pairs grow with the square of the
films, and what an older film adds to the five after it is seldom told."""


class Shot(NamedTuple):
    """A study with its film that is asked about."""

    study: Study
    film: Film

    @property
    def when(self) -> tuple[str, str]:
        """Its day and time; without a day it is the oldest: the case said that it came before."""
        return self.study.date or "", self.film.series.time or ""

    @property
    def day(self) -> str:
        """Its day as a warning says it."""
        return self.study.date or "unknown date"

    @property
    def uid(self) -> str:
        return self.film.image.sop_instance_uid

    @property
    def picture(self) -> str:
        return self.film.image.pixels_sha256

    def timed(self) -> TimedFilm:
        """As the chain has it."""
        return TimedFilm(
            study_instance_uid=self.study.study_instance_uid,
            sop_instance_uid=self.uid,
            date=self.study.date,
            view=self.film.series.view,
            evidence=(self.film.place().id,),
        )


class Earlier(NamedTuple):
    """The earlier films that a film is seen with, the oldest first, and what is said of those that it is not.

    `same_picture`: there is no other than the film itself once more.
    """

    shots: tuple[Shot, ...] = ()
    warnings: tuple[str, ...] = ()
    same_picture: bool = False


def earlier_films(now: Shot, priors: Iterable[Study]) -> Earlier:
    """The comparable films before this one, each picture once, at most the latest `EARLIER_FILMS`.

    Two of one day are in the order of their times; one of the film's own day is left out where it was taken later.
    """
    shots = [Shot(study, film) for study in priors if (film := best_frontal(study))]
    shots.sort(key=lambda shot: (shot.when, shot.uid), reverse=True)
    kept: list[Shot] = []
    again: list[tuple[Shot, Shot]] = []
    for shot in (shot for shot in shots if _comparable(shot, now)):
        known = next((one for one in (now, *kept) if shot.uid == one.uid or shot.picture == one.picture), None)
        if known is None:
            kept.append(shot)
        else:
            again.append((shot, known))
    warnings = [
        f"The films of {shot.day} and {known.day} are the same picture: they are taken for one."
        for shot, known in again
        if shot.day != known.day
    ]
    if len(kept) > EARLIER_FILMS:
        warnings.append(
            f"Earlier films not compared: {len(kept) - EARLIER_FILMS}. A film is seen with the latest {EARLIER_FILMS}."
        )
    return Earlier(tuple(reversed(kept[:EARLIER_FILMS])), tuple(warnings), bool(again) and not kept)


def _comparable(shot: Shot, now: Shot) -> bool:
    """Whether a frontal chest film may be the earlier of two: the same kind of image, not taken after the other."""
    if now.study.date is not None and (shot.study.date or "") > now.study.date:
        return False
    if shot.study.date == now.study.date and shot.when[1] and now.when[1] and shot.when[1] > now.when[1]:
        return False
    modalities = {shot.film.series.modality, now.film.series.modality}
    films = set(table("chest_xray").modalities)
    return len(modalities) == 1 or modalities <= films or bool(modalities & set(UNKNOWN_MODALITY))


def nearest(now: Shot, earlier: Sequence[Shot], rule: FindingRule | None = None) -> Shot | None:
    """The latest earlier film, the same view before another on its day; one whose view allows it, where it matters."""
    view = now.film.series.view
    fit = [shot for shot in earlier if rule is None or views_fit(rule, shot, now)]
    return max(fit, key=lambda shot: (shot.when[0], shot.film.series.view == view, shot.when[1]), default=None)


def views_fit(rule: FindingRule, before: Shot, now: Shot) -> bool:
    """Whether a finding may be compared between two films: a size that depends on the view only within one view."""
    views = {before.film.series.view, now.film.series.view} - {None}
    return not rule.view_dependent or len(views) < 2


def chain_of(now: Shot, earlier: Sequence[Shot]) -> FilmChain:
    """The films in their order."""
    films = tuple(shot.timed() for shot in (*earlier, now))
    return FilmChain(study_instance_uid=now.study.study_instance_uid, films=films)
