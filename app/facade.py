"""`Prelim`: the whole product as one object, for scripts. The command line uses nothing else."""

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import Any, Literal

from agents.reporter import notice
from app.threads import in_thread
from graphs.ablation import Ablation, ablate
from graphs.batch import AT_ONCE, BatchResult, Order, batch
from graphs.case import STEPS
from graphs.chat import Chat
from graphs.evaluate import evaluate
from graphs.evaluation import Options
from graphs.replay import Replay, replay
from graphs.review import Desk, now
from graphs.second_reading import read_again
from memory.audit import AuditReport
from memory.cases import CaseRow
from memory.outbox import IndexReport
from prelim.answer import Answer, AnswerStatement, LookUp
from prelim.draft import Decision, Draft, Edit
from prelim.evaluated import Evaluated
from prelim.facts import Notes, SecondRead
from prelim.models import doctor
from prelim.models.card import Card
from prelim.models.catalog import Pinned
from prelim.models.loading import add_model
from prelim.settings import Settings, load_settings
from prelim.types import Labs, Localization, Longitudinal, Priors, Readings, Record, Section, Triage, digest_of
from tools import alone
from tools.case_list import CaseList, ListedCase, listed, read_case_list
from tools.chronicle import Added, add_documents
from tools.delivery import as_listing, as_text
from tools.dictation import Transcription
from tools.draft_table import check_table, write_table
from tools.evaluation_page import write_evaluation
from tools.intake import Inspection, inspect
from tools.tool import open_context


