"""The commands around the review: history, models, batch, evaluation, audit, replay, ablate, doctor, schema."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from app import cli_ask, cli_many, output, tables, tables_evaluation, tables_replay
from app.options import Model
from prelim.errors import InputError

if TYPE_CHECKING:
    from app.facade import Prelim

Uncertain = Literal["left_out", "present", "absent"]

history = typer.Typer(help="The patient-history store.", no_args_is_help=True)
model = typer.Typer(help="The models on this machine.", no_args_is_help=True)
audit = typer.Typer(help="The audit log.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Hang these commands under `prelim`."""
    app.add_typer(history, name="history")
    app.add_typer(model, name="model")
    app.add_typer(audit, name="audit")
    cli_many.register(app)
    cli_ask.register(app)
    app.command("evaluate")(evaluate)
    app.command()(replay)
    app.command()(ablate)
    app.command()(doctor)
    app.command()(schema)


def _prelim(**overrides: Any) -> "Prelim":
    from app.facade import Prelim

    return Prelim(**overrides)


@history.command("add")
def history_add(
    patient: str,
    paths: list[Path],
    as_patient: Annotated[
        bool, typer.Option("--as", help="The documents are PATIENT's, whatever id they carry.")
    ] = False,
) -> None:
    """Add reports, notes, results and exports (text, PDF, CSV, FHIR, HL7) to a patient's history."""
    found = _prelim().history_add(patient, paths, as_patient=as_patient)
    if not output.as_json:
        for text in found.warnings:
            output.say(f"warning: {text}")
    output.show(found, f"{found.added} records added")


@history.command("list")
def history_list(patient: str) -> None:
    """List a patient's records, the oldest first."""
    records = _prelim().history(patient)
    output.show({"records": records}, tables.records(records))


@history.command("search")
def history_search(patient: str, query: str) -> None:
    """Search a patient's records by meaning."""
    records = _prelim().history_search(patient, query)
    output.show({"records": records}, tables.records(records))


@history.command("forget")
def history_forget(patient: str) -> None:
    """Remove everything that the history holds of a patient."""
    removed = _prelim().history_forget(patient)
    output.show({"removed": removed}, f"{removed} records removed")


@history.command("check")
def history_check() -> None:
    """Compare the index with the records: what is counted must be reachable."""
    report = _prelim().history_check()
    output.show(report, tables.index(report))


@history.command("rebuild")
def history_rebuild() -> None:
    """Build the index anew from the records and swap it in."""
    report = _prelim().history_rebuild()
    output.show(report, tables.index(report))


@model.command("list")
def model_list() -> None:
    """List the models and what they may be asked."""
    cards = _prelim().models()
    output.show({"models": cards}, tables.cards(cards))


@model.command("add")
def model_add(name: str, path: Path) -> None:
    """Record a model's files by digest; one byte off from then on, and start is refused."""
    added = _prelim().model_add(name, path)
    output.show(added, tables.pinned(added))


@audit.command("verify")
def audit_verify() -> None:
    """Verify the audit log's chain."""
    report = _prelim().audit_verify()
    output.show(report, tables.audit(report))
    if not report.intact:
        raise typer.Exit(4)


def evaluate(
    task: Annotated[str, typer.Argument(help="findings, localization, longitudinal, labs, report, retrieval or chat.")],
    data: Annotated[str, typer.Argument(help="A table of a known layout (docs/evaluation.md), or the word phantom.")],
    model: Model = None,
    n: Annotated[int, typer.Option("--n", min=1, help="Of phantom: how many are drawn.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Of drawing, of the two halves, of resampling.")] = 1,
    images: Annotated[Path | None, typer.Option(help="The folder of the images, if not the table's own.")] = None,
    uncertain: Annotated[
        Uncertain, typer.Option(help="What labels that a table calls uncertain count as.")
    ] = "left_out",
    out: Annotated[
        Path | None, typer.Option(help="Write JSON (x.json), or a page (x.html) and JSON beside it.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Leave the calibration as it is.")] = False,
    out_of_scope: Annotated[bool, typer.Option("--out-of-scope", help="Ask what the card does not cover.")] = False,
) -> None:
    """Measure a task on data whose truth is known, and calibrate the model's confidence for this site."""
    prelim = _prelim(model=model, out_of_scope=out_of_scope or None)
    if out and not out.parent.is_dir():  # known before the work, not after it
        raise InputError("not_writable", f"There is no folder for {out.name}.", "Make it, or name another.", out.name)
    with output.progress(()) as step:
        found = prelim.evaluate(
            task, data, drawn=n, seed=seed, write=not dry_run, images=images, uncertain=uncertain, progress=step
        )
    if out:
        prelim.write_evaluation(found, out)
    output.show(found, f"{tables_evaluation.evaluated(found)}\n\n{prelim.notice}")


def replay(
    case: str,
    recompute: Annotated[
        bool, typer.Option("--recompute", help="Ask everything again, one question at a time, with nothing cached.")
    ] = False,
) -> None:
    """Make a draft again from what it was made of, and list what differs with its cause. Nothing is written."""
    found = _prelim().replay(case, recompute=recompute)
    output.show(found, tables_replay.replayed(found))


def ablate(case: str, tool: str) -> None:
    """Show which statements change without what TOOL found: those that cite it, and no others. Nothing is written."""
    found = _prelim().ablate(case, tool)
    output.show(found, tables_replay.ablated(found))


def doctor() -> None:
    """Say what is there, what is missing, and what to do about it."""
    checks = _prelim().doctor()
    lines = [f"{'ok ' if check.ok else '-- '} {check.name}: {check.detail}" for check in checks]
    output.show({"checks": checks}, "\n".join(lines))


def schema(name: str = typer.Argument("draft")) -> None:
    """Print the JSON schema of a document (draft)."""
    from prelim.draft import Draft

    if name != "draft":
        raise InputError("unknown_schema", f"No schema is called '{name}'.", "Known: draft.")
    output.show(Draft.model_json_schema())
