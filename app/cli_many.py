"""The command for many cases: `prelim batch`."""

import signal
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app import output
from app.options import Model
from app.tally import Tally

if TYPE_CHECKING:
    from app.facade import Prelim
    from graphs.batch import BatchResult


def register(app: typer.Typer) -> None:
    """Hang the command under `prelim`."""
    app.command()(batch)


def batch(
    source: Annotated[Path, typer.Argument(metavar="MANIFEST|FOLDER", help="A CSV or JSONL, or a folder of cases.")],
    model: Model = None,
    out: Annotated[Path | None, typer.Option(help="Each draft in a folder of its case id there.")] = None,
    at_once: Annotated[int, typer.Option("--at-once", min=1, max=64, help="Cases under way at any time.")] = 4,
    failed: Annotated[bool, typer.Option("--failed", help="Only what failed when this was last run.")] = False,
    no_pages: Annotated[bool, typer.Option("--no-pages", help="Leave out draft.html and its images.")] = False,
    table: Annotated[Path | None, typer.Option(help="Findings, results, comparisons, as .csv or .parquet.")] = None,
    out_of_scope: Annotated[bool, typer.Option("--out-of-scope", help="Ask what the card does not cover.")] = False,
) -> None:
    """Draft many cases. The same call goes on where it was cut off: what has been drafted is not drafted again.

    A manifest has the columns case, and if need be patient and out; paths are relative to it. What fails is listed with
    its reasons in failures.csv, which is a manifest itself.
    """
    try:
        with _stoppable():
            prelim = _prelim(model, out_of_scope)
            if table:
                prelim.check_table(table)
            failures = prelim.batch_failures(source, out)
            if failed and not failures.is_file():
                output.say("nothing failed when this was last run")
                return
            cases = prelim.cases_in(failures if failed else source)
            results = prelim.batch(cases, out=out, at_once=at_once, pages=not no_pages, failures=failures)
            tally = _told(results, Tally(len(cases)))
            if table:
                prelim.table((case_id for _, _, case_id in sorted(tally.drafted)), table)
    except KeyboardInterrupt:
        output.say("stopped; the same command goes on, and does nothing twice")
        raise typer.Exit(130) from None
    (output.say if output.as_json else print)(tally.summary())
    if tally.statuses["failed"]:
        output.say(f"what failed: {failures} (again with --failed)")


def _prelim(model: str | None, out_of_scope: bool) -> "Prelim":
    from app.facade import Prelim

    return Prelim(model=model, out_of_scope=out_of_scope or None)


def _told(results: "Generator[BatchResult, None, None]", tally: Tally) -> Tally:
    try:
        with closing(results):  # before anything else is said: what is under way ends at its next node
            for result in results:
                tally.take(result)
    finally:
        tally.end()
    return tally


@contextmanager
def _stoppable() -> Iterator[None]:
    """SIGTERM stops as Ctrl-C does."""

    def stop(*given: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