class Prelim:
    """Draft, review and remember cases. Arguments are settings (`home`, `model`, `device` …) that take precedence.

    >>> prelim = Prelim()
    >>> draft = prelim.draft("examples/cases/growing-opacity")
    >>> prelim.sign(draft.case_id, reviewer="Dr Example")
    """

    steps = STEPS

    def __init__(self, settings: Settings | None = None, **overrides: Any) -> None:
        self.settings = settings or load_settings(**overrides)
        self.desk = Desk(self.settings)

    @property
    def notice(self) -> str:
        """What every output says of itself: research software, and what the model is."""
        return notice(self.settings)

    # -------------------------------------------------------------- a case

    def draft(self, case_dir: str | Path, patient: str | None = None, out: str | Path | None = None) -> Draft:
        """Run a case folder to the review. The same inputs, patient, model and options give the same case again."""
        return self.run(self.open(case_dir, patient, out))

    def open(self, case_dir: str | Path, patient: str | None = None, out: str | Path | None = None) -> str:
        """Take a case folder in and return its case id; `run` drafts it."""
        return self.desk.open(Path(case_dir), patient, Path(out) if out else None)

    def run(self, case_id: str, progress: Callable[[str], None] | None = None) -> Draft:
        """Take a case on from wherever it stands. `progress` is called with each step's name as it starts."""
        self.desk.progress = progress or (lambda step: None)
        return self.desk.run(case_id)

    def folder(self, case_id: str) -> Path:
        """Where the case's draft is written."""
        return self.desk.row(case_id).folder

    def worklist(self) -> tuple[CaseRow, ...]:
        """Every case, the one touched last first."""
        return self.desk.cases.list()

    def show(self, case_id: str) -> Draft:
        """The draft as it stands."""
        return self.desk.show(case_id)

    def text(self, case_id: str) -> str:
        """The report as plain text for pasting."""
        return as_text(self.desk.show(case_id))

    def listing(self, case_id: str) -> str:
        """The draft's statements with their ids, for editing."""
        return as_listing(self.desk.show(case_id))

    # -------------------------------------------------------------- the review

    def edit(
        self,
        case_id: str,
        statement_id: str | None = None,
        *,
        section: Section | None = None,
        text: str | None = None,
    ) -> Draft:
        """Reword a statement (`text`), drop it (no text), or add one to a section (`section` and `text`)."""
        return self.desk.edit(case_id, Edit(statement_id=statement_id, section=section, text=text, at=now()))

    def sign(self, case_id: str, reviewer: str) -> Draft:
        """Sign: deliver, and add report, findings, boxes, labs and studies to the patient's history."""
        return self.desk.decide(case_id, Decision(action="sign", reviewer=reviewer, at=now()))

    def reject(self, case_id: str, reviewer: str, reason: str) -> Draft:
        """Reject: nothing is delivered."""
        return self.desk.decide(case_id, Decision(action="reject", reviewer=reviewer, reason=reason, at=now()))

    def addendum(self, case_id: str, reviewer: str, text: str) -> Draft:
        """Add to a signed report."""
        return self.desk.addendum(case_id, reviewer, text)

    # -------------------------------------------------------------- questions

    def ask(self, subject: str, question: str, thread: str | None = None, earlier: Sequence[str] = ()) -> Answer:
        """Answer a question about a case (its id) or a patient from what is on record; it can change nothing.

        `thread` names a conversation that is kept, so that a question may follow up on the one before; `earlier` are
        the questions before, where nothing is to be kept.

        >>> answer = Prelim().ask("example-patient", "What was the last creatinine?")
        >>> print(answer.outcome, answer.text)
        """
        return Chat(self.settings).ask(subject, question, thread, earlier)

    def ask_stream(
        self, subject: str, question: str, thread: str | None = None, earlier: Sequence[str] = ()
    ) -> Iterator[AnswerStatement | Answer]:
        """The same, each statement as soon as it is known and the whole answer last."""
        return Chat(self.settings).stream(subject, question, thread, earlier)

    async def aask(self, subject: str, question: str, thread: str | None = None, earlier: Sequence[str] = ()) -> Answer:
        """`ask` for asyncio: the work is done in a thread."""
        return await asyncio.to_thread(self.ask, subject, question, thread, earlier)

    async def aask_stream(
        self, subject: str, question: str, thread: str | None = None, earlier: Sequence[str] = ()
    ) -> AsyncIterator[AnswerStatement | Answer]:
        """`ask_stream` for asyncio."""
        async for said in in_thread(self.ask_stream(subject, question, thread, earlier)):
            yield said

    def look_up(self, subject: str, name: str, **arguments: Any) -> Answer:
        """Carry out one look-up of the closed list (agents/look_ups.py) on a case or patient."""
        return Chat(self.settings).look_up(subject, LookUp(name=name, arguments=arguments))

    # -------------------------------------------------------------- a draft once more

    def replay(self, case_id: str, recompute: bool = False) -> Replay:
        """Make a draft again from the results it was made of, or by asking everything again; nothing is written."""
        return replay(self.desk, case_id, recompute)

    def ablate(self, case_id: str, tool: str) -> Ablation:
        """Which statements change without what one tool found, and whether those are the ones that cite it."""
        return ablate(self.desk, case_id, tool)

    # -------------------------------------------------------------- one tool alone

    def inspect(self, path: str | Path) -> Inspection:
        """What intake sees in a folder or file."""
        return inspect(Path(path), open_context(self.settings).artifacts, self.settings.ocr_languages)

    def triage(self, images: Sequence[str | Path]) -> Triage:
        """Quality, findings and urgency of films, volumes and slides."""
        return alone.triage_files(open_context(self.settings), [Path(image) for image in images])

    def reading(self, images: Sequence[str | Path]) -> Readings:
        """The model's own description of volumes, slides, photographs and further films, and triage's findings."""
        return alone.reading_files(open_context(self.settings), [Path(image) for image in images])

    def locate(self, image: str | Path, target: str) -> Localization:
        """Boxes of a finding on an image."""
        return alone.locate_file(open_context(self.settings), Path(image), target)

    def compare(self, prior: str | Path, current: str | Path) -> Longitudinal:
        """How the findings changed between two images."""
        return alone.compare_files(open_context(self.settings), Path(prior), Path(current))

    def labs(self, files: Sequence[str | Path]) -> Labs:
        """Lab rows of documents, each with its cell."""
        return alone.lab_files(open_context(self.settings), [Path(file) for file in files])

    def notes(self, files: Sequence[str | Path]) -> Notes:
        """What notes state, each fact with its place: problems, medications, allergies, clinical questions."""
        return alone.note_files(open_context(self.settings), [Path(file) for file in files])

    def transcribe(self, recordings: Sequence[str | Path]) -> Transcription:
        """What was dictated in sound files: sentences with their times and sections."""
        return alone.transcribe_files(open_context(self.settings), [Path(file) for file in recordings])

    def priors(self, patient: str, query: str) -> Priors:
        """What a patient's history holds about a question."""
        return alone.priors_of(open_context(self.settings), patient, query)

    def second_read(self, report: str | Path, case: str | Path) -> SecondRead:
        """A person's own report against a case, by its id or its folder: what is missing, unsupported, contradicted."""
        return read_again(self.desk, Path(report), str(case))

    # -------------------------------------------------------------- the history

    def history(self, patient: str) -> tuple[Record, ...]:
        """A patient's records, the oldest first."""
        context = open_context(self.settings)
        return context.history.records(context.key_of(patient))

    def history_search(self, patient: str, query: str, limit: int = 10) -> tuple[Record, ...]:
        """A patient's records nearest to a question, best first."""
        context = open_context(self.settings)
        return context.history.search(context.key_of(patient), query, limit=limit)

    def history_add(self, patient: str, paths: Sequence[str | Path], as_patient: bool = False) -> Added:
        """Add documents to a patient's history (`as_patient`: whatever id they carry): what is new, and warnings."""
        return add_documents(open_context(self.settings), patient, [Path(path) for path in paths], as_patient)

    def history_forget(self, patient: str) -> int:
        """Remove all that is held of a patient."""
        context = open_context(self.settings)
        return context.history.forget(context.key_of(patient))

    def history_check(self) -> IndexReport:
        """Compare the index with the records."""
        return open_context(self.settings).history.check()

    def history_rebuild(self) -> IndexReport:
        """Build the index anew."""
        return open_context(self.settings).history.rebuild()

    # -------------------------------------------------------------- many images

    def evaluate(
        self,
        task: str,
        data: str | Path,
        *,
        drawn: int = 300,
        seed: int = 1,
        write: bool = True,
        images: str | Path | None = None,
        uncertain: Literal["left_out", "present", "absent"] = "left_out",
        progress: Callable[[str], None] | None = None,
    ) -> Evaluated:
        """Evaluate a task (graphs/evaluate.py names them) on data with known truth, or on "phantom": `drawn` cases.

        What was fitted is written into this home's calibration, unless `write` is False. Of public tables `images` is
        the folder of their images, `uncertain` what their uncertain labels count as.
        """
        options = Options(drawn, seed, write, Path(images) if images else None, uncertain)
        return evaluate(self.settings, task, str(data), options, progress or (lambda text: None))

    def write_evaluation(self, found: Evaluated, path: str | Path) -> None:
        """Write an evaluation as JSON; where `path` ends in .html as a page, with the JSON beside it."""
        write_evaluation(found, Path(path), self.notice)

    # -------------------------------------------------------------- the machine

    def models(self) -> tuple[Card, ...]:
        """The cards of the models that can be chosen."""
        return doctor.cards()

    def model_add(self, name: str, path: str | Path) -> Pinned:
        """Check a model's files and record their digests."""
        return add_model(self.settings.home, name, Path(path))

    def audit_verify(self) -> AuditReport:
        """Recompute the audit log's chain."""
        return self.desk.audit.verify()

    def doctor(self) -> tuple[doctor.Diagnosis, ...]:
        """What is there, what is missing, and what to do about it."""
        return doctor.report(self.settings)

    # -------------------------------------------------------------- many cases

    def cases_in(self, source: str | Path) -> CaseList:
        """The cases of a manifest (CSV, JSONL) or of a folder, and the rows that cannot be used."""
        return read_case_list(Path(source))

    def batch(
        self,
        cases: str | Path | CaseList | Iterable[str | Path | ListedCase],
        *,
        out: str | Path | None = None,
        at_once: int = AT_ONCE,
        pages: bool = True,
        failures: str | Path | None = None,
        stop: Event | None = None,
    ) -> Generator[BatchResult, None, None]:
        """Draft many cases over one loaded model; each result as its case ends. What has been drafted is not again.

        `cases`: a manifest, a folder of case folders, or cases one by one. `out`: each draft in a folder of its case
        id there. Without `pages`: draft.json and report.txt alone. `failures`: where a manifest of what failed is
        written at the end. To stop: leave the loop, or set `stop`; the same call goes on.

        >>> folders = ["examples/cases/growing-opacity", "examples/cases/normal"]
        >>> sorted((done.case, done.status) for done in Prelim().batch(folders, at_once=2))
        [('examples/cases/growing-opacity', 'review'), ('examples/cases/normal', 'review')]
        """
        given = self.cases_in(cases) if isinstance(cases, str | Path) else cases
        refused = given.refused if isinstance(given, CaseList) else ()
        order = Order(Path(out) if out else None, at_once, Path(failures) if failures else None)
        desk = Desk(self.settings, pages=pages)
        wanted = given.cases if isinstance(given, CaseList) else listed(given)
        return batch(desk, wanted, order, stop or Event(), refused)

    async def abatch(
        self, cases: str | Path | CaseList | Iterable[str | Path | ListedCase], **options: Any
    ) -> AsyncIterator[BatchResult]:
        """`batch` for asyncio, with the same options: the loop is never held up.

        >>> import asyncio
        >>> async def first():
        ...     async for done in Prelim().abatch(["examples/cases/normal"]):
        ...         return done.status
        >>> asyncio.run(first())
        'review'
        """
        stop = options.setdefault("stop", Event())
        results = self.batch(cases, **options)
        asked = asyncio.ensure_future(asyncio.to_thread(next, results, None))
        try:
            while (result := await asyncio.shield(asked)) is not None:
                asked = asyncio.ensure_future(asyncio.to_thread(next, results, None))
                yield result
        finally:
            stop.set()
            await asyncio.wait([asked])
            await asyncio.to_thread(results.close)

    def batch_failures(self, source: str | Path, out: str | Path | None = None) -> Path:
        """Where the list of what failed belongs: in `out`, else in the home, by the source's place."""
        name = digest_of(str(Path(source).expanduser().absolute()))[:16]
        return (Path(out) if out else self.settings.home / "batches" / name) / "failures.csv"

    def check_table(self, path: str | Path) -> None:
        """Whether a table of this name can be written, before hours of work end in it."""
        check_table(Path(path))

    def table(self, case_ids: Iterable[str], path: str | Path) -> Path:
        """Write findings, results and comparisons of drafts as a table, CSV or Parquet by the name: a row each."""
        return write_table(map(self.desk.show, case_ids), Path(path))
