"""The case graph: from a case folder to a draft that waits for a person.

intake → triage → route → { alert · priors · labs · notes · dictation · localization · reading } → longitudinal →
compose ⇄ verify → (second_read) → review ⏸ → deliver

`alert` runs where the site configured it and triage found what is critical, and again after `labs` where a result is;
`second_read` where it is switched on and the case holds a person's report of the current study. It stands behind
`verify` because it holds that report against what only a verified draft has together: findings with their changes,
results with those that replaced them, and every place.

State is plain JSON and references. Nodes are pure and idempotent, and the effects of `alert` and `deliver` are keyed;
what a tool found is memoised by the tool, never by the node (a cached node would store its branch choices too).
`longitudinal` is the only deferred node and the only way into `compose`: with a second way in, LangGraph composes early
and twice.
"""

from collections.abc import Callable, Sequence
from operator import or_
from typing import Annotated, Any, TypedDict

from langchain_core.runnables import RunnableLambda
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import interrupt
from pydantic import BaseModel

from agents.critical import critical_findings, critical_in, critical_results
from agents.draft import assemble, sealed
from agents.findings import AGAIN
from agents.laboratory import recent
from agents.reporter import Composition, compose
from agents.reports import current_reports
from agents.second_looks import Report
from agents.second_read import attached, second_read
from agents.verifier import verify
from prelim.code import code_digests
from prelim.draft import Draft, Found
from prelim.imaging.selection import best_frontal, described_of, subject_of
from prelim.knowledge import rule_of, table
from prelim.settings import Settings, load_settings
from prelim.types import Case, Document, Finding, Study, Triage
from tools.alert import alert
from tools.dictation import dictation
from tools.intake import Manifest, intake
from tools.labs import labs
from tools.localization import localization
from tools.longitudinal import longitudinal
from tools.notes import notes
from tools.priors import priors
from tools.reading import reading
from tools.strips import strips
from tools.tool import Context, open_context
from tools.triage import triage

ROUNDS = AGAIN + 1
"""How often a draft may go back from verify to compose: each statement is asked for again, then said by its table."""
STEPS = (
    "intake",
    "triage",
    "route",
    "alert",
    "priors",
    "labs",
    "notes",
    "dictation",
    "localization",
    "reading",
    "longitudinal",
    "compose",
    "verify",
    "second_read",
    "review",
)
Json = dict[str, Any]


class CaseState(TypedDict, total=False):
    """What the nodes hand on, each key written by one node, but `draft`, to which `second_read` adds.

    Values are the dumps of prelim.types. To `results` every node adds which stored results it took, by call
    (tools/tool.py): a draft is replayed from them.
    """

    case_id: str
    patient_key: str
    manifest_sha256: str
    case: Json
    triage: Json
    priors: Json
    labs: Json
    pages: Json
    notes: Json
    dictation: Json
    localization: Json
    reading: Json
    longitudinal: Json
    composition: Json
    refused: dict[str, list[str]]
    again: bool
    rounds: int
    draft: Json
    decision: Json
    results: Annotated[dict[str, Json], or_]


def found_in(state: CaseState) -> Found:
    """The state's values as types."""
    return Found.model_validate({name: state[name] for name in Found.model_fields if name in state})  # type: ignore[literal-required]


def _current(case: Case) -> tuple[Study, ...]:
    return tuple(study for study in case.studies if study.role == "current")


def _results_in(case: Case) -> tuple[Document, ...]:
    """The documents that hold laboratory results, or may."""
    return tuple(document for document in case.documents if document.kind == "lab" or document.entries_sha256)


def _notes_in(case: Case) -> tuple[Document, ...]:
    return tuple(document for document in case.documents if document.kind == "note")


def _wants_localization(case: Case, findings: Sequence[Finding]) -> bool:
    """Boxes are asked for on films alone."""
    films = {study.study_instance_uid for study in case.studies if best_frontal(study)}
    present = (finding for finding in findings if finding.state == "present")
    return any(rule_of(finding.label).boxable and finding.study_instance_uid in films for finding in present)


ROUTES: dict[str, Callable[[Case, Triage, Settings], bool]] = {
    "alert": lambda case, triage, settings: settings.alerting and bool(critical_findings(triage, settings)),
    "priors": lambda case, triage, settings: not case.temporary_patient,
    "labs": lambda case, triage, settings: bool(_results_in(case)),
    "notes": lambda case, triage, settings: bool(_notes_in(case)),
    "dictation": lambda case, triage, settings: bool(case.recordings),
    "localization": lambda case, triage, settings: _wants_localization(case, triage.findings),
    "reading": lambda case, triage, settings: any(described_of(study) for study in _current(case)),
}
"""The branches, and when each is taken: by what the case holds, what triage found and what the site configured,
never by a model's words."""


