"""How often a flaw of a film is seen, and how often one is seen that is not there: on real films and drawn ones."""

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np

from benchmarks.figure import Figure, figure, median_s
from benchmarks.spoilt import Pixels, framed, marked, photographed, real_films, snow
from prelim.imaging.flaws import flaws_of
from prelim.models.phantom import draw
from prelim.types import Flaw

_FLAWS: tuple[Flaw, ...] = ("blank", "noise", "inverted", "rotated", "mirrored", "screen")
_LETTER_HEIGHTS = (0.02, 0.03, 0.045, 0.07)
"""Of a film's longer edge."""
_LETTERED = {
    *("c144_2.jpeg", "c168_1.jpg", "c168_2.jpg", "c183_1.jpeg", "c183_2.jpeg", "c206_1.jpg", "c206_2.jpg"),
    *("c221_1.jpg", "c225_1.jpg", "c225_2.jpg", "c243_1.jpg", "c243_2.jpg", "c251_1.jpg", "c272_2.jpg"),
    *("c31_2.jpg", "c391_1.jpg", "c391_2.jpg"),
}
"""The real films on which a person reads a whole L or R, the right way round."""
Spoil = Callable[[Pixels], Pixels]


def measure(full: bool) -> list[Figure]:
    """Shares in percent, and the time for a film of 2000 × 2000 pixels. Reduced: every fifth film."""
    rng, step = np.random.default_rng(11), 1 if full else 5
    real = dict(real_films(step=step))
    drawn = [draw.film(rng).pixels for _ in range(300 // step)]
    figures = [*_false_alarms("real", list(real.values()), rng), *_false_alarms("drawn", drawn, rng)]
    for name, flaw, spoil in _spoilers(rng):
        figures += _caught(f"{name}, real", flaw, [spoil(film) for film in real.values()])
    for kind in draw.UNREADABLE:
        spoilt = [draw.unreadable_film(rng, kind).pixels for _ in range(100 // step)]
        figures += _caught(f"{kind}, drawn", kind, spoilt)  # type: ignore[arg-type]
    lettered = [film[:, ::-1] for name, film in real.items() if name in _LETTERED]
    figures += _caught("mirrored by the film's own letter, real", "mirrored", lettered)
    return [*figures, _time(drawn[0])]


def _spoilers(rng: np.random.Generator) -> list[tuple[str, Flaw, Spoil]]:
    """(name, the flaw it makes, how) for everything that is done to a real film."""
    return [
        ("blank", "blank", lambda film: np.full_like(film, 77)),
        ("blank, framed", "blank", framed),
        ("noise", "noise", lambda film: snow(film, rng)),
        ("inverted", "inverted", lambda film: 255 - film),
        *((f"rotated by {90 * turns}°", "rotated", lambda film, n=turns: np.rot90(film, n)) for turns in (1, 2, 3)),
        *(
            (f"mirrored, letter of {height:.1%}", "mirrored", lambda film, h=height: marked(film, h, rng)[:, ::-1])
            for height in _LETTER_HEIGHTS
        ),
        ("screen", "screen", lambda film: photographed(film, rng)),
    ]


def _seen(film: Pixels) -> tuple[Flaw, ...]:
    return flaws_of(np.ascontiguousarray(film), "projection", frontal_chest=True, columns_to="L", rows_to="F")


def _caught(name: str, flaw: Flaw, films: Sequence[Pixels]) -> list[Figure]:
    """The share on which the flaw is seen; a negative seen as turned, or the other way round, is caught as well."""
    if not films:
        return []
    same = {"inverted", "rotated"} if flaw in ("inverted", "rotated") else {flaw}
    share = 100 * np.mean([bool(same & set(_seen(film))) for film in films])
    return [figure(f"imaging/flaws/{name}, caught", float(share), "%", note=f"{len(films)} films")]


def _false_alarms(kind: str, films: Sequence[Pixels], rng: np.random.Generator) -> list[Figure]:
    """The share of good films on which each flaw is seen; with right letters of all sizes burned in as well."""
    if not films:
        absent = "the public films are not beside this checkout: only drawn ones are measured"
        return [figure(f"imaging/flaws, {kind} films", 0, "films", note=absent)]
    good = [*films, *(marked(film, height, rng) for film, height in product(films, _LETTER_HEIGHTS))]
    seen = [_seen(film) for film in good]
    note = f"{len(films)} films, and each with a right letter in {len(_LETTER_HEIGHTS)} sizes"
    return [
        figure(
            f"imaging/flaws/{flaw}, false alarms, {kind}",
            100 * sum(flaw in found for found in seen) / len(good),
            "%",
            goal=0.0,
            note=note,
        )
        for flaw in _FLAWS
    ]


def _time(drawn: Pixels) -> Figure:
    large = marked(np.kron(drawn, np.ones((9, 9), np.uint8))[:2000, :2000], 0.03, np.random.default_rng(0))
    return figure("imaging/flaws, 2000 × 2000 pixels", 1000 * median_s(lambda: _seen(large), 15), "ms", goal=30.0)
