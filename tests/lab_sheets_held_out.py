"""Layouts that were drawn after the reader was written, for patients it was not written on: a check, not a guide."""

from tests.lab_paper import Paper, Text, day_printed
from tests.lab_sheets import Maker


def landscape(make: Maker) -> None:
    """Flag first, range before the result, right-aligned units, a wide page."""
    make.paper = Paper(8, "Times-Roman", 842, 595)
    make.head()
    words = make.words
    make.paper.line(
        Text(words["flag"], 40),
        Text(words["test"], 110),
        Text(words["ref"], 330),
        Text(words["result"], 520, "right"),
        Text(words["unit"], 640, "right"),
        bold=True,
    )
    for item in make.panel.items:
        make.paper.line(
            Text(make.flag(item), 40),
            Text(make.name(item), 110),
            Text(make.range(item.low, item.high, item), 330),
            Text(make.value(item), 520, "right"),
            Text(item.analyte.unit, 640, "right"),
            step=12,
        )
        make.add(item)
    make.foot()


def dated_sections(make: Maker) -> None:
    """Two sections, each with its own day of collection, the earlier one last; one heading for both."""
    make.head(collected=False)
    words, day = make.words, make.panel.day
    earlier = f"{int(day[:4]) - 1}{day[4:]}"
    make.paper.line(
        Text(words["test"], 40),
        Text(words["result"], 230, "center"),
        Text(words["unit"], 330, "center"),
        Text(words["ref"], 450, "center"),
        bold=True,
    )
    half = len(make.panel.items) // 2
    for title, when, items in (
        (words["blood"], day, make.panel.items[:half]),
        (words["serum"], earlier, make.panel.items[half:]),
    ):
        make.paper.y += 6
        make.paper.line(
            Text(title, 40), Text(words["collected"].format(day=day_printed(when, make.language)), 300), bold=True
        )
        for item in items:
            make.paper.line(
                Text(make.name(item), 40),
                Text(make.value(item), 230, "center"),
                Text(item.analyte.unit, 330, "center"),
                Text(make.range(item.low, item.high, item), 450, "center"),
            )
            make.add(item, collected=when)
    make.paper.line(Text(words["note"], 40), size=7)
    make.foot()


def previous_between(make: Maker) -> None:
    """The earlier result between result and unit, flags in brackets, lines of comment below single rows."""
    make.head()
    words = make.words
    make.paper.line(
        Text(words["test"], 40),
        Text(words["result"], 200),
        Text(words["prev"], 265),
        Text(words["unit"], 365),
        Text(words["ref"], 450),
        bold=True,
    )
    for at, item in enumerate(make.panel.items):
        said = {"H": " (H)", "L": " (L)"}.get(item.flag or "", "")
        make.paper.line(
            Text(make.name(item), 40),
            Text(make.value(item) + said, 200),
            Text(make.number(item.earlier[1], item), 265),
            Text(item.analyte.unit, 365),
            Text(make.range(item.low, item.high, item, "–"), 450),
        )
        if at % 6 == 3:
            make.paper.line(Text(words["comment"], 46), size=7, step=12)
        make.add(item)
    make.foot()


def dense(make: Maker) -> None:
    """Lines as close as print allows, long names wrapped at the same pitch as rows, ranges in square brackets."""
    make.head()
    make.paper.size = 8
    words = make.words
    make.paper.line(
        Text(words["test"], 40),
        Text(words["result"], 240),
        Text(words["unit"], 290),
        Text(words["ref"], 380),
        bold=True,
        step=10,
    )
    for item in make.panel.items:
        name = item.analyte.long or make.name(item)
        first, _, rest = name.partition(" by ") if " by " in name else (name, "", "")
        make.paper.line(
            Text(first + (" by" if rest else ""), 40),
            Text(make.value(item), 240),
            Text(item.analyte.unit, 290),
            Text(f"[{make.range(item.low, item.high, item)}]", 380),
            step=9.5,
        )
        if rest:
            make.paper.line(Text(rest, 40), step=9.5)
        make.add(item, name)
    make.foot()


def steps(make: Maker) -> None:
    """Two tables beside each other that begin at different heights."""
    make.head()
    make.paper.size = 8
    start, half = make.paper.y, (len(make.panel.items) + 1) // 2
    for items, left, down in ((make.panel.items[:half], 40, 0.0), (make.panel.items[half:], 310, 26.0)):
        make.paper.y = start + down
        xs = (left, left + 110, left + 150, left + 205)
        heads = {
            "en": "Test Result Unit Reference",
            "de": "Analyse Wert Einheit Norm",
            "es": "Prueba Valor Unidad Referencia",
        }
        words = heads.get(make.language, "Examen Valeur Unité Norme").split()
        make.paper.line(*(Text(word, x) for word, x in zip(words, xs, strict=True)), bold=True, step=13)
        for item in items:
            name = make.name(item)
            if len(name) > 24:
                make.paper.y += 13
                continue
            make.paper.line(
                Text(name, xs[0]),
                Text(make.value(item), xs[1]),
                Text(item.analyte.unit, xs[2]),
                Text(make.range(item.low, item.high, item, "-"), xs[3]),
                step=13,
            )
            make.add(item)
    make.foot()


def sentences(make: Maker) -> None:
    """A letter: a list with colons, without a heading, prose before and after."""
    make.head()
    make.paper.line(Text(make.words["comment"], 40))
    for item in make.panel.items:
        mark = "*" if item.flag in ("H", "L") else ""
        make.paper.line(
            Text(
                f"{make.name(item)}: {make.value(item)}{mark} {item.analyte.unit} "
                f"({make.range(item.low, item.high, item)})",
                40,
            )
        )
        make.add(item)
    make.paper.line(Text(make.words["outside"], 40), size=7)
    make.paper.line(Text(make.words["comment"], 40))
    make.foot()


HELD_OUT = (landscape, dated_sections, previous_between, dense, steps, sentences)
