"""The `prelim` command. Nothing here decides anything: each command is a call of the facade and a way to print it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import typer

from app import output, tables
from app.options import Model
from prelim.errors import InputError, PrelimError, UnavailableError
from prelim.types import Section

if TYPE_CHECKING:
    from app.facade import Prelim
    from prelim.draft import Draft

NOTICE = "Research software, not a medical device. Drafts are for review by a person, never for diagnosis."
app = typer.Typer(help=f"Draft the preliminary read of one patient's case. {NOTICE}", no_args_is_help=True)
tools = typer.Typer(help="One tool alone.", no_args_is_help=True)
app.add_typer(tools, name="tool")

# Typer's own, whichever click it stands on: only its child is public.
_UsageError: Any = typer.BadParameter.__base__

OutOfScope = Annotated[
    bool, typer.Option("--out-of-scope", help="Ask what the card does not cover; marked. For tests.")
]
Reviewer = Annotated[str, typer.Option(help="Who decides; written into the audit log.")]


@app.callback()
def _options(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """`--json` may stand anywhere; `main` has taken it out already."""


def _prelim(**overrides: Any) -> "Prelim":
    """The facade, imported here because it brings the graph and the stores with it."""
    from app.facade import Prelim

    return Prelim(**overrides)


def _print_draft(prelim: "Prelim", draft: "Draft") -> None:
    folder = prelim.folder(draft.case_id)
    findings = ", ".join(
        f"{f.laterality or ''} {f.label} {f.change or ''}".strip() for f in draft.findings if f.state == "present"
    )
    lines = [
        f"{draft.case_id}  {draft.status}  {draft.urgency}",
        f"present: {findings or 'nothing that was asked about'}" if draft.findings else "nothing was read from images",
    ]
    lines += [f"warning: {text}" for text in draft.warnings]
    output.show({**draft.model_dump(mode="json"), "out": str(folder)}, "\n".join([*lines, str(folder / "draft.html")]))


@app.command()
def draft(
    case_dir: Path,
    patient: Annotated[str | None, typer.Option(help="Patient id; else as the files say.")] = None,
    model: Model = None,
    out: Annotated[Path | None, typer.Option(help="Folder for draft.json and draft.html.")] = None,
    out_of_scope: OutOfScope = False,
) -> None:
    """Run a case folder through the graph to the review, and write the draft."""
    prelim = _prelim(model=model, out_of_scope=out_of_scope or None)
    case_id = prelim.open(case_dir, patient=patient, out=out)
    output.say(f"case {case_id}")
    with output.progress(prelim.steps) as step:
        drafted = prelim.run(case_id, progress=step)
    for refused in drafted.provenance.get("refused", ()):
        output.say(f"refused {refused['code']}: {refused['message']}")
    _print_draft(prelim, drafted)


@app.command()
def inspect(path: Path) -> None:
    """Show what intake sees: series with geometry, documents, refusals."""
    found = _prelim().inspect(path)
    output.show(found, tables.inspected(found))


def _spoken(urgency: str | None) -> str:
    return (urgency or "–").replace("_", " ")


@app.command()
def worklist() -> None:
    """List the cases, where they stand and how urgent they are."""
    cases = _prelim().worklist()
    lines = [f"{case.case_id}  {case.status:9}  {_spoken(case.urgency):11}  {case.updated}" for case in cases]
    output.show({"cases": cases}, "\n".join(lines) or "no cases")


@app.command()
def show(
    case: str, text: Annotated[bool, typer.Option("--text", help="The report as text for pasting.")] = False
) -> None:
    """Show a draft: its statements with their ids, or the report as text."""
    prelim = _prelim()
    draft = prelim.show(case)
    output.show(draft, prelim.text(case) if text else prelim.listing(case))


@app.command()
def edit(
    case: str,
    statement_id: Annotated[str | None, typer.Argument()] = None,
    text: Annotated[str | None, typer.Option(help="The new words.")] = None,
    drop: Annotated[bool, typer.Option("--drop", help="Take the statement out.")] = False,
    add: Annotated[str | None, typer.Option(help="Section to add a statement to.")] = None,
) -> None:
    """Change, drop or add a statement. A person's words are checked and flagged, never blocked."""
    if (add is None) == (statement_id is None) or drop == (text is not None) or (add and drop):
        raise InputError(
            "bad_edit", "Unclear edit.", "Give STATEMENT_ID with --text or --drop, or --add SECTION --text T."
        )
    if add and add not in get_args(Section):
        raise InputError("bad_edit", f"No section is called '{add}'.", f"Known: {', '.join(get_args(Section))}.")
    prelim = _prelim()
    edited = prelim.edit(case, statement_id=statement_id, section=cast("Section | None", add), text=text)
    output.show(edited, None if output.as_json else prelim.listing(case))


@app.command()
def sign(case: str, reviewer: Reviewer) -> None:
    """Sign a draft: deliver it and add it to the patient's history."""
    prelim = _prelim()
    _print_draft(prelim, prelim.sign(case, reviewer=reviewer))


