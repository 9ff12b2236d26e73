"""What no look-up answers and is declined by name: another person's data, a diagnosis or an order, a change of the
record, a language that is not understood, an instruction to a machine."""

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from agents.question import Question
from memory.lexical import WORD
from memory.vocabulary import vocabulary
from prelim.documents.injection import overrides
from prelim.knowledge.questions import question_words
from prelim.knowledge.report_terms import report_terms

_ID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{9,}\b|\b(?=[A-Z-]*\d)[A-Z0-9][A-Z0-9-]{5,}\b|\b\d{5,}\b", re.I)
_DAY_OR_VALUE = re.compile(r"(?:19|20)\d\d(?:-\d\d){0,2}|(?:19|20)\d{6}|[a-z]+\d{1,3}[a-z]{0,3}|\d{1,3}-[a-z-]+", re.I)
_BED = re.compile(r"\b(?:bed|room|cubicle|bay)\s+(?:no\.?\s*)?\d+", re.I)
_OWNED = re.compile(r"\b([A-Za-zÀ-ÿ][\w-]+)['’]s?\b")
Known = Callable[[str], bool]
_FOREIGN_SHARE, _FOREIGN_WORDS, _LATIN_SHARE = 0.25, 2, 0.7


class Declined(NamedTuple):
    """Why a question is declined. `warning`: what a person should know beside; `look`: the record has a say in it."""

    text: str
    warning: str = ""
    look: bool = False


_ONE_PATIENT = "Only the patient or case that this chat was opened for can be asked about."
_ABOUT = (
    "This chat looks up what the record of one patient or case holds, and names its sources. Ask for a result (“last "
    "creatinine”, “potassium over time”), a problem, a medication, an allergy, a report, an examination or a day."
)
_SAID = {
    "order": "What to do is for a person to decide: this chat looks up, and neither advises nor orders.",
    "diagnosis": "A diagnosis or a judgement is for a person to make: this chat only says what the record holds.",
    "change": "This chat is read only: it can change nothing.",
    "identity": "Names, birth dates, addresses and numbers of a patient are not kept where this chat reads.",
}


def injected(question: str) -> Declined | None:
    """A question that gives orders to a machine is not followed."""
    if not overrides(question):
        return None
    others = f"{_ONE_PATIENT} " if question_words().others.find(question) else ""
    text = f"{others}The question holds instructions to a machine: nothing was looked up. Ask the question alone."
    return Declined(text, "The question holds instructions to a machine: they are reported, not followed.")


def declined(asked: Question, known: Known) -> Declined | None:
    """Why a question is not answered; None where it may be. `known` tells whether the record says a word."""
    if language := _foreign(asked.text):
        return Declined(f"The question seems to be in {language}: only English is understood here.")
    if _of_others(asked, known):
        return Declined(_ONE_PATIENT)
    if _about(asked.text):
        return Declined(_ABOUT)
    for kind in ("change", "order", "diagnosis", "identity"):
        if _asks(asked.text, kind):
            return Declined(_SAID[kind], look=kind in ("order", "diagnosis"))
    return None


def _asks(text: str, kind: str) -> bool:
    """Whether a question asks for what is declined; why an examination was made is its indication, and on record."""
    reasons = [hit for hit in question_words().asks.find(text) if hit.meaning == "statement"]
    hits = (hit for hit in question_words().declined.find(text) if hit.meaning == kind)
    return any(not any(one.start == hit.start and one.end >= hit.end for one in reasons) for hit in hits)


def _about(text: str) -> bool:
    """Whether a question is a greeting, or about this program, and nothing else."""
    hits = [hit for hit in question_words().declined.find(text) if hit.meaning == "about"]
    around = question_words().around.find(text)
    spans = [(hit.start, hit.end) for hit in (*hits, *around)]
    return bool(hits) and all(
        any(start <= word.start() and word.end() <= end for start, end in spans) for word in WORD.finditer(text)
    )


# ------------------------------------------------------------------ another person


def _of_others(asked: Question, known: Known) -> bool:
    text, words = asked.text, question_words()
    if words.others.find(text) or _BED.search(text) or set(text.lower().replace(".", " ").split()) & words.titles:
        return True
    codes = [match.group() for match in _ID.finditer(text) if not _DAY_OR_VALUE.fullmatch(match.group())]
    if any(not known(code) for code in codes):
        return True
    return _owner(text, known) or _named(asked, known)


def _owner(text: str, known: Known) -> bool:
    """Whether something is said to be somebody's: "Keeling's sodium"."""
    words = question_words()
    for match in _OWNED.finditer(text):
        owner = match[1].lower().removesuffix("s") if match.group().endswith(("'", "’")) else match[1].lower()
        expected = owner in words.owners or owner in words.eponyms or match[1].lower() in words.eponyms
        if not expected and not known(owner) and not _in_vocabulary(owner):
            return True
    return False


def _named(asked: Question, known: Known) -> bool:
    """Whether words that nobody knows stand in capitals beside what is asked for: a person's name."""
    subject = asked.request.tests or asked.request.types or asked.request.images or asked.labels
    names = [word for word in asked.left if word.text[:1].isupper() and word.start > 0 and not word.text.isupper()]
    return bool(subject) and any(
        not known(word.text) and word.text.lower() not in question_words().eponyms for word in names
    )


def _in_vocabulary(word: str) -> bool:
    return bool(vocabulary().asked.find(word) or report_terms().phrases.find(word))


# ------------------------------------------------------------------ another language


def _foreign(text: str) -> str | None:
    """The language of a question that is not English, told by its letters or its small words."""
    letters = [char for char in text if char.isalpha()]
    latin = sum(unicodedata.name(char, "").startswith("LATIN") for char in letters)
    if letters and latin < _LATIN_SHARE * len(letters):
        return "another script"
    words = [word.lower() for word in WORD.findall(text)]
    counts = {name: sum(word in small for word in words) for name, small in question_words().languages.items()}
    best = max(counts, key=counts.__getitem__)
    most = counts[best]
    return best if most >= _FOREIGN_WORDS and most >= _FOREIGN_SHARE * len(words) else None
