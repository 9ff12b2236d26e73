"""The order of the films of one finding, as far as the comparisons of pairs give one, and where they contradict.

"Stable" is no equality: what grows slowly is stable from film to film and worse in the end. So the answers are read as
a semiorder (Luce, Econometrica 1956;24:178): worse is more by over one step, stable is no more than one step apart.
They contradict each other where no sizes fulfil them all.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from prelim.types import Change, State

_STEP = 10
"""What is just noticed, in the order's own unit; "worse" is one unit more. Fine enough for ten films."""
_THERE: dict[Change, tuple[bool, bool]] = {
    "new": (False, True),
    "worse": (True, True),
    "stable": (True, True),
    "better": (True, True),
    "resolved": (True, False),
}
"""Whether the finding is there on the earlier and on the later film, by what a comparison says."""
Sizes = dict[tuple[str, str], int]
"""(a, b) → by how much b has at least more than a, where something is known."""


class Link(NamedTuple):
    """What a comparison says of two films, the earlier first."""

    before: str
    after: str
    change: Change
    id: str


class Order:
    """The films of one finding, the oldest first, with what was read of each and what the comparisons say."""

    def __init__(self, films: Sequence[str], states: Mapping[str, State | None], links: Iterable[Link]) -> None:
        self.films, self.states = tuple(films), dict(states)
        places = {film: place for place, film in enumerate(self.films)}
        known = [link for link in links if {link.before, link.after} <= places.keys()]
        self.links = sorted(known, key=lambda link: (places[link.before], places[link.after]))
        self.sure = [link for link in self.links if link.change != "uncertain"]

    def link(self, before: str, after: str) -> Link | None:
        """What the comparison of two films says; None where none was made."""
        return next((link for link in self.links if (link.before, link.after) == (before, after)), None)

    # -------------------------------------------------------------- there or not

    def claims(self, film: str, there: bool) -> list[Link | State]:
        """What says that the finding is on a film, or is not: the probes first, then the comparisons."""
        state = self.states.get(film)
        read: list[Link | State] = [state] if state == ("present" if there else "absent") else []
        of_pairs = [
            link
            for link in self.sure
            for place, is_there in zip((link.before, link.after), _THERE[link.change], strict=True)
            if place == film and is_there == there
        ]
        return [*read, *of_pairs]

    def there(self, film: str) -> bool | None:
        """Whether the finding is on a film; None where nothing, or too much, says so."""
        yes, no = bool(self.claims(film, True)), bool(self.claims(film, False))
        return None if yes == no else yes

    def disputed(self) -> list[tuple[str, Link | State, Link | State]]:
        """The films on which it is said both to be and not to be, with the first that says each."""
        both = ((film, self.claims(film, False), self.claims(film, True)) for film in self.films)
        return [(film, absent[0], present[0]) for film, absent, present in both if absent and present]

    # -------------------------------------------------------------- how much

    def cycles(self) -> list[tuple[Link, ...]]:
        """The smallest sets of films whose comparisons no sizes fulfil, as those comparisons."""
        found: list[tuple[set[str], tuple[Link, ...]]] = []
        ordered = [link for link in self.sure if _THERE[link.change] == (True, True)]
        for count in range(2, len(self.films) + 1):
            for some in combinations(self.films, count):
                among = [link for link in ordered if {link.before, link.after} <= set(some)]
                if not any(smaller <= set(some) for smaller, _ in found) and _sizes(some, among) is None:
                    found.append((set(some), tuple(among)))
        return [links for _, links in found]

    def consistent(self) -> bool:
        """Whether nothing contradicts anything."""
        return not self.disputed() and not self.cycles()

    def extreme(self, films: Iterable[str], *, most: bool) -> str | None:
        """Of these films the one with most of the finding, or with least; None where that is not known.

        Where it is absent there is least; films where it is not known to be there or not have no place. Of several
        that are alike it is the latest.
        """
        placed = [film for film in films if self.there(film) is not None]
        level = [film for film in placed if self.there(film) is most] or placed
        if not level or not self.there(level[0]):
            return level[-1] if level else None
        ordered = [link for link in self.sure if _THERE[link.change] == (True, True)]
        more = _sizes(self.films, ordered)
        if more is None:
            return None
        beaten = {pair[0 if most else 1] for pair in more if set(pair) <= set(level) and more[pair] > 0}
        left = [film for film in level if film not in beaten]
        alike = all(self._known(a, b, more) for a, b in combinations(left, 2))
        return left[-1] if left and alike else None

    def _known(self, before: str, after: str, more: Sizes) -> bool:
        """Whether anything sure is known of two films."""
        link = self.link(before, after)
        return (link is not None and link.change != "uncertain") or more[before, after] > 0 or more[after, before] > 0


def _sizes(films: Sequence[str], links: Iterable[Link]) -> Sizes | None:
    """By how much each film has at least more than each other, from all links together; None where they contradict."""
    nothing = -(_STEP + 1) * (len(films) + 1) ** 2
    more = {(a, b): 0 if a == b else nothing for a in films for b in films}
    for link in links:
        pair = (link.before, link.after)
        there, back = {"worse": (_STEP + 1, nothing), "better": (nothing, _STEP + 1)}.get(link.change, (-_STEP, -_STEP))
        more[pair] = max(more[pair], there)
        more[pair[::-1]] = max(more[pair[::-1]], back)
    for via in films:
        for a in films:
            for b in films:
                more[a, b] = max(more[a, b], more[a, via] + more[via, b])
    return None if any(more[film, film] > 0 for film in films) else more