@app.command()
def reject(case: str, reviewer: Reviewer, reason: Annotated[str, typer.Option(help="Why.")]) -> None:
    """Reject a draft: nothing is delivered."""
    prelim = _prelim()
    _print_draft(prelim, prelim.reject(case, reviewer=reviewer, reason=reason))


@app.command()
def addendum(case: str, reviewer: Reviewer, text: Annotated[str, typer.Option(help="The addendum.")]) -> None:
    """Add to a signed report."""
    prelim = _prelim()
    _print_draft(prelim, prelim.addendum(case, reviewer=reviewer, text=text))


@app.command()
def resume(case: str) -> None:
    """Go on where a case was cut off; nothing is done twice."""
    prelim = _prelim()
    with output.progress(prelim.steps) as step:
        _print_draft(prelim, prelim.run(case, progress=step))


def _print_found(prelim: "Prelim", found: Any, words: str) -> None:
    output.show(found, f"{words}\n\n{prelim.notice}")


@tools.command("triage")
def tool_triage(images: list[Path], model: Model = None, out_of_scope: OutOfScope = False) -> None:
    """Quality, finding probes and urgency of films, volumes and slides."""
    prelim = _prelim(model=model, out_of_scope=out_of_scope or None)
    found = prelim.triage(images)
    _print_found(prelim, found, tables.triaged(found))


@tools.command("reading")
def tool_reading(images: list[Path], model: Model = None, out_of_scope: OutOfScope = False) -> None:
    """The model's own description of volumes, slides, photographs and further films."""
    prelim = _prelim(model=model, out_of_scope=out_of_scope or None)
    found = prelim.reading(images)
    _print_found(prelim, found, tables.described(found))


@tools.command("locate")
def tool_locate(image: Path, target: str, model: Model = None, out_of_scope: OutOfScope = False) -> None:
    """Boxes of TARGET (a finding label such as lung_opacity) on an image."""
    prelim = _prelim(model=model, out_of_scope=out_of_scope or None)
    found = prelim.locate(image, target)
    _print_found(prelim, found, tables.located(found))


@tools.command("compare")
def tool_compare(prior: Path, current: Path, model: Model = None, out_of_scope: OutOfScope = False) -> None:
    """How the findings changed from PRIOR to CURRENT."""
    prelim = _prelim(model=model, out_of_scope=out_of_scope or None)
    found = prelim.compare(prior, current)
    _print_found(prelim, found, tables.compared(found))


@tools.command("labs")
def tool_labs(files: list[Path], model: Model = None) -> None:
    """Lab rows of documents, each with its cell."""
    prelim = _prelim(model=model)
    found = prelim.labs(files)
    _print_found(prelim, found, tables.read(found))


@tools.command("notes")
def tool_notes(files: list[Path], model: Model = None) -> None:
    """Problems, medications, allergies and clinical questions of notes, each with its place."""
    prelim = _prelim(model=model)
    found = prelim.notes(files)
    _print_found(prelim, found, tables.noted(found))


@tools.command("transcribe")
def tool_transcribe(recordings: list[Path]) -> None:
    """What was dictated in sound files (WAV, FLAC, MP3), with its times."""
    found = _prelim().transcribe(recordings)
    output.show(found, f"{tables.transcribed(found)}\n\n{NOTICE}")  # no chat model had a hand in it


@tools.command("second-read")
def tool_second_read(report: Path, case: str, model: Model = None, out_of_scope: OutOfScope = False) -> None:
    """A person's own REPORT against CASE (a case id or folder): what is missing, unsupported, contradicted."""
    prelim = _prelim(model=model, out_of_scope=out_of_scope or None)
    found = prelim.second_read(report, case)
    _print_found(prelim, found, tables.second_look(found))


@tools.command("priors")
def tool_priors(patient: str, query: str) -> None:
    """What a patient's history holds about QUERY."""
    found = _prelim().priors(patient, query)
    output.show(found, tables.remembered(found))


def main() -> None:
    """Run the command; a named error is one line and its exit status, never a traceback."""
    from app import cli_admin

    arguments = sys.argv[1:]
    output.as_json = "--json" in arguments
    cli_admin.register(app)
    arguments = [argument for argument in arguments if argument != "--json"]
    try:
        # Not standalone: a wrong option is one line, and JSON under --json, like every other error.
        sys.exit(app(arguments or ["--help"], standalone_mode=False))
    except PrelimError as error:
        sys.exit(output.fail(error))
    except _UsageError as error:
        remedy = f"`{error.ctx.command_path if error.ctx else 'prelim'} --help` tells."
        sys.exit(output.fail(InputError("usage", error.format_message(), remedy)))
    except OSError as error:
        named = UnavailableError(
            "io_error", f"{error.strerror or error}.", "Check the disk and its permissions.", _name(error)
        )
        sys.exit(output.fail(named))


def _name(error: OSError) -> str | None:
    return Path(str(error.filename)).name if error.filename else None
