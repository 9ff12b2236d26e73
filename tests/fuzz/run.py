"""`make fuzz`: many mutants and every bomb, on all cores, and what became of them. Exit status 1 on a failure."""

import argparse
import multiprocessing
import os
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from multiprocessing.sharedctypes import SynchronizedArray
from pathlib import Path
from typing import Any, NamedTuple

from prelim import isolation
from tests.fuzz.bombs import BOMBS
from tests.fuzz.mutate import mutant
from tests.fuzz.outcome import SLOWEST_S, outcomes

KEPT = Path("build/fuzz")
_HANGS_S = 2 * SLOWEST_S + 10


class Report(NamedTuple):
    """What one process saw: outcomes by way and code, failures by number, the slowest file, its children's peak."""

    table: Counter[tuple[str, str]]
    failures: dict[str, str]
    slowest: tuple[float, str]
    peak_bytes: int


def try_mutants(seed: int, numbers: range, at: "SynchronizedArray[int] | None" = None, place: int = 0) -> Report:
    """Each the product's way. A failure's file is kept."""
    table: Counter[tuple[str, str]] = Counter()
    failures: dict[str, str] = {}
    slowest = (0.0, "")
    with tempfile.TemporaryDirectory() as temporary:
        for number in numbers:
            if at is not None:
                at[place] = number
            way, data = mutant(seed, number)
            folder = Path(temporary) / "files"
            folder.mkdir()
            file = folder / (f"{number}" if way in ("dicom", "raster") else way)
            file.write_bytes(data)
            started = time.monotonic()
            try:
                codes = outcomes(way if way in ("dicom", "raster") else "case", file, Path(temporary) / "store")
                table.update((way, code) for code in codes)
            except Exception:
                failures[f"seed {seed}, number {number}"] = traceback.format_exc(limit=-4)
                _keep(seed, number)
            slowest = max(slowest, (time.monotonic() - started, f"mutant {number}"))
            shutil.rmtree(folder)
            shutil.rmtree(Path(temporary) / "store", ignore_errors=True)
    return Report(table, failures, slowest, _peak_bytes())


def _keep(seed: int, number: int) -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / f"{seed}-{number}").write_bytes(mutant(seed, number).data)


def _peak_bytes() -> int:
    """Of the children, once they are gone."""
    isolation._close()
    isolation._POOLS.clear()
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def _worker(seed: int, numbers: range, at: "SynchronizedArray[int]", place: int, results: Any) -> None:
    results.put(try_mutants(seed, numbers, at, place))


def _all_mutants(seed: int, count: int, first: int) -> list[Report]:
    """By as many processes as there are cores. A process that dies or hangs is a failure of its mutant."""
    cores, context = os.cpu_count() or 1, multiprocessing.get_context("spawn")
    results, at = context.Queue(), context.Array("q", cores)
    slices = [range(first + place, first + count, cores) for place in range(cores)]
    workers = [
        context.Process(target=_worker, args=(seed, numbers, at, place, results))
        for place, numbers in enumerate(slices)
    ]
    for worker in workers:
        worker.start()
    reports: list[Report] = []
    seen, since = list(at), [time.monotonic()] * cores
    waiting = set(range(cores))
    while waiting:
        while not results.empty():
            reports.append(results.get())
        for place in sorted(waiting):
            if at[place] != seen[place]:
                seen[place], since[place] = at[place], time.monotonic()
            hangs = time.monotonic() - since[place] > _HANGS_S
            if hangs:
                workers[place].kill()
            if hangs or not workers[place].is_alive():
                waiting.discard(place)
                if hangs or workers[place].exitcode:
                    _keep(seed, seen[place])
                    why = "hangs" if hangs else f"ended its process ({workers[place].exitcode})"
                    reports.append(Report(Counter(), {f"seed {seed}, number {seen[place]}": why}, (0.0, ""), 0))
        time.sleep(0.2)
    while not results.empty():
        reports.append(results.get())
    return reports


def try_bombs() -> Report:
    """Every bomb, each in a folder of its own."""
    table: Counter[tuple[str, str]] = Counter()
    failures: dict[str, str] = {}
    slowest = (0.0, "")
    for bomb in BOMBS:
        with tempfile.TemporaryDirectory() as temporary:
            started = time.monotonic()
            try:
                table.update(("bomb", code) for code in bomb.explode(Path(temporary)))
            except Exception:
                failures[bomb.name] = traceback.format_exc(limit=-4)
            slowest = max(slowest, (time.monotonic() - started, bomb.name))
    return Report(table, failures, slowest, _peak_bytes())


def _print(reports: list[Report], mutants: int, took_s: float) -> None:
    table = sum((report.table for report in reports), Counter[tuple[str, str]]())
    for (way, code), count in sorted(table.items(), key=lambda row: (row[0][0], -row[1])):
        print(f"{way:10} {code:20} {count:8}")
    slowest = max(report.slowest for report in reports)
    peak = max(report.peak_bytes for report in reports)
    print(f"{mutants} mutants, {len(BOMBS)} bombs in {took_s:.0f} s; slowest: {slowest[1]}, {slowest[0]:.1f} s")
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"peak memory of a child: {peak / 2**20:.0f} MB; of this process, bombs made: {own / 2**10:.0f} MB")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=20250314)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--no-bombs", action="store_true")
    given = parser.parse_args()
    started = time.monotonic()
    reports = _all_mutants(given.seed, given.mutants, given.first) if given.mutants else []
    reports += [] if given.no_bombs else [try_bombs()]
    _print(reports, given.mutants, time.monotonic() - started)
    failures = {number: why for report in reports for number, why in report.failures.items()}
    for number, why in failures.items():
        print(f"FAILED: {number}\n{why}", file=sys.stderr)
    large = max(report.peak_bytes for report in reports) > isolation.MEMORY_BYTES
    print(f"{len(failures)} failures" + (", a child above its memory" if large else ""))
    return int(bool(failures) or large)


if __name__ == "__main__":
    sys.exit(main())
