"""Questions to cases and patients of this home whose answers are known: exact, cited, refused where they must be."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from graphs.chat import Chat
from graphs.chat_marks import Mark, Point, Question, mark
from graphs.evaluation import PHANTOM, Options, file_of, source_of
from prelim.answer import Answer
from prelim.errors import InputError
from prelim.evaluated import Evaluated, Metric, Problem
from prelim.models.bootstrap import metric, ratio
from tools.tool import Context

FORM = '{"patient" or "case", "question", "outcome", "value", "unit", "date", "answer_contains"}'
_POINT = ("value", "unit", "date")
_REFUSED = ("declined", "not_in_record")
Ask = Callable[[str, str], Answer]


class Marked(NamedTuple):
    """A question, how its answer was, and the records that it cites of another patient."""

    question: Question
    mark: Mark
    outcome: str
    foreign: int


def chat(context: Context, data: str, options: Options) -> Evaluated:
    """Ask every question of a JSONL. The patients and cases must be in this home. InputError not_found, no_example."""
    if data == PHANTOM:
        raise InputError("no_phantom", "There are no drawn conversations.", f"Give JSON lines of {FORM}.")
    path = file_of(data)
    questions, problems = read_questions(path)
    if not questions:
        first = f" The first problem: {problems[0].message}" if problems else ""
        raise InputError("no_example", f"{path.name} holds no question that can be used.{first}", "Mend it.", path.name)
    marked = marked_by(Chat(context.settings).ask, context, questions, problems)
    return Evaluated(
        task="chat",
        model=context.identity,
        data=source_of(path),
        seed=options.seed,
        metrics=tuple(figures(marked, options.seed)),
        counts={
            "questions": len(marked),
            "answers with another patient's data": sum(one.mark.foreign or bool(one.foreign) for one in marked),
            **{f"outcome {name}": sum(one.outcome == name for one in marked) for name in ("answered", *_REFUSED)},
        },
        problems=tuple(problems),
    )


def marked_by(ask: Ask, context: Context, questions: Sequence[Question], problems: list[Problem]) -> list[Marked]:
    """Ask and mark each question by itself; what could not be asked goes to `problems`."""
    marked = []
    for number, question in enumerate(questions, start=1):
        context.progress(f"{number}/{len(questions)} questions")
        try:
            answer = ask(question.subject, question.question)
        except InputError as error:
            problems.append(Problem(line=number, code=error.code, message=error.message))
        else:
            foreign = len(_foreign(context, question.subject, answer))
            marked.append(Marked(question, mark(question, answer), answer.outcome, foreign))
    return marked


def _foreign(context: Context, subject: str, answer: Answer) -> set[str]:
    """Records of a history that an answer cites and that are not the patient's. A case's items name their case."""
    cited = {quoted.record for one in answer.statements for quoted in one.evidence}
    if subject.startswith("c-"):
        return {record for record in cited if "/" in record and not record.startswith(f"{subject}/")}
    return {record for record in cited if "/" not in record} - set(context.history.ids(context.key_of(subject)))


def read_questions(path: Path) -> tuple[list[Question], list[Problem]]:
    """The questions of a JSONL, and the lines that cannot be used. Numbers keep the decimals they are written with.

    `outcome` is one or a list of those that are right; `points` may list several of {value, unit, date}. Further keys
    are those of `Question`.
    """
    found: list[Question] = []
    problems: list[Problem] = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        if line.strip():
            problems.extend(_taken(found, number, line))
    return found, problems


def _taken(found: list[Question], number: int, line: str) -> Iterator[Problem]:
    """Take a line's question; what is wrong with it, in words that quote nothing of it."""
    try:
        found.append(_question(json.loads(line, parse_float=str)))
    except ValidationError as error:
        first = error.errors()[0]
        yield Problem(line=number, code="bad_line", message=f"{first['loc'][0]}: {first['msg']}.")
    except (ValueError, TypeError, AttributeError):
        yield Problem(line=number, code="bad_line", message=f"The form is {FORM}.")


def _question(line: dict[str, Any]) -> Question:
    point = {key: line.pop(key) for key in _POINT if line.get(key) is not None}
    points = [*line.pop("points", ()), *([point] if point else [])]
    subject = line.pop("patient", None) or line.pop("case", None)
    return Question(subject=subject, points=tuple(Point.model_validate(one) for one in points), **line)


def figures(marked: Sequence[Marked], seed: int) -> list[Metric]:
    """The shares of right outcomes, exact answers, answers whose quotes hold what they say, and right refusals."""
    refusable = [one for one in marked if not one.question.is_answerable]
    shares: dict[str, list[tuple[str, bool]]] = {
        "outcome": [(one.question.subject, one.mark.outcome) for one in marked],
        "exact": [(one.question.subject, one.mark.exact) for one in marked if one.mark.exact is not None],
        "cited": [(one.question.subject, one.mark.cited) for one in marked if one.mark.cited is not None],
        "refused": [(one.question.subject, one.outcome in _REFUSED) for one in refusable],
    }
    found = [_share(name, rows, seed) for name, rows in shares.items()]
    for kind in sorted({one.question.kind for one in marked} - {""}):
        rows = [(one.question.subject, _right(one)) for one in marked if one.question.kind == kind]
        found.append(_share("right", rows, seed, kind))
    return found


def _right(one: Marked) -> bool:
    return one.mark.outcome and one.mark.exact is not False and not one.mark.foreign


def _share(name: str, rows: Sequence[tuple[str, bool]], seed: int, label: str | None = None) -> Metric:
    counts = [(right, 1) for _, right in rows]
    return metric(name, [subject for subject, _ in rows], counts, ratio, seed=seed, label=label)
