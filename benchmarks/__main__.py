"""`python -m benchmarks [--full] [NAME…]`: run the benchmarks, print each one's table, write its results."""

import argparse
import importlib
import pkgutil
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

import benchmarks
from benchmarks.figure import Figure, write


def names() -> list[str]:
    """The modules of this package that measure something."""
    found = [module.name for module in pkgutil.iter_modules(benchmarks.__path__)]
    return [name for name in found if hasattr(importlib.import_module(f"benchmarks.{name}"), "measure")]


def table(name: str, figures: Sequence[Figure]) -> Table:
    """The figures as a table for a terminal."""
    drawn = Table("figure", "ours", "other", "ratio", "goal", "met", title=name)
    for one in figures:
        other = "" if one.other is None else f"{one.other:.4g} ({one.other_name})"
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
        goal, met = "" if one.goal is None else f"{one.goal:g}", {True: "yes", False: "no", None: ""}[one.met]
        drawn.add_row(one.name, f"{one.ours:.4g} {one.unit}", other, ratio, goal, met)
    return drawn


def main() -> None:
    """Run what is named, or everything."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    arguments.add_argument("--full", action="store_true", help="the goals' sizes")
    arguments.add_argument("names", nargs="*", metavar="NAME")
    options = arguments.parse_args()
    for name in options.names or names():
        figures: list[Figure] = importlib.import_module(f"benchmarks.{name}").measure(options.full)
        Console().print(table(name, figures))
        write(name, figures, options.full)


if __name__ == "__main__":
    main()
