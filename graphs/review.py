"""The life of a case around its graph: opened, drafted to the review, edited, signed or rejected, added to.

Every step may be cut off at any moment and asked for again. A person's decision is a compare-and-set on the case
before the graph goes on (two people resuming one interrupt would otherwise both run what follows), and every effect
is keyed by the case.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from langgraph.types import Command

from agents.critical import check_labels
from agents.draft import sealed
from agents.edits import apply_edits, borne_out
from graphs.case import CaseState, build
from memory.audit import Audit
from memory.cases import CaseRow, Cases
from memory.checkpoints import open_checkpointer
from memory.records import records_of
from prelim.draft import Decision, Draft, Edit
from prelim.errors import InputError, PrelimError, RefusedError
from prelim.imaging.files import head_of
from prelim.models import medasr
from prelim.models.calibration import Calibration
from prelim.settings import Settings
from prelim.sound_file import is_sound
from prelim.types import digest_of
from tools.alert import alert_again, undelivered
from tools.delivery import holds, render, status_in
from tools.intake import Manifest, identify, scan
from tools.tool import Context, open_context

_STATUS = {"sign": "signed", "reject": "rejected"}
_EVENT = {"review": "drafted", "signed": "signed", "rejected": "rejected"}
"""The audit record of a case that has come so far."""


def now() -> str:
    """This moment, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class Desk:
    """The cases of one home and what can be done to them. `settings` are those of new cases.

    Without `pages` drafts are written for programs alone (tools/delivery.py).
    """

    def __init__(
        self, settings: Settings, progress: Callable[[str], None] = lambda step: None, pages: bool = True
    ) -> None:
        check_labels(settings)
        self.settings, self.progress, self.pages = settings, progress, pages
        self.cases = Cases(settings.home / "cases.db")
        self.audit = Audit(settings.home / "audit.db")

    # -------------------------------------------------------------- to the review

    def open(
        self, path: Path, patient_id: str | None = None, out: Path | None = None, below: Path | None = None
    ) -> str:
        """Take the files in and register the case: the same inputs, patient, model and options are the same case.

        Its draft is written to `out`, else to a folder of its id in `below`, else in the home.
        """
        context = open_context(self.settings)
        manifest = scan(path, context.artifacts)
        who = identify(manifest, context.artifacts, patient_id, context.key_of)
        options = {"model": self.settings.model, "out_of_scope": self.settings.out_of_scope}
        files = sorted((file.path, file.sha256) for file in manifest.files)
        named = {
            "files": files,
            "patient": who.patient_key,
            "model": context.identity.digest,
            "options": options,
            **self._hearing(context, manifest),
            **_measured(context.calibration),
        }
        case_id = "c-" + digest_of(named)[:16]
        stored = {**options, "manifest_sha256": context.artifacts.put_json(manifest.model_dump(mode="json"))}
        if context.calibration.entries:
            stored["calibration_sha256"] = context.artifacts.put_json(context.calibration.model_dump(mode="json"))
        folder = out.absolute() if out else (below or self.settings.home / "cases").absolute() / case_id
        self.cases.create(case_id, who.patient_key, stored, folder)
        return case_id

    def _hearing(self, context: Context, manifest: Manifest) -> dict[str, str]:
        """Which speech model hears the recordings: with another one, or with the first one, the case is another."""
        if not medasr.is_there(self.settings):
            return {}
        heard = any(is_sound(head_of(context.artifacts.file(file.sha256))) for file in manifest.files)
        return {"speech": medasr.pinned_of(self.settings).digest} if heard else {}

    def run(self, case_id: str) -> Draft:
        """Take a case on from wherever it stands: to the review, or through a decision that was cut off."""
        row = self.row(case_id)
        with self.cases.hold(case_id):
            self.cases.move(case_id, ("failed",), "running")
            try:
                if row.decision is None:
                    alert_again(self.settings, case_id)
                self._advance(row)
            except PrelimError:
                self.cases.move(case_id, ("running",), "failed")
                raise
            self.cases.move(case_id, ("running",), "review")
            draft = self.show(case_id)
            self.cases.grade(case_id, draft.urgency)
            self._log(draft, "drafted")
            return self._write(draft)

    def stands(self, case_id: str) -> bool:
        """Whether nothing is left to be done for a case until a person comes: it is recorded and its files written."""
        row = self.row(case_id)
        if row.status in ("running", "failed") or not self.audit.has(f"{case_id}:{_EVENT[row.status]}"):
            return False
        return status_in(row.folder, case_id, self.pages) == row.status

    def _advance(self, row: CaseRow) -> None:
        """Run the graph as far as it goes without a person, or past one whose decision is recorded."""
        with self._graph(row) as (graph, thread):
            stored = graph.get_state(thread)
            if stored.created_at is None:
                graph.invoke(start_of(row), thread, durability="sync")
            elif stored.interrupts and row.decision:
                decision = row.decision.model_dump(mode="json")
                graph.invoke(Command(resume=decision), thread, durability="sync")
            elif stored.tasks and not stored.interrupts:
                # Not `next`, which leaves out tasks that ended and whose step was cut off before its checkpoint.
                graph.invoke(None, thread, durability="sync")

    @contextmanager
    def _graph(self, row: CaseRow) -> Iterator[tuple[Any, Any]]:
        """The case's graph on its own thread of checkpoints, with the model and options the case was opened with."""
        with open_checkpointer(self.settings.home / "checkpoints.db") as checkpointer:
            context = self._context(row)
            try:
                yield build(context, self._deliver, checkpointer), {"configurable": {"thread_id": row.case_id}}
            finally:
                context.leave()

    def _context(self, row: CaseRow) -> Context:
        chosen = {name: row.options[name] for name in ("model", "out_of_scope")}
        context = open_context(self.settings.model_copy(update=chosen), self.progress, row.case_id)
        context.open_calibration = lambda: calibration_of(row, context)
        return context

    # -------------------------------------------------------------- the review

    def row(self, case_id: str) -> CaseRow:
        """The registry's row. InputError `unknown_case`."""
        row = self.cases.get(case_id)
        if row is None:
            raise InputError("unknown_case", f"No case is called '{case_id}'.", "`prelim worklist` lists them.")
        return row

    def show(self, case_id: str) -> Draft:
        """The draft as it stands: what the graph wrote, a person's edits, and where the case is."""
        row = self.row(case_id)
        written = self.state(row).get("draft")
        if written is None:
            raise _not_drafted(row)
        draft = apply_edits(Draft.model_validate(written), self.cases.edits(case_id))
        standing = {
            "status": row.status,
            "decision": row.decision,
            "addenda": self.cases.addenda(case_id),
            "warnings": (*draft.warnings, *undelivered(self.settings.home, case_id)),
        }
        return sealed(draft.model_copy(update=standing))

    def state(self, row: CaseRow) -> CaseState:
        """What the case's graph has come to, as its last checkpoint holds it."""
        with self._graph(row) as (graph, thread):
            return graph.get_state(thread).values  # type: ignore[no-any-return]

    def drafted(self, case_id: str) -> tuple[CaseRow, CaseState]:
        """A case that has come to its review or past it, and its state. InputError `unknown_case`, `not_drafted`."""
        row = self.row(case_id)
        state = self.state(row)
        if row.status in ("running", "failed") or "draft" not in state:
            raise _not_drafted(row)
        return row, state

    def edit(self, case_id: str, edit: Edit) -> Draft:
        """Record a person's change of a draft that is in review."""
        self._refuse_unless(case_id, "review")
        apply_edits(self.show(case_id), [edit])  # one that cannot be applied is refused before it is recorded
        if not self.cases.add_edit(case_id, edit):
            self._refuse_unless(case_id, "review")
        return self._written(case_id)

    def decide(self, case_id: str, decision: Decision) -> Draft:
        """Sign or reject: the first decision wins, every later one is refused by name."""
        _refuse_blank(decision.reviewer, "reviewer")
        if decision.action == "reject":
            _refuse_blank(decision.reason, "reason")
        self._refuse_unless(case_id, "review")
        if not self.cases.move(case_id, ("review",), _STATUS[decision.action], decision):  # type: ignore[arg-type]
            self._refuse_unless(case_id, "review")
        return self.run(case_id)

    def addendum(self, case_id: str, reviewer: str, text: str) -> Draft:
        """Add a person's words to a signed report."""
        _refuse_blank(reviewer, "reviewer")
        _refuse_blank(text, "text")
        if self.row(case_id).status != "signed":
            raise InputError("not_signed", f"{case_id} is not signed.", "Edit the draft, or sign it first.")
        self.cases.add_addendum(case_id, reviewer, text)
        return self._written(case_id)

    def _refuse_unless(self, case_id: str, status: str) -> None:
        """Why a case takes no edit or decision now, by name."""
        found = self.row(case_id).status
        if found == "signed":
            raise RefusedError("already_signed", f"{case_id} is already signed.", "`prelim addendum` adds to it.")
        if found == "rejected":
            raise RefusedError(
                "already_rejected", f"{case_id} is already rejected.", "Draft it anew with other inputs."
            )
        if found != status:
            raise InputError("not_in_review", f"{case_id} is {found}.", f"`prelim resume {case_id}` goes on.")

    # -------------------------------------------------------------- effects, each keyed by the case

    def _deliver(self, state: CaseState) -> None:
        """What follows a decision. The graph's last node; it may run again after a crash."""
        row, draft = self.row(state["case_id"]), self.show(state["case_id"])
        if row.status == "signed" and not row.patient_key.startswith("t-"):
            history = open_context(self.settings).history
            history.add(row.patient_key, records_of(borne_out(draft)), key=f"{row.case_id}:deliver")
        self._log(draft, row.status)

    def _log(self, draft: Draft, event: str) -> None:
        """One audit record per effect, after one per edit and addendum that the case holds by now."""
        case_id = draft.case_id
        for number, edit in enumerate(self.cases.edits(case_id)):
            self.audit.append(f"{case_id}:edit:{number}", "edited", case_id, {"edit_sha256": digest_of(edit)})
        for number, words in enumerate(draft.addenda):
            self.audit.append(f"{case_id}:addendum:{number}", "added", case_id, {"text_sha256": digest_of(words)})
        reviewer = draft.decision.reviewer if draft.decision else ""
        detail = {"content_sha256": draft.content_sha256, "model": draft.model.digest, "reviewer": reviewer}
        self.audit.append(f"{case_id}:{event}", event, case_id, detail)

    def _written(self, case_id: str) -> Draft:
        draft = self.show(case_id)
        self._log(draft, "drafted")
        return self._write(draft)

    def _write(self, draft: Draft) -> Draft:
        """The draft's files, as it stands: in its folder, and in every other that still holds this case's."""
        artifacts = open_context(self.settings).artifacts
        render(draft, artifacts, self.row(draft.case_id).folder, self.pages)
        for folder in self.cases.earlier_places(draft.case_id):
            if holds(draft, folder):
                render(draft, artifacts, folder, self.pages)
        return draft


def _not_drafted(row: CaseRow) -> InputError:
    return InputError("not_drafted", f"{row.case_id} has no draft yet.", f"`prelim resume {row.case_id}` goes on.")


def start_of(row: CaseRow) -> CaseState:
    """What the case's graph begins with."""
    manifest = row.options["manifest_sha256"]
    return {"case_id": row.case_id, "patient_key": row.patient_key, "manifest_sha256": manifest}


def _measured(calibration: Calibration) -> dict[str, str]:
    """What a newly calibrated site adds to a case's id: the case is another."""
    return {"calibration": calibration.digest} if calibration.digest else {}


def calibration_of(row: CaseRow, context: Context) -> Calibration:
    """The calibration that the case was opened with, whatever the site's file says by now."""
    sha256 = row.options.get("calibration_sha256")
    return Calibration.model_validate(context.artifacts.get_json(sha256)) if sha256 else Calibration()


def _refuse_blank(words: str, what: str) -> None:
    """A decision stands under a name, and says something."""
    if not words.strip():
        raise InputError("blank", f"The {what} is empty.", f"Give --{what}.")
