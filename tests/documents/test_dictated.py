"""What was heard becomes a text: marks, headings, sentences; no word is lost and none comes to it."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prelim.documents.dictated import Word, Written, written
from prelim.knowledge.dictation import spoken_table

TABLE = spoken_table()


def heard(said: str) -> list[Word]:
    """A word every half second."""
    return [Word(text, 0.5 * n, 0.5 * n + 0.4) for n, text in enumerate(said.split())]


def write(said: str) -> Written:
    return written(heard(said))


@pytest.mark.parametrize("said", TABLE.marks)
def test_every_command_of_the_table_becomes_its_mark(said: str) -> None:
    text, mark = write(f"small {{{said}}} one").text, TABLE.marks[said]
    one = "One" if mark.ends else "one"
    before = "" if mark.attach in ("left", "both") else " "
    after = "" if mark.attach in ("right", "both") else " "
    assert text == f"Small{before}{mark.text}{after}{one}"


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("no effusion {period} lungs clear {period}", "No effusion. Lungs clear."),
        ("no effusion {Period} lungs {COMMA} clear", "No effusion. Lungs, clear"),
        ("patent. {period} {period} clear", "Patent. Clear"),
        ("fast{new paragraph}slow", "Fast\n\nSlow"),
        ("fast {new paragraph} {new line} {new paragraph} slow {new line}", "Fast\n\nSlow"),
        ("{period} {comma} {new line} clear", "Clear"),
        ("measures 2 {point} 5 cm {open parenthesis} stable {close parenthesis}", "Measures 2.5 cm (stable)"),
        ("end {hyphen} stage and {or} {frobnicate}", "End-stage and {or} {frobnicate}"),
        ("clear {{period}} done", "Clear. Done"),
        ("clear new paragraph done", "Clear\n\nDone"),
        ("pH is 7 {period} mL {period}", "pH is 7. mL."),
        ("he said {open quote} fine {period} {close quote} then left", 'He said "fine." Then left'),
        ("is it {question mark} yes {exclamation point}", "Is it? Yes!"),
    ],
)
def test_marks_stand_where_a_writer_puts_them(said: str, text: str) -> None:
    assert write(said).text == text


@pytest.mark.parametrize(
    "said",
    [
        "the colon is dilated",
        "over a long period of time",
        "a new line was placed in the right internal jugular vein",
        "findings consistent with colon cancer",
        "impression colon cancer",
        "a comma shaped lesion",
    ],
)
def test_a_plain_word_stays_a_word(said: str) -> None:
    """Only braces are certain: an organ, a time or a catheter must not vanish into punctuation."""
    found = write(said)
    assert found.text.lower() == said
    assert {segment.section for segment in found.segments} == {""}


HEADINGS = {
    "[FINDINGS] {colon} clear": ("Findings: Clear", "findings"),
    "[FINDINGS] clear": ("Findings: Clear", "findings"),
    "[CLINICAL HISTORY] clear": ("Clinical history: Clear", "history"),
    "[EXAM TYPE] chest": ("Exam type: Chest", "examination"),
    "[CARDIAC DEVICES] clear": ("Cardiac devices: Clear", "cardiac devices"),
    "findings {colon} clear": ("Findings: Clear", "findings"),
    "Findings: clear": ("Findings: Clear", "findings"),
    "impression {new line} clear": ("Impression:\nClear", "impression"),
    "conclusion {period} clear": ("Conclusion: Clear", "impression"),
    "reason for exam {colon} cough": ("Reason for exam: Cough", "indication"),
}


@pytest.mark.parametrize("said", HEADINGS)
def test_headings_begin_sections(said: str) -> None:
    text, section = HEADINGS[said]
    found = write(said)
    assert (found.text, [segment.section for segment in found.segments]) == (text, [section])
    behind = write(f"heart is normal {{period}} {said}")
    assert (behind.text, behind.segments[-1].section) == (f"Heart is normal.\n\n{text}", section)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("the [DIAGNOSES] includes gastritis", "The diagnoses includes gastritis"),
        ("the findings {comma} as above", "The findings, as above"),
        ("see findings {colon} none", "See findings: none"),
    ],
)
def test_a_heading_within_a_sentence_is_a_word(said: str, text: str) -> None:
    found = write(said)
    assert (found.text, [segment.section for segment in found.segments]) == (text, [""])


def test_a_report_becomes_sections_and_sentences_with_times() -> None:
    found = write(
        "[INDICATION] 54-year-old female {comma} dyspnea {period} [FINDINGS] {colon} main PA is patent {period} "
        "lungs {colon} no pneumothorax {period} {new paragraph} [IMPRESSION] {colon} 1 {period} acute PE {period} "
        "2 {period} no effusion."
    )
    assert found.text == (
        "Indication: 54-year-old female, dyspnea.\n\nFindings: Main PA is patent. Lungs: no pneumothorax.\n\n"
        "Impression: 1. Acute PE. 2. No effusion."
    )
    assert [(one.section, one.text, one.start_s, one.end_s) for one in found.segments] == [
        ("indication", "54-year-old female, dyspnea.", 0.5, 2.9),
        ("findings", "Main PA is patent.", 4.0, 6.4),
        ("findings", "Lungs: no pneumothorax.", 6.5, 8.9),
        ("impression", "1. Acute PE.", 11.0, 13.4),
        ("impression", "2. No effusion.", 13.5, 15.4),
    ]


def test_full_stops_that_the_model_writes_itself_end_sentences() -> None:
    found = write("Dr. Smith saw it. It is 3.5 cm, i.e. large. Approx. 2 mm deeper")
    assert [segment.text for segment in found.segments] == [
        "Dr. Smith saw it.",
        "It is 3.5 cm, i.e. large.",
        "Approx. 2 mm deeper",
    ]


def test_commands_that_nobody_knows_are_reported_once() -> None:
    assert write("{frobnicate} a {frobnicate} {scratch that}").unknown == ("{frobnicate}", "{scratch that}")


PIECES = [
    *(f"{{{said}}}" for said in ("period", "comma", "colon", "new paragraph", "new line", "open quote", "point")),
    *("[FINDINGS]", "[IMPRESSION]", "[ODD TAG]", "{frobnicate}", "{", "}", "[", "]", "[x", "y]"),
    *("no", "Effusion.", "pH", "1", "2.5", "findings", "impression:", "dr.", "i.e.", "É", "_", "new", "paragraph"),
]
LETTERS = re.compile(r"[^\W_]+")


@given(st.lists(st.sampled_from(PIECES), max_size=24))
@settings(max_examples=400, deadline=None)
def test_no_word_is_lost_and_none_is_added(pieces: list[str]) -> None:
    words = heard(" ".join(pieces))
    found = written(words)
    commands = "|".join(map(re.escape, sorted((*TABLE.marks, "new paragraph"), key=len, reverse=True)))
    said = re.sub(rf"\{{+ ?(?:{commands}) ?\}}+|(?<!\S)new paragraph(?!\S)", " ", " ".join(pieces), flags=re.I)
    assert "".join(LETTERS.findall(found.text)).lower() == "".join(LETTERS.findall(said)).lower()
    end = 0
    for segment in found.segments:
        begin, after = segment.chars
        assert end <= begin < after and found.text[begin:after] == segment.text == segment.text.strip()
        assert 0 <= segment.start_s < segment.end_s <= words[-1].end_s + 1e-9
        end = after
    starts = [segment.start_s for segment in found.segments]
    assert starts == sorted(starts)
    assert "\n\n\n" not in found.text and found.text == found.text.strip("\n")


@given(st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_any_text_can_be_heard(said: str) -> None:
    written(heard(said))