def branches(state: CaseState, settings: Settings) -> list[str]:
    """The nodes that run side by side after `route`."""
    case, found = Case.model_validate(state["case"]), Triage.model_validate(state["triage"])
    return [name for name, wanted in ROUTES.items() if wanted(case, found, settings)] or ["longitudinal"]


def after_labs(state: CaseState, settings: Settings) -> str:
    """Once more by way of the alert, where a result is critical."""
    return "alert" if settings.alerting and critical_results(found_in(state)) else "longitudinal"


# ------------------------------------------------------------------ nodes


def _dump(value: BaseModel) -> Json:
    return value.model_dump(mode="json")


def _taken(context: Context) -> dict[str, Json]:
    return {call: _dump(taken) for call, taken in context.taken.items()}


def _intake(context: Context, state: CaseState) -> CaseState:
    manifest = Manifest.model_validate(context.artifacts.get_json(state["manifest_sha256"]))
    case = intake(
        manifest,
        context.artifacts,
        patient_key=state["patient_key"],
        key_of=context.key_of,
        languages=context.settings.ocr_languages,
    )
    return {"case": _dump(case)}


def _triage(context: Context, state: CaseState) -> CaseState:
    return {"triage": _dump(triage(context, studies=_current(found_in(state).case)))}


def _route(context: Context, state: CaseState) -> CaseState:
    return begun()


def begun() -> CaseState:
    """What compose ⇄ verify begins with, beside what the tools found."""
    return {"rounds": 0, "refused": {}, "again": False}


def _alert(context: Context, state: CaseState) -> CaseState:
    """Calls for what is critical by now, each thing once."""
    alert(context.settings, case_id=state["case_id"], found=critical_in(found_in(state), context.settings))
    return {}


def _silent(context: Context, state: CaseState) -> CaseState:
    """Where the alert stands in a rehearsal."""
    return {}


def _priors(context: Context, state: CaseState) -> CaseState:
    case = found_in(state).case
    query = " ".join([case.indication, *_asked_about(case)])
    return {"priors": _dump(priors(context, patient_key=case.patient_key, studies=_current(case), query=query))}


def _asked_about(case: Case) -> list[str]:
    """The names of the findings that matter on the current studies; without any, of those on a film. No devices."""
    subjects = [subject for study in _current(case) if (subject := subject_of(study))]
    fitting = dict.fromkeys(subject.table.name for subject in subjects if subject.table) or ["chest_xray"]
    return [rule.name for name in fitting for rule in table(name).findings.values() if rule.pertinent]


def _labs(context: Context, state: CaseState) -> CaseState:
    """The results, parted by age, and the strips of paper that those of the draft were read from."""
    case = found_in(state).case
    documents = _results_in(case)
    read = labs(context, documents=documents, sex=case.sex, age_years=case.age_years)
    found = recent(read, case, context.settings.labs_months)
    cells = {cell for lab in found.labs for cell in lab.evidence}
    places = tuple(place for place in found.evidence if place.id in cells)
    return {"labs": _dump(found), "pages": _dump(strips(context, documents=documents, places=places))}


def _notes(context: Context, state: CaseState) -> CaseState:
    return {"notes": _dump(notes(context, documents=_notes_in(found_in(state).case)))}


def _dictation(context: Context, state: CaseState) -> CaseState:
    return {"dictation": _dump(dictation(context, recordings=found_in(state).case.recordings))}


def _localization(context: Context, state: CaseState) -> CaseState:
    found = found_in(state)
    result = localization(context, studies=_current(found.case), findings=found.triage.findings)
    return {"localization": _dump(result)}


def _reading(context: Context, state: CaseState) -> CaseState:
    return {"reading": _dump(reading(context, studies=_current(found_in(state).case)))}


def _longitudinal(context: Context, state: CaseState) -> CaseState:
    found = found_in(state)
    earlier = tuple(study for study in found.case.studies if study.role == "prior")
    known = {study.study_instance_uid for study in earlier}
    remembered = tuple(study for study in found.priors.studies if study.study_instance_uid not in known)
    result = longitudinal(
        context, current=_current(found.case), prior=earlier + remembered, findings=found.triage.findings
    )
    return {"longitudinal": _dump(result)}


def _compose(context: Context, state: CaseState) -> CaseState:
    return {"composition": _dump(compose(context, found_in(state), state["refused"]))}


