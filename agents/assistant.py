"""The assistant: answers one question from one chart. It looks up and quotes; it judges and changes nothing."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Any, Literal

from agents import answer_case, answer_records, answer_results
from agents.answer_words import Told
from agents.chart import Chart
from agents.declining import Declined, declined, injected
from agents.look_ups import STEPS, Background, arguments_of, look_up
from agents.planner import Planned, planned
from agents.question import Question, read_question
from memory.lexical import stems
from prelim.answer import Answer, AnswerStatement, LookUp, Outcome
from prelim.documents.injection import instructions_in
from prelim.errors import InputError
from tools.tool import Context

QUESTION_CHARS = 1000
Plan = Callable[[str], Sequence[LookUp] | None]
"""A model's plan for a question; None where it makes none."""
_ANSWERS: dict[str, Callable[[Context, Chart, Any], Told]] = {
    "results": lambda context, chart, asked: answer_results.results(chart, asked),
    "trend": lambda context, chart, asked: answer_results.trend(chart, asked),
    "records": lambda context, chart, asked: answer_records.records(chart, asked),
    "background": lambda context, chart, asked: answer_records.background(chart, asked),
    "findings": lambda context, chart, asked: answer_case.findings(chart, asked),
    "statements": lambda context, chart, asked: answer_case.statements(chart, asked),
    "image_question": lambda context, chart, asked: answer_case.image_question(chart, asked),
    "place": answer_case.place,
    "compare": answer_case.compare,
}


def checked(question: str) -> str:
    """The question, if it can be one. InputError empty_question, question_too_long."""
    if not question.strip():
        raise InputError("empty_question", "The question is empty.", "Ask something.")
    if len(question) > QUESTION_CHARS:
        message = f"The question has {len(question)} characters; at most {QUESTION_CHARS} are read."
        raise InputError("question_too_long", message, "Ask a shorter one.")
    return question


class Assistant:
    """Answers questions about one chart. `subject` is how the caller named it, `model_plan` plans what rules cannot."""

    def __init__(self, context: Context, chart: Chart, subject: str, model_plan: Plan) -> None:
        self.context, self.chart, self.subject, self.model_plan = context, chart, subject, model_plan

    def plan(self, question: str, before: Sequence[LookUp] = ()) -> Answer:
        """What is to be looked up, as an answer without statements; or one that declines, with what it says."""
        if refused := injected(question):
            return self._declining(refused, ())
        own = rf"(?<![\w-]){re.escape(self.subject)}(?![\w-])"
        asked = read_question(re.sub(own, " ", question) if self.subject else question, self.chart.today)
        refused = declined(asked, lambda words: set(stems(words)) <= self._said)
        if refused and not refused.look:
            return self._declining(refused, ())
        if refused:
            return self._declining(refused, self._beside(asked))
        found = planned(asked, self.chart, before)
        if found.plain:
            unheeded = (*found.unheeded, *filter(None, (asked.excluded,)))
            return _planned(found.steps, "rules", unheeded)
        made = self.model_plan(question)
        return _planned(made, "model") if made else self._unclear(found)

    @cached_property
    def _said(self) -> frozenset[str]:
        """The stems of the record's own words."""
        return frozenset(word for record in self.chart.records for word in stems(f"{record.title} {record.text}"))

    def statements(self, step: LookUp) -> Told:
        """One look-up carried out."""
        return _ANSWERS[step.name](self.context, self.chart, arguments_of(step))

    def answered(self, plan: Answer, told: Sequence[Told]) -> Answer:
        """The answer of a plan whose look-ups have been carried out."""
        found = tuple(one for part in told for one in part.statements)
        missing = tuple(dict.fromkeys(one for part in told for one in _missing(part)))
        outcome: Outcome = plan.outcome if plan.outcome == "declined" else "answered" if found else "not_in_record"
        if not self.chart.records and not self.chart.draft and outcome == "not_in_record":
            missing = (AnswerStatement(text="Nothing is held of this patient."),)
        said = (*plan.statements, *found, *(missing if outcome != "declined" else ()))
        return plan.model_copy(
            update={"outcome": outcome, "statements": said, "warnings": (*plan.warnings, *self._warnings())}
        )

    def _warnings(self) -> Iterator[str]:
        """Texts of the record that give orders to a machine, by their day: they are quoted at most."""
        for record in self.chart.records:
            if record.type in ("note", "report") and _gives_orders(record.text):
                yield f"{record.title} ({record.date or 'undated'}) gives orders to a machine: it is read as data."

    def _beside(self, asked: Question) -> Sequence[LookUp]:
        """What the record says beside a question that is declined: what it names, else the active problems."""
        found = [step for step in planned(asked, self.chart).steps if self.statements(step).statements]
        return found or [look_up("background", Background(kind="condition", active=True))]

    def _declining(self, refused: Declined, steps: Sequence[LookUp]) -> Answer:
        warnings = (refused.warning,) if refused.warning else ()
        said = (AnswerStatement(text=refused.text),)
        return Answer(outcome="declined", statements=said, plan=tuple(steps), warnings=warnings)

    def _unclear(self, found: Planned) -> Answer:
        words = f": {', '.join(found.unheeded)}" if found.unheeded else ""
        text = f"The question was not understood{words}. Ask for a result, a report, a problem, a medication or a day."
        return Answer(outcome="declined", statements=(AnswerStatement(text=text),))


def _missing(part: Told) -> Sequence[AnswerStatement]:
    """What a look-up that found nothing says instead."""
    return (AnswerStatement(text=part.missing), *part.beside) if part.missing and not part.statements else ()


@lru_cache(4096)
def _gives_orders(text: str) -> bool:
    """Whether a text gives orders to a machine; looked for once, however often its patient is asked about."""
    return bool(instructions_in(text))


def _planned(steps: Sequence[LookUp], by: Literal["rules", "model"], unheeded: Sequence[str] = ()) -> Answer:
    warnings = (f"Not taken into account: {', '.join(unheeded)}.",) if unheeded else ()
    return Answer(outcome="answered", statements=(), plan=tuple(steps)[:STEPS], planned_by=by, warnings=warnings)
