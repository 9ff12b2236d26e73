"""The chat graph: plan → look_up → answer, on one thread of checkpoints for each conversation about one subject.

The caller names the subject, a case or a patient; nothing in a question, a record or a model's plan can. It reads:
the only things it writes are its own checkpoints (chats.db) and what its tools remember.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypedDict

from langchain_core.runnables import RunnableConfig, RunnableLambda
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from agents.answer_words import Told
from agents.assistant import QUESTION_CHARS, Assistant, checked
from agents.chart import chart_of_case, chart_of_patient
from agents.look_ups import arguments_of
from agents.model_planner import model_plan
from agents.reporter import notice
from graphs.case import found_in
from graphs.review import Desk
from memory.checkpoints import open_checkpointer
from prelim.answer import Answer, AnswerStatement, LookUp
from prelim.settings import Settings, load_settings
from prelim.types import digest_of
from tools.tool import open_context

Json = dict[str, Any]
Said = AnswerStatement | Answer
_EARLIER = 6
"""More questions before are not gone through."""


class ChatState(TypedDict, total=False):
    """One conversation. `before` are the look-ups of the last question that had any; the rest is the question's own."""

    question: str
    before: list[Json]
    plan: Json
    told: list[Json]
    answer: Json


class Chat:
    """Questions about the cases and patients of one home."""

    def __init__(self, settings: Settings, progress: Callable[[str], None] = lambda step: None) -> None:
        self.settings, self.progress = settings, progress
        self.desk = Desk(settings, progress)

    def ask(self, subject: str, question: str, thread: str | None = None, earlier: Sequence[str] = ()) -> Answer:
        """Answer a question about a case (its id) or a patient.

        `thread` goes on with a conversation that is kept; `earlier` are the questions before, of one that is not.
        InputError empty_question, question_too_long, unknown_case, not_drafted.
        """
        *_, answer = self.stream(subject, question, thread, earlier)
        assert isinstance(answer, Answer)  # the last of a stream
        return answer

    def stream(
        self, subject: str, question: str, thread: str | None = None, earlier: Sequence[str] = ()
    ) -> Iterator[Said]:
        """The same, each statement as soon as it is known, the whole answer last."""
        asked, name = checked(question), thread or ""
        assistant, key = self.assistant(subject)
        start = {"question": asked, **_going_on(assistant, earlier)}
        with self._graph(assistant, digest_of(["chat", key, name])[:32] if name else None) as (graph, options):
            for mode, value in graph.stream(start, stream_mode=["custom", "values"], **options):
                if mode == "custom":
                    yield AnswerStatement.model_validate(value)
        given = Answer.model_validate(value["answer"])
        yield given.model_copy(update={"thread": name, "notice": notice(self.settings)})

    @contextmanager
    def _graph(self, assistant: Assistant, thread: str | None) -> Iterator[tuple[Any, Json]]:
        """The graph and how it is run: a question of no conversation leaves no checkpoint."""
        if thread is None:
            yield build(assistant), {}
            return
        with open_checkpointer(self.settings.home / "chats.db") as checkpointer:
            yield (
                build(assistant, checkpointer),
                {"config": {"configurable": {"thread_id": thread}}, "durability": "sync"},
            )

    def look_up(self, subject: str, step: LookUp) -> Answer:
        """Carry out one look-up of the closed list. InputError unknown_look_up, bad_look_up, not_drafted."""
        arguments_of(step)
        assistant, _ = self.assistant(subject)
        plan = Answer(outcome="answered", statements=(), plan=(step,))
        answer = assistant.answered(plan, [assistant.statements(step)])
        return answer.model_copy(update={"notice": notice(self.settings)})

    def assistant(self, subject: str) -> tuple[Assistant, str]:
        """The assistant over a subject's chart, and the key under which its conversations lie."""
        context = open_context(self.settings, self.progress)
        if self.desk.cases.get(subject) or subject.startswith("c-"):
            row, state = self.desk.drafted(subject)
            history = () if row.patient_key.startswith("t-") else context.history.records(row.patient_key)
            chart = chart_of_case(self.desk.show(subject), found_in(state), history, context.artifacts)
            key = subject
        else:
            key = context.key_of(subject)
            chart = chart_of_patient(context.history.records(key))
        return Assistant(context, chart, subject, lambda question: model_plan(context, chart, question)), key


def _going_on(assistant: Assistant, earlier: Sequence[str]) -> Json:
    """What the questions before had looked up, so that the next may go on from it; nothing is looked up again."""
    before: Sequence[LookUp] = ()
    for question in earlier[-_EARLIER:]:
        if question.strip() and len(question) <= QUESTION_CHARS:
            before = assistant.plan(question, before).plan or before
    return {"before": [step.model_dump(mode="json") for step in before]} if earlier else {}


def build(
    assistant: Assistant, checkpointer: BaseCheckpointSaver[str] | None = None
) -> CompiledStateGraph[ChatState, None, ChatState, ChatState]:
    """The compiled graph of one subject's chat."""

    def plan(state: ChatState) -> ChatState:
        before = [LookUp.model_validate(step) for step in state.get("before", ())]
        made = assistant.plan(state["question"], before)
        return {"plan": made.model_dump(mode="json"), "told": []}

    def look_up(state: ChatState) -> ChatState:
        made, say = Answer.model_validate(state["plan"]), get_stream_writer()
        told: list[Told] = []
        for statement in made.statements:
            say(statement.model_dump(mode="json"))
        for step in made.plan:
            told.append(assistant.statements(step))
            for statement in told[-1].statements:
                say(statement.model_dump(mode="json"))
        return {"told": [_plain(one) for one in told]}

    def answer(state: ChatState) -> ChatState:
        made = Answer.model_validate(state["plan"])
        given = assistant.answered(made, [_told(one) for one in state["told"]])
        before = [step.model_dump(mode="json") for step in made.plan] or state.get("before", [])
        return {"answer": given.model_dump(mode="json"), "before": before}

    graph = StateGraph(ChatState)
    for name, node in (("plan", plan), ("look_up", look_up), ("answer", answer)):
        graph.add_node(name, RunnableLambda(node))
    for start, end in ((START, "plan"), ("plan", "look_up"), ("look_up", "answer"), ("answer", END)):
        graph.add_edge(start, end)
    return graph.compile(checkpointer=checkpointer)


def _plain(told: Told) -> Json:
    said, beside = ([one.model_dump(mode="json") for one in some] for some in (told.statements, told.beside))
    return {"statements": said, "missing": told.missing, "beside": beside}


def _told(stored: Json) -> Told:
    said, beside = (tuple(map(AnswerStatement.model_validate, stored[name])) for name in ("statements", "beside"))
    return Told(said, stored["missing"], beside)


def studio(config: RunnableConfig) -> CompiledStateGraph[ChatState, None, ChatState, ChatState]:
    """The graph for LangGraph's own tools (langgraph.json): `configurable.subject` names the case or patient."""
    subject = str(config.get("configurable", {}).get("subject", ""))
    assistant, _ = Chat(load_settings()).assistant(subject)
    return build(assistant)