def _verify(context: Context, state: CaseState) -> CaseState:
    """Checks every statement; what the model wrote and the facts do not bear out goes back with the objection."""
    found, composition = found_in(state), Composition.model_validate(state["composition"])
    verdict = verify(composition, found)
    draft = assemble(
        verdict.composition,
        found,
        case_id=state["case_id"],
        model=context.identity,
        settings=context.settings,
        calibration=context.calibration.digest,
        made_of={"results": state.get("results", {}) | _taken(context), "code": code_digests()},
    )
    refused = {
        id: [*state["refused"].get(id, ()), *([verdict.refused[id]] if id in verdict.refused else ())]
        for id in sorted({*state["refused"], *verdict.refused})
    }
    return {"draft": _dump(draft), "refused": refused, "again": bool(verdict.refused), "rounds": state["rounds"] + 1}


def after_verify(state: CaseState, settings: Settings) -> str:
    """Back to the reporter while a statement of the model's is refused: it asks again, then the table speaks."""
    if state["again"] and state["rounds"] <= ROUNDS:
        return "compose"
    return "second_read" if settings.second_read and current_reports(found_in(state).case) else "review"


def _second_read(context: Context, state: CaseState) -> CaseState:
    """Adds to the draft where a person's own report differs from the case."""
    draft, documents = Draft.model_validate(state["draft"]), current_reports(found_in(state).case)
    reports = [Report(document, context.artifacts.get(document.text_sha256).decode()) for document in documents]
    return {"draft": _dump(sealed(attached(draft, second_read(reports, draft))))}


def _review(context: Context, state: CaseState) -> CaseState:
    """Waits for a person. Nothing else stands in this node: it runs again from its first line on resume."""
    return {"decision": interrupt({"case_id": state["case_id"]})}


def build(
    context: Context,
    deliver: Callable[[CaseState], None],
    checkpointer: BaseCheckpointSaver[str] | None = None,
    rehearsed: bool = False,
) -> CompiledStateGraph[CaseState, None, CaseState, CaseState]:
    """The compiled graph. `deliver` carries out the decision; its effects must be keyed by case.

    `rehearsed`: the way is the same, and nobody is called on it.
    """

    def node(step: Callable[[Context, CaseState], CaseState], name: str) -> Callable[[CaseState], CaseState]:
        def run(state: CaseState) -> CaseState:
            context.progress(name)
            own = context.apart()
            return {**step(own, state), "results": _taken(own)}

        return run

    def last(state: CaseState) -> CaseState:
        deliver(state)
        return {}

    graph = StateGraph(CaseState)
    steps = _NODES | ({"alert": _silent} if rehearsed else {})
    for name, step in steps.items():
        graph.add_node(name, RunnableLambda(node(step, name)), defer=name == "longitudinal")
    graph.add_node("deliver", RunnableLambda(last))
    for start, end in [(START, "intake"), ("intake", "triage"), ("triage", "route"), ("compose", "verify")]:
        graph.add_edge(start, end)
    settings = context.settings
    graph.add_conditional_edges("route", lambda state: branches(state, settings), [*ROUTES, "longitudinal"])
    graph.add_conditional_edges("labs", lambda state: after_labs(state, settings), ["alert", "longitudinal"])
    for name in ROUTES.keys() - {"labs"}:
        graph.add_edge(name, "longitudinal")
    graph.add_edge("longitudinal", "compose")
    after = ["compose", "second_read", "review"]
    graph.add_conditional_edges("verify", lambda state: after_verify(state, settings), after)
    graph.add_edge("second_read", "review")
    graph.add_edge("review", "deliver")
    graph.add_edge("deliver", END)
    return graph.compile(checkpointer=checkpointer)


_NODES: dict[str, Callable[[Context, CaseState], CaseState]] = {
    "intake": _intake,
    "triage": _triage,
    "route": _route,
    "alert": _alert,
    "priors": _priors,
    "labs": _labs,
    "notes": _notes,
    "dictation": _dictation,
    "localization": _localization,
    "reading": _reading,
    "longitudinal": _longitudinal,
    "compose": _compose,
    "verify": _verify,
    "second_read": _second_read,
    "review": _review,
}


def studio() -> CompiledStateGraph[CaseState, None, CaseState, CaseState]:
    """The graph for LangGraph's own tools (langgraph.json), with the settings of this machine.

    What follows a decision belongs to `graphs.review`, which records it first; here nothing does.
    """
    return build(open_context(load_settings()), lambda state: None)
