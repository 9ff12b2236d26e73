"""Sections and sentences: where they stand in the text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prelim.documents.sections import sections_of, sentences_of


def sentences(text: str) -> list[str]:
    return [text[slice(*span)] for span in sentences_of(text)]


def sections(text: str) -> list[tuple[str, str]]:
    return [(heading, text[start:end]) for heading, start, end in sections_of(text)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Clear. Normal.", ["Clear.", "Normal."]),
        ("Seen by Dr. Smith. Approx. 2.5 cm nodule.", ["Seen by Dr. Smith.", "Approx. 2.5 cm nodule."]),
        ("Changes, e.g. scars, at 4 p.m. today.", ["Changes, e.g. scars, at 4 p.m. today."]),
        ("1. No effusion. 2. Nodule.", ["1. No effusion.", "2. Nodule."]),
        ("- Nodule\n- Effusion", ["- Nodule", "- Effusion"]),
        ("No effusion\nHeart enlarged", ["No effusion", "Heart enlarged"]),
        ("The heart and the mediastinum of this patient are within the\nnormal range.", None),
        ("A line of a report that is so long that it had to be broken at\nParis time.", None),
        ("Nodule\n\nEffusion", ["Nodule", "Effusion"]),
        ("Really? Yes!", ["Really?", "Yes!"]),
        ("Normal.. . Clear.", ["Normal..", "Clear."]),
        (" \n ", []),
    ],
)
def test_sentences(text: str, wanted: list[str] | None) -> None:
    assert sentences(text) == (wanted if wanted is not None else [text])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("FINDINGS: Clear.\nIMPRESSION: Normal.", [("findings", "Clear."), ("impression", "Normal.")]),
        ("Findings\nClear.\n\nConclusion\nNormal.", [("findings", "Clear."), ("impression", "Normal.")]),
        ("**Findings:** Clear.\n## Impression\nNormal.", [("findings", "Clear."), ("impression", "Normal.")]),
        ("Film.\n2. Indication - cough", [("", "Film."), ("indication", "cough")]),
        ("Cough. PMH: asthma. Allergies: none", [("", "Cough."), ("past_history", "asthma."), ("allergies", "none")]),
        ("Assessment & Plan:\nrest", [("assessment", "rest")]),
        ("FINDINGS: Lungs: clear.\nHeart: normal.", [("findings", "Lungs: clear.\nHeart: normal.")]),
        ("Findings are stable.", [("", "Findings are stable.")]),
        ("BEFUND: frei.\nBEURTEILUNG: normal.", [("findings", "frei."), ("impression", "normal.")]),
        ("FINDINGS:\nIMPRESSION: Normal.", [("impression", "Normal.")]),
    ],
)
def test_sections(text: str, wanted: list[tuple[str, str]]) -> None:
    assert sections(text) == wanted


def test_what_has_no_full_stop_is_cut_at_a_blank() -> None:
    text = "word " * 1000
    assert len(sentences(text)) > 3 and " ".join(sentences(text)) == text.strip()


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="aB1.:\n -?FINDINGS", max_size=80))
def test_spans_are_in_order_and_lose_no_word(text: str) -> None:
    for spans in (sentences_of(text), [(part.start, part.end) for part in sections_of(text)]):
        ends = [0, *(place for span in spans for place in span)]
        assert ends == sorted(ends) and ends[-1] <= len(text)
    kept = "".join(sentences(text))
    assert sorted(filter(str.isalnum, kept)) == sorted(filter(str.isalnum, text))
