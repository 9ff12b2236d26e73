"""The allergies of a note, and its statement that there are none."""

import re

from prelim.documents.mention import Mention, lines_of, split
from prelim.documents.sections import Section
from prelim.knowledge.clinical_words import prescriptions
from prelim.types import Chars

_OF = r"(?:drug|food|medication|medicine|environmental|latex)"
_NONE = re.compile(
    r"\bNK(?:D?A|FA)\b"
    r"|\b(?:no|not any|nil|denies(?: having)?(?: any)?|without(?: any)?|no history of)"
    rf"(?: (?:known|significant|reported|other))*(?: {_OF})*(?:(?:,| or| and|/) ?{_OF})* ?allerg(?:y|ies)"
    r"(?: to (?:medications?|drugs|medicines))?"
    r"|\bnot allergic to any\w*(?: medications?)?"
    r"|\bkeine (?:bekannten )?(?:Arzneimittel|Medikamenten)?-?allergien(?: bekannt)?"
    r"|\b(?:sin|no) alergias(?: (?:medicamentosas )?conocidas)?|\bno alérgic[oa]"
    r"|\b(?:pas d['’]|aucune )allergies?(?: connue?s?)?",
    re.I,
)
_PROSE = re.compile(
    r"\b(?:allergic (?:reaction )?to|allerg(?:y|ies) to|anaphyla\w+ (?:to|after|from)|allergisch (?:gegen|auf)"
    r"|Allergie gegen|alérgic[oa] a(?: la)?|allergique (?:à(?: la)?|aux?))[ \t]+(?P<list>[^.;:()\n]{3,80})",
    re.I,
)
_BEFORE = re.compile(r"\b(?P<name>[^\W\d_][\w-]{2,})[ \t]+(?:drug[ \t]+)?allergy\b", re.I)
_ANOTHER = r",|\band\b|\bor\b|\bund\b|\boder\b|\by\b|\bet\b"
_CUT = re.compile(r"\s(?:which|that|who|with|when|as|since|in|causing|for|but|because|has|had)\b", re.I)


def allergies_in(text: str, sections: list[Section]) -> list[Mention]:
    """Allergies by their section and in sentences; that there are none is one that is absent."""
    found = []
    for section in sections:
        if section.heading == "family_history":
            continue
        denied = [match.span() for match in _NONE.finditer(text, section.start, section.end)]
        found += [Mention("allergy", start, end, "absent", section.heading) for start, end in denied]
        spans = _listed(text, section) if section.heading == "allergies" else _stated(text, section)
        found += [
            Mention("allergy", start, end, "absent" if _says_none(text[start:end]) else "present", section.heading)
            for start, end in spans
            if not any(start < b and a < end for a, b in denied)
        ]
    return found


def _listed(text: str, section: Section) -> list[Chars]:
    """The items of the section, each with its reaction. Anything longer is read as sentences."""
    spans = []
    for line in lines_of(text, section.start, section.end):
        for item in split(text, line.start, line.end, r"[,;]|\. "):
            spans += [item] if len(text[slice(*item)].split()) <= 6 else []
    return [*spans, *(one for one in _stated(text, section) if not any(a < one[1] and one[0] < b for a, b in spans))]


def _stated(text: str, section: Section) -> list[Chars]:
    """ "Allergic to …" and "… allergy" in sentences."""
    spans = []
    for match in _PROSE.finditer(text, section.start, section.end):
        cut = _CUT.search(text, match.start("list"), match.end("list"))
        spans += split(text, match.start("list"), cut.start() if cut else match.end("list"), _ANOTHER)
    for match in _BEFORE.finditer(text, section.start, section.end):
        if match["name"].lower() not in prescriptions().no_allergen:
            spans.append(match.span("name"))
    return [span for span in spans if len(text[slice(*span)].split()) <= 5]


def _says_none(item: str) -> bool:
    plain = item.lower().strip(" .:-")
    nothing = plain in prescriptions().nothing
    return nothing or plain.startswith(("no known", "none known", "keine bekannt", "no allerg"))
