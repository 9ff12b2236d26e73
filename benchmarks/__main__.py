"""`python -m benchmarks [--full] [NAME[/ROW]…]`: run the benchmarks, print each one's table, write its results."""

import argparse
import importlib
import pkgutil
from collections.abc import Sequence

import benchmarks
from benchmarks.figure import Figure, write


def names() -> list[str]:
    """The modules of this package that measure something."""
    found = [module.name for module in pkgutil.iter_modules(benchmarks.__path__)]
    return [name for name in found if hasattr(importlib.import_module(f"benchmarks.{name}"), "measure")]


def table(figures: Sequence[Figure]) -> str:
    """The figures as lines for a terminal."""
    lines = [("figure", "ours", "other", "ratio", "goal", "met", "note")]
    for one in figures:
        other = "" if one.other is None else f"{one.other:.4g} ({one.other_name})"
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
        goal, met = "" if one.goal is None else f"{one.goal:g}", {True: "yes", False: "no", None: ""}[one.met]
        lines.append((one.name, f"{one.ours:.4g} {one.unit}", other, ratio, goal, met, one.note or ""))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def main() -> None:
    """Run what is named, or everything."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    arguments.add_argument("--full", action="store_true", help="the goals' sizes")
    arguments.add_argument("names", nargs="*", metavar="NAME", help="a benchmark, or one row of it: NAME/ROW")
    options = arguments.parse_args()
    for asked in options.names or names():
        name, *row = asked.split("/", 1)
        figures: list[Figure] = importlib.import_module(f"benchmarks.{name}").measure(options.full, *row)
        print(table(figures), flush=True)
        write(name, figures, options.full)


if __name__ == "__main__":
    main()
