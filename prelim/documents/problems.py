"""The problems of a note: what its lists and sentences say the patient has, had, denies or may have."""

import re
from collections.abc import Sequence
from functools import lru_cache

from prelim.documents.assertions import context_of, marks_of
from prelim.documents.mention import Line, Mention, lines_of, sentence_at, split, trimmed
from prelim.documents.questions import asked_in
from prelim.documents.sections import Section
from prelim.knowledge.clinical_words import complaints, prescriptions, words_of
from prelim.knowledge.phrases import Hit
from prelim.types import Chars, State

LISTS = ("past_history", "assessment", "impression", "complaint")
"""The sections that list problems."""
_UNREAD = (
    *("medications", "allergies", "family_history", "social_history", "instructions", "examination", "results"),
    *("technique", "findings", "comparison"),
)
_ITEMS = r"[,;]|\band\b|\bund\b|\by\b|\bet\b|\bwith\b"
_ASSESSED = r"[,;]\s*(?:and\b)?"
_QUALIFIES = re.compile(
    r"(?:\w+ )?(?:unspecified|not elsewhere classified|not otherwise specified|nos|nec)"
    r"|(?:initial|subsequent) encounter|sequela",
    re.I,
)
"""What a classification adds behind a comma is no problem of its own ("Insomnia, unspecified")."""
_ANSWERED = re.compile(r"\s*:\s*(?P<answer>no|none|nil|denied|negative|yes|present|positive)\b", re.I)
_ENDS = re.compile(
    r"\s(?:who|which|that|with|for|on|in|at|by|since|after|before|when|while|as|from|during|presents?|presenting"
    r"|today|here|but|is|was|has|had|who's|status|and (?:is|was|has|he|she|presents|who))\b"
    r"|[.;:\n()]|$",
    re.I,
)
_SIGNIFICANT = re.compile(
    r"(?:is )?(?:significant|notable|positive|remarkable)(?: for)?:?\s+"
    r"|(?:known |a |an |the |her |his |hx of |h/o |history of |status post |s/p "
    r"|possibl[ey] |probabl[ey] |likely |suspected |no evidence of |no |nil |need(?:s|ed)? to )+",
    re.I,
)
_TAIL = re.compile(
    r"\s+(?:in (?:her|his|their|the)\b.*|since\b.*|\(?(?:19|20)\d\d\b.*|\d{1,2}/\d{2,4}.*|\d{4}-\d\d.*|x\s?\d.*"
    r"|[-–]\s.*)$",
    re.I,
)
_SENTENCE = re.compile(r"\b(?:is|are|was|were|has|have|had|presents?|who|we|he|she|i)\b", re.I)
_EXPLAINED = re.compile(r"\bside[ -]effects?\b|\bworsening (?:symptoms|sx)\b|\brisks? (?:of|include)\b", re.I)
"""What such words are followed by is told to the patient, who has none of it."""
_MOST_WORDS, _TITLE_WORDS, _FEW_LINES = 8, 6, 3


def problems_in(text: str, sections: list[Section], sentences: list[Chars]) -> list[Mention]:
    """Problems by three ways: the items of lists, what follows words such as "history of", and words that name one."""
    found = []
    for section in sections:
        spans = _items(text, section) if section.heading in (*LISTS, "plan") else []
        asked = asked_in(text, section)
        if section.heading not in _UNREAD:
            about = [(one.about, one.end) for one in asked if section.heading != "indication"]
            named = [span for span in about if _is_name(text[slice(*span)])]
            found += [Mention("problem", start, end, "uncertain", section.heading) for start, end in named]
            spans += _following(text, section)
        if section.heading not in (*_UNREAD, "plan"):
            spans += _named(text, section)
        spans = [span for span in spans if not any(one.start <= span[0] < one.end for one in asked)]
        if section.heading == "indication":  # what a request asks about is its question, and said there
            spans = [span for span in spans if text[span[1] : span[1] + 1] != "?"]
        stated = [(span, _state(text, *span, sentences)) for span in spans]
        found += [Mention("problem", *span, state, section.heading) for span, state in stated if state]
    return found


# ------------------------------------------------------------------ lists


def _items(text: str, section: Section) -> list[Chars]:
    """The items of a section that lists problems; of a plan, the lines that head what is planned."""
    lines = lines_of(text, section.start, section.end)
    spans = []
    for line, following in zip(lines, [*lines[1:], None], strict=False):
        head = None if section.heading == "plan" and not _heads(text, line, following) else _title(text, line)
        if head is None:
            continue
        listing = section.heading in ("past_history", "complaint")
        items = [_shortened(text, *item) for item in split(text, *head, _ITEMS if listing else _ASSESSED)]
        sure = listing or _names_one(text, line, following, head, len(lines))
        spans += [item for item in items if sure or _heads_in(text, *item)]
    named = [span for span in spans if _is_name(text[slice(*span)])]
    return [span for span in named if not _QUALIFIES.fullmatch(text[slice(*span)].strip(" ."))]


def _names_one(text: str, line: Line, following: Line | None, head: Chars, lines: int) -> bool:
    """Whether a line of an assessment is a name by its form: short, no sentence, and listed, a heading or alone."""
    words = text[slice(*head)]
    if len(words.split()) > _TITLE_WORDS or _SENTENCE.search(words):
        return False
    return line.listed or lines <= _FEW_LINES or _heads(text, line, following)


