"""The clinical question of a note or request: what somebody is to find out. Nothing in it is stated as a fact."""

import re
from typing import NamedTuple

from prelim.documents.mention import Mention, lines_of, trimmed
from prelim.documents.sections import Section
from prelim.types import Chars

_ASKS = (
    r"r/o|rule[ \t]out|to[ \t]exclude|exclude|query|evaluate[ \t]for|assess[ \t]for|evaluation[ \t]for"
    r"|look(?:ing)?[ \t]for|concern(?:ed)?[ \t]for|suspicion[ \t](?:of|de)|v\.[ \t]?a\.|verdacht[ \t]auf"
    r"|ausschlu(?:ss|ß)(?:[ \t]von)?"
    r"|(?:a[ \t])?descartar|sospecha[ \t]de|éliminer|recherche[ \t](?:de|d['’])"
)
_ASKED = re.compile(
    rf"(?:(?<![\w?])\?[ \t]?(?=[^\W\d_])|\b(?:{_ASKS})[ \t]+)"
    r"(?!(?:this|that|it|these|any|other)\b)(?P<object>[^.;:?,()\n]{2,70})",
    re.I,
)
_CUT = re.compile(
    r"/|\s(?:with|on|in|at|by|via|given|since|because|as|prior|before|after|which|that|during|today|if|she|he"
    r"|and (?:if|we|to|will))\b",
    re.I,
)
_LONGEST = 300


class Asked(NamedTuple):
    """A question in a sentence, [start, end), and where what it is about begins."""

    start: int
    about: int
    end: int


def questions_in(text: str, sections: list[Section]) -> list[Mention]:
    """What the indication of a request says, line by line, and what a sentence asks to rule out or look for."""
    found = []
    for section in sections:
        spans: list[Chars] = [(one.start, one.end) for one in asked_in(text, section)]
        if section.heading == "indication":
            lines = [(line.start, line.end) for line in lines_of(text, section.start, section.end)]
            spans = [line for line in lines if line[1] - line[0] <= _LONGEST] or spans
        found += [Mention("question", start, end, "uncertain", section.heading) for start, end in spans]
    return found


def asked_in(text: str, section: Section) -> list[Asked]:
    """What the sentences of a section ask: "?pneumonia", "r/o PE", "to rule out …"."""
    found = []
    for match in _ASKED.finditer(text, section.start, section.end):
        about = match.start("object")
        cut = _CUT.search(text, about + 1, match.end())
        _, end = trimmed(text, about, cut.start() if cut else match.end())
        if end - about > 1:
            found.append(Asked(match.start(), about, end))
    return found
