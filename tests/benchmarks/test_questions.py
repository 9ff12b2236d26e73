"""The examiner of questions: a scripted answer that is right gets every mark, and each fault loses its own."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app import Prelim
from benchmarks.question_probes import LONG, orders_inside, probed, store_digest
from benchmarks.question_truth import Known, patients
from benchmarks.questions import COUNTS, Stream, asked, figures_of, filled, questions_of
from graphs.chat_marks import Question
from prelim.answer import Answer, AnswerStatement, Quoted

pytestmark = pytest.mark.integration

NOT_THERE = Answer(outcome="not_in_record", statements=(AnswerStatement(text="The record holds nothing of it."),))


@pytest.fixture(scope="module")
def held(shared_data: Path) -> list[Known]:
    return patients(shared_data)


def oracle(some: list[Question], spoil: Callable[[str], str] = lambda text: text) -> Stream:
    """An answerer that knows the truth."""
    known = {(one.subject, one.question): one for one in some}

    def stream(subject: str, text: str) -> Iterator[AnswerStatement | Answer]:
        question = known[(subject, text)]
        answer = _true_answer(question, spoil) if question.is_answerable else NOT_THERE
        yield from (*answer.statements, answer)

    return stream


def _true_answer(question: Question, spoil: Callable[[str], str]) -> Answer:
    said = [" ".join(filter(None, (point.value, point.unit, point.date))) for point in question.points]
    said += list(question.answer_contains)
    if question.count is not None:
        quotes = tuple(Quoted(record=f"r-{number}", quote="a result") for number in range(question.count))
        return Answer(
            outcome="answered", statements=(AnswerStatement(text=spoil(f"{question.count} results."), evidence=quotes),)
        )
    statements = [AnswerStatement(text=spoil(text), evidence=(Quoted(record="r-1", quote=text),)) for text in said]
    return Answer(outcome="answered", statements=tuple(statements))


@pytest.mark.parametrize("name", COUNTS)
def test_a_set_has_its_size_no_question_twice_and_every_kind(held: list[Known], name: str) -> None:
    wordings, count, _, _ = COUNTS[name]
    some = questions_of(name, held)
    assert len(some) == count == len({(one.subject, one.question) for one in some})
    assert set(Counter(one.kind for one in some)) == set(wordings)
    assert some == questions_of(name, held)


@pytest.mark.parametrize("name", COUNTS)
def test_the_truth_told_gets_every_mark(held: list[Known], name: str) -> None:
    some = questions_of(name, held)
    figures = {one.name.split(", ")[1]: one for one in figures_of(name, asked(oracle(some), some))}
    assert {one.ours for one in figures.values() if one.unit == "of 1"} == {1.0}
    assert figures["other patients' data"].ours == 0


def test_changed_digits_and_another_patients_numbers_are_noticed(held: list[Known]) -> None:
    some = questions_of("natural", held)
    wrong = oracle(some, spoil=lambda text: text.translate(str.maketrans("123456789", "234567891")))
    figures = {one.name.split(", ")[1]: one for one in figures_of("natural", asked(wrong, some))}
    assert figures["exact"].ours < 0.3
    leak = next(iter(sorted(held[1].numbers - held[0].numbers)))
    of_first = [one for one in some if one.subject == held[0].id]
    told = Answer(outcome="declined", statements=(AnswerStatement(text=f"Theirs is {leak}."),))
    assert all(one.mark.foreign for one in asked(lambda subject, text: [told], of_first))


def test_the_truth_files_and_the_bundles_agree_to_the_last_digit(held: list[Known]) -> None:
    for one in held:
        text = one.file.read_text(encoding="utf-8")
        assert one.numbers and all(f'"value": {number}' in text for number in one.numbers)


def test_orders_are_put_to_every_patient(held: list[Known]) -> None:
    assert Counter(one.subject for one in orders_inside(held)) == {one.id: 6 for one in held}


@pytest.mark.integration
def test_the_probes_notice_a_store_that_changes_and_an_order_that_is_not_reported(
    held: list[Known], tmp_path: Path
) -> None:
    prelim = filled(tmp_path / "home", held[:1])
    lengths = []

    def ask(subject: str, text: str) -> Answer:
        lengths.append(len(text))
        if text == "last note":
            _forget_a_record(prelim, subject)
        return NOT_THERE

    figures = {one.name: one for one in probed(prelim, ask, held)}
    assert max(lengths) == LONG
    assert figures["questions/orders in a question, reported"].ours == 0
    assert figures["questions/stores changed by probes"].ours == 1


def _forget_a_record(prelim: Prelim, subject: str) -> None:
    assert prelim.history_forget(subject)


def test_a_stores_digest_is_that_of_its_rows(held: list[Known], tmp_path: Path) -> None:
    prelim = filled(tmp_path / "home", ())
    prelim.history("nobody")
    first = store_digest(prelim.settings.home)
    assert first == store_digest(prelim.settings.home)
    note = tmp_path / "note.txt"
    note.write_text("Progress note\nThe patient feels well.\n", encoding="utf-8")
    prelim.history_add("one", [note], as_patient=True)
    assert store_digest(prelim.settings.home) != first
