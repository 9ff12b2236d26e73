"""The side on which a sentence places what it names, and the change that it tells: the word that stands nearest.

A word bears on a mention if it stands before it with no other mention between, else right after it, else across other
mentions of the same clause ("the left effusion and atelectasis"). Nothing is carried over from another sentence.
"""

import re
from collections.abc import Sequence
from typing import cast

from prelim.knowledge.cues import Cues, cues
from prelim.knowledge.phrases import Hit
from prelim.types import Change, Laterality

Span = tuple[int, int]


def side_of(sentence: str, mention: Span, others: Sequence[Span] = (), language: str = "en") -> Laterality | None:
    """The patient's side of a mention; None where the sentence states none."""
    found = _attached(sentence, sides_in(sentence, language), mention, others, cues(language))
    return cast(Laterality, found.meaning) if found else None


def change_of(sentence: str, mention: Span, others: Sequence[Span] = (), language: str = "en") -> Change | None:
    """How a mention compares with an earlier time; None where the sentence does not say."""
    found = change_word_of(sentence, mention, others, language)
    return cast(Change, found.meaning) if found else None


def change_word_of(sentence: str, mention: Span, others: Sequence[Span] = (), language: str = "en") -> Hit | None:
    """The word that says how a mention compares with an earlier time."""
    hits = [hit for hit in changes_in(sentence, language) if hit.end <= mention[0] or mention[1] <= hit.start]
    return _attached(sentence, hits, mention, others, cues(language))


def changes_in(sentence: str, language: str = "en") -> list[Hit]:
    """Every word of change in a sentence, without what only looks like one."""
    return [hit for hit in cues(language).changes.find(sentence) if hit.meaning != "not_a_change"]


def sides_in(sentence: str, language: str = "en") -> list[Hit]:
    """Every side that a sentence names; two that are joined ("right and left lower lobes") are both sides."""
    said = cues(language)
    hits = [hit for hit in said.sides.find(sentence) if hit.meaning != "not_a_side"]
    joined: list[Hit] = []
    for hit in hits:
        last = joined[-1] if joined else None
        if last and last.meaning != hit.meaning and _joined(sentence[last.end : hit.start], said):
            joined[-1] = Hit(last.start, hit.end, "bilateral")
        else:
            joined.append(hit)
    return joined


def _joined(between: str, said: Cues) -> bool:
    """Whether two sides stand in one phrase."""
    words = {word.lower() for word in re.findall(r"[^\W_]+", between)}
    return bool(words & said.side_links) and words <= said.sides_joined and ";" not in between


def _attached(sentence: str, hits: Sequence[Hit], mention: Span, others: Sequence[Span], said: Cues) -> Hit | None:
    """The word among `hits` that bears on a mention; `others` are the sentence's other mentions."""
    first, last = clause_of(sentence, mention, said)
    near = [hit for hit in hits if first <= hit.start and hit.end <= last]
    inside = [hit for hit in near if mention[0] <= hit.start and hit.end <= mention[1]]
    before = [hit for hit in near if hit.end <= mention[0]][::-1]
    after = [hit for hit in near if hit.start >= mention[1] and not _of_the_next(sentence, mention, hit, others, said)]
    alone_before = [hit for hit in before if not _within(others, hit.end, mention[0])]
    alone_after = [hit for hit in after if not _within(others, mention[1], hit.start)]
    listed = [hit for hit in [*before, *after] if _one_list(sentence, mention, hit, others, said)]
    ranked = [*inside, *alone_before, *alone_after, *listed]
    return ranked[0] if ranked else None


def _within(others: Sequence[Span], start: int, end: int) -> list[Span]:
    return sorted(span for span in others if start <= span[0] and span[1] <= end)


def _of_the_next(sentence: str, mention: Span, hit: Hit, others: Sequence[Span], said: Cues) -> bool:
    """Whether a word opens the next item of a list: "oedema and left basilar atelectasis"."""
    between = sentence[mention[1] : hit.start]
    behind = said.patterns["item_end"].split(sentence[hit.end :], maxsplit=1)[0]
    named = _within(others, hit.end, hit.end + len(behind))
    return bool(named) and said.patterns["next_item"].fullmatch(between) is not None


def _one_list(sentence: str, mention: Span, hit: Hit, others: Sequence[Span], said: Cues) -> bool:
    """Whether nothing but the other items of one list stands between a word and a mention."""
    start, end = (hit.end, mention[0]) if hit.end <= mention[0] else (mention[1], hit.start)
    items = _within(others, start, end)
    ends = items if hit.end <= mention[0] else [mention, *items]
    starts = [*items[1:], mention] if hit.end <= mention[0] else items
    gaps = [sentence[one[1] : other[0]] for one, other in zip(ends, starts, strict=False)]
    joints = (said.patterns["next_item"], said.patterns["reading"])
    return bool(gaps) and all(any(joint.fullmatch(gap) for joint in joints) for gap in gaps)


def clause_of(sentence: str, mention: Span, said: Cues) -> Span:
    """The stretch of a sentence in which a word can bear on a mention."""
    breaks = [match.start() for match in said.patterns["clause"].finditer(sentence)]
    before = [place for place in breaks if place < mention[0]]
    after = [place for place in breaks if place >= mention[1]]
    return max(before, default=0), min(after, default=len(sentence))