def _heads(text: str, line: Line, following: Line | None) -> bool:
    """Whether a line of a plan names the problem that the lines below it are about."""
    return not line.listed and following is not None and (following.listed or following.end - following.start > 60)


def _title(text: str, line: Line) -> Chars | None:
    """The line, or what stands before its colon or its first full stop if that is short."""
    words = text[line.start : line.end]
    cut = re.search(r":\s|\.\s|\s[-–]+\s", words)
    end = line.start + cut.start() if cut else line.end
    if cut and words[cut.start()] == ":" and not line.listed and section_like(words[: cut.start()]):
        return None
    return (line.start, end) if len(text[line.start : end].split()) <= 20 else None


def section_like(words: str) -> bool:
    """Whether what stands before a colon is a label of the form rather than a problem."""
    return any(word.lower() in complaints().not_in_a_name for word in re.findall(r"[^\W\d_]+", words))


def _shortened(text: str, start: int, end: int) -> Chars:
    """Without "significant for", a doubt or a denial before it, which decide its state, and without dates behind."""
    lead = _SIGNIFICANT.match(text, start, end)
    start = lead.end() if lead else start
    tail = _TAIL.search(text, start, end)
    bracket = text.find(" (", start, end)
    stops = [place for place in (tail.start() if tail else -1, bracket) if place > start]
    return trimmed(text, start, min(stops, default=end), " \t\r\n.,;:*_?")


def _is_name(item: str) -> bool:
    """Whether an item can be the name of a problem: few words, none of a sentence's, no medication and no refusal."""
    words = [word.group().lower() for word in words_of(item)]
    plain = " ".join(words)
    if not words or len(words) > _MOST_WORDS or len(plain) < 2 or plain in prescriptions().nothing:
        return False
    return not set(words) & complaints().not_in_a_name and not prescriptions().is_drug(words[0])


# ------------------------------------------------------------------ sentences


def _following(text: str, section: Section) -> list[Chars]:
    """The list after "history of", "diagnosed with" and the like."""
    spans = []
    for trigger in complaints().triggers.finditer(text, section.start, section.end):
        begin = trigger.end() + (text[trigger.end() : trigger.end() + 1] == ":")
        stop = _ENDS.search(text, begin + 1, section.end)
        items = split(text, begin, stop.start() if stop else section.end, r",|\band\b|\bor\b")
        names = [_shortened(text, *item) for item in items]
        sure = 0 if trigger.group().lower().startswith("known") else len(names) if "nifi" in trigger.group() else 1
        spans += [span for n, span in enumerate(names) if _follows(text, *span, sure=n < sure)]
    return spans


def _follows(text: str, start: int, end: int, sure: bool) -> bool:
    """Whether a part of what follows a trigger names a problem: if not by its place, then by its words."""
    begins = re.match(r"(?!(?:any|some|to|of|how|what|not|no|none)\b)[^\W_]", text[start:end], re.I)
    return bool(begins) and _is_name(text[start:end]) and (sure or bool(_heads_in(text, start, end)))


def _named(text: str, section: Section) -> list[Chars]:
    """Words that name a problem, with the words before them that belong to it and the place behind."""
    heads = _heads_in(text, section.start, section.end)
    return [_widened(text, *head, section) for head in heads if not complaints().of_something_else.match(text, head[1])]


def _heads_in(text: str, start: int, end: int) -> list[Chars]:
    said = complaints()
    heads = [(start + hit.start, start + hit.end) for hit in said.heads.find(text[start:end])]
    long = [word for word in words_of(text, start, end) if len(word.group()) > 5]
    words = [word for word in long if said.ending.fullmatch(word.group())]
    return heads + [word.span() for word in words if word.group().lower() not in said.not_problems]


def _widened(text: str, start: int, end: int, section: Section) -> Chars:
    said = complaints()
    while before := re.search(r"([\w'-]+)[ \t/]+$", text[max(section.start, start - 30) : start]):
        if before[1].lower() not in said.before:
            break
        start = start - len(before[0])
    place = said.place.match(text, end, section.end)
    return start, place.end() if place else end


def _state(text: str, start: int, end: int, sentences: Sequence[Chars]) -> State | None:
    """The state by the sentence around; None where it is somebody else's or what may yet come."""
    answered = _ANSWERED.match(text, end)
    if answered:
        return "absent" if answered["answer"].lower() in ("no", "none", "nil", "denied", "negative") else "present"
    begin, stop = sentence_at(sentences, start) or (start, end)
    sentence = text[begin : max(stop, end)]
    said = context_of(sentence, start - begin, end - begin, _marks(sentence))
    if not said.of_patient or said.time == "hypothetical" or _EXPLAINED.search(sentence[: start - begin]):
        return None
    if said.state == "present" and re.search(r"\?[ \t]?$", text[max(0, start - 2) : start]):
        return "uncertain"
    return said.state


@lru_cache(16)
def _marks(sentence: str) -> list[Hit]:
    """The cues of the sentence: one is asked about for each of its problems."""
    return marks_of(sentence)
