"""Whether a clause states, denies or doubts what it names, and of whom and when: rules, no parser and no model.

In the manner of NegEx (Chapman et al., J Biomed Inform 2001;34:301-310) and ConText (Harkema et al., J Biomed Inform
2009;42:839-851): a cue bears on what follows or precedes it, up to where its clause ends. The words are data
(prelim/knowledge/cues.yaml); what counts as doubt follows CheXpert and is said there.
"""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from prelim.knowledge.cues import Cues, cues
from prelim.knowledge.phrases import Hit
from prelim.types import State

Time = Literal["now", "earlier", "hypothetical"]
_STOP = re.compile(r"[;•]|:(?!\d)|\.\s|\n\s*\n")
_SOON = re.compile(r"\s*(?:\w+\s+)?")
_SHORTLY_BEFORE = re.compile(r"\.?\s+(?:[\w-]+\s+){0,3}")
_WORD = re.compile(r"[^\W_]+")
_DENIALS = ("absent_before", "absent_after")
_REACH = 14
"""How many words away a cue that follows may stand."""


class Context(NamedTuple):
    """What a sentence says of a mention. `time`: of now, of earlier ("history of") or of what is only looked for."""

    state: State
    time: Time = "now"
    of_patient: bool = True


def assertion_of(sentence: str, start: int, end: int, language: str = "en") -> State:
    """The state of what stands at [start, end) of a sentence."""
    return context_of(sentence, start, end, language=language).state


def context_of(
    sentence: str, start: int, end: int, marks: Sequence[Hit] | None = None, language: str = "en"
) -> Context:
    """The state, time and person of what stands at [start, end). `marks` are `marks_of` the sentence, if at hand."""
    said = cues(language)
    marks = marks_of(sentence, language) if marks is None else marks
    before = [mark for mark in marks if mark.start < end and (mark.end <= start or _inside(mark, start, end))]
    reaching = [mark for mark in before if _reaches_on(sentence, mark, start, marks, said)]
    after = [mark for mark in marks if mark.start >= end and _reaches_back(sentence, mark, end, marks, said)]
    kinds = {mark.meaning for mark in reaching}
    asked = "hypothetical" in kinds or said.patterns["only_asked"].match(sentence)
    time: Time = "hypothetical" if asked else "earlier" if "earlier" in kinds else "now"
    of_patient = not any(mark.meaning == "others" and mark.start < start for mark in marks)
    open_to: State = "uncertain" if time == "hypothetical" or _undecided(sentence, start, end, marks) else "present"
    return Context(_state(sentence, reaching, after, start, said) or open_to, time, of_patient)


def marks_of(sentence: str, language: str = "en") -> list[Hit]:
    """Every cue of a sentence, in order, by its kind; a pseudo cue hides the cues inside it."""
    marks = cues(language).kinds.find(sentence)
    return marks + [Hit(stop.start(), stop.end(), "stops") for stop in _STOP.finditer(sentence)]


def _inside(mark: Hit, start: int, end: int) -> bool:
    """Whether a cue stands in the middle of a mention of several words: "heart is not enlarged"."""
    return start < mark.start and mark.end <= end


def _reaches_on(sentence: str, mark: Hit, start: int, marks: Sequence[Hit], said: Cues) -> bool:
    """Whether a cue bears on what follows it at `start`."""
    if mark.end > start:
        return mark.meaning in _DENIALS
    if mark.meaning not in ("absent_before", "uncertain_before", "earlier", "hypothetical"):
        return False
    if sentence.count(")", mark.end, start) > sentence.count("(", mark.end, start):
        return False  # it stands in a bracket, which ended
    stopped = any(stop.meaning == "stops" and mark.end <= stop.start and stop.end <= start for stop in marks)
    return not stopped and not _left_the_list(sentence, mark.end, start, said)


def _left_the_list(sentence: str, begin: int, start: int, said: Cues) -> bool:
    """Whether a comma or an "and" between a cue and a mention opens something new, rather than going on with a list."""
    clause = re.split(r"[;.]\s|$", sentence[start:], maxsplit=1)[0]
    for joint in said.patterns["list_joint"].finditer(sentence[begin:start]):
        following = _words(sentence[begin + joint.end() : start])
        first = next((word for word in following if word not in said.list_ends), "")
        either = bool({joint.group().lower(), *following, *_words(clause)} & said.either)
        if first in said.openers or (first in said.weak_openers and not either):
            return True
        if joint.group() == "," and not either and _predicate(clause, said):
            return True
    return False


def _predicate(clause: str, said: Cues) -> bool:
    """Whether a mention has a verb of its own: "the heart is enlarged" after "no effusion,"."""
    words = [word.lower() for word in re.findall(r"[^\W_]+|,", clause)]
    return any(word in said.verbs for word in words[1:6])


def _reaches_back(sentence: str, mark: Hit, end: int, marks: Sequence[Hit], said: Cues) -> bool:
    """Whether a cue bears on what stands before it and ends at `end`."""
    if mark.meaning not in ("absent_after", "uncertain_after"):
        return False
    between = [other for other in marks if end <= other.start and other.end <= mark.start]
    if any(other.meaning in ("stops", "absent_before") and not _passable(other, sentence, said) for other in between):
        return False
    text = said.patterns["aside"].sub(" ", sentence[end : mark.start])
    words = _words(text)
    if len(words) > _REACH or any(word in said.verbs for word in words[:-1]):
        return False
    if text.rstrip().endswith(","):
        first = sentence[mark.start : mark.end].split()[0].lower()
        return first in said.copulas or not re.match(r"\s*\w", sentence[mark.end :])
    return "," not in text or bool(set(words[-6:]) & said.list_ends)


def _passable(mark: Hit, sentence: str, said: Cues) -> bool:
    """Whether what stops a cue that stands before lets one through that follows: "effusion: none"."""
    return sentence[mark.start : mark.end].lower() in said.passable


def _state(sentence: str, before: Sequence[Hit], after: Sequence[Hit], start: int, said: Cues) -> State | None:
    """Denied where a denial is nearest, or where it governs a doubt ("no evidence of possible …"); None if neither."""
    denials = [mark for mark in before if mark.meaning in _DENIALS]
    doubts = [mark for mark in before if mark.meaning == "uncertain_before"]
    doubted = any(mark.meaning == "uncertain_after" for mark in after)
    if denials:
        denial = max(denials, key=lambda mark: mark.end)
        joint = said.patterns["joint"]
        parted = any(joint.search(sentence, denial.end, doubt.start) for doubt in doubts if doubt.start > denial.start)
        return "uncertain" if parted or (doubted and "," in sentence[denial.end : start]) else "absent"
    if any(mark.meaning == "absent_after" for mark in after):
        return "absent"
    return "uncertain" if doubts or doubted else None


def _undecided(sentence: str, start: int, end: int, marks: Sequence[Hit]) -> bool:
    """Whether a mention is one of two that a sentence does not decide between: "atelectasis or infiltrate"."""
    joints = [mark for mark in marks if mark.meaning == "uncertain_between"]
    ahead = any(mark.start >= end and _SOON.fullmatch(sentence, end, mark.start) for mark in joints)
    return ahead or any(mark.end <= start and _SHORTLY_BEFORE.fullmatch(sentence, mark.end, start) for mark in joints)


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]
