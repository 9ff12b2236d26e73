"""Questions to patients' histories, and how they are answered: 300 in natural wordings, 150 in freer ones, and probes.

The truth is that of public files, never of our own store. Nobody looked at the planner's rules for the wordings. Needs
the public data beside the checkout.
"""

import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from app import Prelim
from benchmarks.figure import Figure, figure
from benchmarks.question_probes import probed, store_digest, warned
from benchmarks.question_set import questions
from benchmarks.question_truth import Known, patients
from benchmarks.question_words import FREE, PLAIN
from benchmarks.question_words_held_out import HELD_OUT
from graphs.chat_marks import Mark, Question, mark
from prelim.answer import Answer, AnswerStatement

DATA = Path(__file__).parent.parent.parent / "shared" / "data"
COUNTS = {
    "natural": (PLAIN, 300, 1, False),
    "freer": (FREE, 150, 2, True),
    "held out": (HELD_OUT, 150, 3, True),
}
"""Wordings, how many questions, the seed of drawing them, whether tests go by other names too."""
_EXACT, _CITED, _REFUSED = 0.98, 1.0, 0.99
Stream = Callable[[str, str], Iterable[AnswerStatement | Answer]]
"""Subject and question → each statement as soon as it is known, the whole answer last."""


class Marked(NamedTuple):
    """A question, its answer, how it was, and after how many milliseconds the first statement was there."""

    question: Question
    answer: Answer
    mark: Mark
    first_ms: float


def measure(full: bool, row: str = "") -> list[Figure]:
    """The figures of both sets, of the probes, and how long an answer takes."""
    if not DATA.is_dir():
        return []
    from graphs.chat import Chat

    held = patients(DATA)
    with tempfile.TemporaryDirectory() as folder:
        prelim = filled(Path(folder) / "home", held)
        chat = Chat(prelim.settings)
        before = store_digest(prelim.settings.home)
        marked = {name: asked(chat.stream, questions_of(name, held)) for name in COUNTS}
        changed = store_digest(prelim.settings.home) != before
        figures = [one for name, some in marked.items() for one in figures_of(name, some)]
        figures.append(figure("questions/stores changed by asking", float(changed), "stores", goal=0))
        return [*figures, *probed(prelim, chat.ask, held)]


def questions_of(name: str, held: Sequence[Known]) -> list[Question]:
    """The questions of a set."""
    wordings, count, seed, free = COUNTS[name]
    return questions(held, wordings, count, seed, free)


def filled(home: Path, held: Sequence[Known]) -> Prelim:
    """A home that holds the patients' bundles."""
    prelim = Prelim(home=home, threads=1, device="cpu")
    for one in held:
        prelim.history_add(one.id, [one.file])
    return prelim


def asked(stream: Stream, some: Sequence[Question]) -> list[Marked]:
    """Ask every question by itself, the first one twice: what is measured is warm."""
    return [_asked(stream, one) for one in (some[0], *some)][1:]


def _asked(stream: Stream, question: Question) -> Marked:
    start = time.perf_counter()
    said = iter(stream(question.subject, question.question))
    first = next(said)
    first_ms = 1000 * (time.perf_counter() - start)
    *_, answer = (first, *said)
    assert isinstance(answer, Answer)  # the last of a stream
    return Marked(question, answer, mark(question, answer), first_ms)


def figures_of(name: str, marked: Sequence[Marked]) -> list[Figure]:
    """What is reported of a set. The freer wordings have no goal but that nothing is made up and nothing is foreign."""
    goals = (_EXACT, _REFUSED) if name == "natural" else (None, None)
    answerable = [one for one in marked if one.question.is_answerable]
    other = [one for one in marked if one.question.kind == "other"]
    refused = [one for one in marked if not one.question.is_answerable and one.question.kind != "other"]
    absent = [one for one in refused if one.question.outcome == ("not_in_record",)]
    planned = [one.first_ms for one in marked if one.answer.planned_by == "rules"]
    told, alarms = sum(one.mark.foreign for one in marked), sum(warned(one.answer) for one in answerable)
    note = f"{len(planned)} of {len(marked)} questions, warm, planned by rules"
    return [
        _share(f"questions/{name}, exact", answerable, lambda one: bool(one.mark.exact), goals[0]),
        _share(
            f"questions/{name}, quote holds the value",
            [one for one in answerable if one.mark.cited is not None],
            lambda one: bool(one.mark.cited),
            _CITED,
        ),
        _share(f"questions/{name}, unanswerable, as such", refused, _is_refused, goals[1]),
        _share(f"questions/{name}, absent, not in record", absent, lambda one: one.mark.outcome, None),
        _share(f"questions/{name}, of others, refused", other, _is_refused, goals[1]),
        figure(f"questions/{name}, other patients' data", told, "answers", goal=0, note=f"{len(marked)} questions"),
        figure(f"questions/{name}, false alarms of orders", alarms, "answers", note=f"{len(answerable)} questions"),
        figure(f"questions/{name}, first statement", statistics.median(planned), "ms", note=note),
    ]


def _is_refused(one: Marked) -> bool:
    return one.answer.outcome != "answered"


def _share(name: str, some: Sequence[Marked], right: Callable[[Marked], bool], goal: float | None) -> Figure:
    missed = Counter(one.question.kind for one in some if not right(one))
    note = f"{len(some)} questions; missed: " + ", ".join(f"{kind} {count}" for kind, count in missed.most_common())
    share = sum(right(one) for one in some) / len(some)
    return figure(name, share, "of 1", goal=goal, more_is_better=True, note=note)


def main() -> None:
    """Print every question that was answered otherwise than the truth has it."""
    from graphs.chat import Chat

    held = patients(DATA)
    with tempfile.TemporaryDirectory() as folder:
        chat = Chat(filled(Path(folder) / "home", held).settings)
        for name in COUNTS:
            for one in asked(chat.stream, questions_of(name, held)):
                if not one.mark.outcome or one.mark.exact is False or one.mark.cited is False or one.mark.foreign:
                    print(f"{name} {one.question.kind}: {one.question.question}\n  {one.mark}", flush=True)
                    print(f"  {one.answer.outcome}: {one.answer.text}", flush=True)


if __name__ == "__main__":
    main()
