"""Lab reports drawn as PDFs in ten layouts and four languages, with the rows they hold. Traps by layout, seeded."""

import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tests.lab_paper import FLAGS, WORDS, Paper, Text, day_printed, number
from tests.lab_truth import LANGUAGES, Item, Panel, flag
from tools.lab_truth import LabTruth


class Sheet(NamedTuple):
    """A drawn report, whom it is about, and what has to be read."""

    name: str
    pdf: bytes
    rows: tuple[LabTruth, ...]
    sex: str
    age: int


class Maker:
    """What the layouts share: a page with its patient's lines, numbers, flags and ranges in the language's way."""

    def __init__(self, panel: Panel, language: str, seed: str) -> None:
        self.panel, self.language, self.rng = panel, language, random.Random(f"{seed} {language} {panel.day}")
        self.words, self.paper, self.rows = WORDS[language], Paper(), list[LabTruth]()

    def head(self, collected: bool = True, left: float = 40) -> None:
        paper, words = self.paper, self.words
        paper.line(Text(words["title"], left), bold=True, size=13, step=18)
        paper.line(Text(words["address"], left))
        paper.line(Text(words["patient"], left), Text(words["born"], 300))
        paper.line(Text(words["id"], left), Text(words["doctor"], 300))
        if collected:
            day = day_printed(self.panel.day, self.language)
            later = day_printed(self.panel.day[:8] + "28", self.language)
            paper.line(Text(words["collected"].format(day=day), left), Text(words["received"].format(later=later), 300))
        paper.y += 12

    def foot(self, page: int = 1, of: int = 1) -> None:
        self.paper.y = self.paper.height - 40
        self.paper.line(Text(self.words["page"].format(n=page, of=of), 480), Text(self.words["lab"], 40), size=7)

    def name(self, item: Item) -> str:
        return item.analyte.names[LANGUAGES.index(self.language)]

    def value(self, item: Item, grouped: bool = False) -> str:
        return (item.comparator or "") + self.number(item.value, item, grouped)

    def number(self, value: float, item: Item, grouped: bool = False) -> str:
        return number(value, item.analyte.decimals, self.language, grouped)

    def range(self, low: float | None, high: float | None, item: Item, dash: str = " - ", grouped: bool = False) -> str:
        if low is None:
            return "< " + self.number(high or 0.0, item, grouped)
        if high is None:
            return "> " + self.number(low, item, grouped)
        return dash.join((self.number(low, item, grouped), self.number(high, item, grouped)))

    def flag(self, item: Item) -> str:
        return FLAGS[self.language].get(item.flag or "", "")

    def add(self, item: Item, name: str | None = None, **other: Any) -> None:
        """A row to be read; `other` is what the layout prints otherwise."""
        row = LabTruth(
            name or self.name(item),
            item.value,
            item.comparator,
            item.analyte.unit,
            item.low,
            item.high,
            item.flag,
            self.panel.day,
        )
        self.rows.append(row._replace(**other))


def plain(make: Maker) -> None:
    """Six columns, the earlier result among them; some have none, and one result is still to come."""
    make.head()
    make.paper.line(
        *(
            Text(make.words[key], x)
            for key, x in zip(
                ("test", "result", "flag", "unit", "ref", "prev"), (40, 190, 240, 300, 390, 490), strict=True
            )
        ),
        bold=True,
    )
    for at, item in enumerate(make.panel.items):
        pending = at == 3
        cells = [
            Text(make.name(item), 40),
            Text(item.analyte.unit, 300),
            Text(make.range(item.low, item.high, item), 390),
        ]
        if at % 4 != 2:
            cells.append(Text(make.number(item.earlier[0], item), 490))
        if not pending:
            cells += [Text(make.value(item), 190), Text(make.flag(item), 240)]
            make.add(item)
        make.paper.line(*cells)
    make.paper.line(Text(make.words["comment"], 40), size=8)
    make.foot()


def glued(make: Maker) -> None:
    """Values to the right with their flag, thousands parted, platelets in single cells."""
    make.head()
    make.paper.line(
        Text(make.words["test"], 40),
        Text(make.words["result"], 290, "right"),
        Text(make.words["unit"], 330),
        Text(make.words["ref"], 420),
        bold=True,
    )
    for item in make.panel.items:
        if item.code == "777-3":
            analyte = item.analyte._replace(unit="/µL")
            item = item._replace(
                analyte=analyte, value=item.value * 1000, low=(item.low or 0) * 1000, high=(item.high or 0) * 1000
            )
        said = make.flag(item)
        joint = make.rng.choice([" ", "", " "]) if said in ("H", "L") else " "
        value = make.value(item, True) + (joint + said if said else "")
        make.paper.line(
            Text(make.name(item), 40),
            Text(value, 290, "right"),
            Text(item.analyte.unit, 330),
            Text(make.range(item.low, item.high, item, "-", True), 420),
        )
        make.add(item)
    make.foot()


def side_by_side(make: Maker) -> None:
    """Two tables beside each other, small."""
    make.head()
    make.paper.size = 7.5
    half = (len(make.panel.items) + 1) // 2
    keys, places = ("test", "result", "unit", "ref"), ((40, 140, 180, 235), (312, 412, 452, 507))
    make.paper.line(
        *(
            Text(make.words[key].split()[0] if key == "ref" else make.words[key], x)
            for xs in places
            for key, x in zip(keys, xs, strict=True)
        ),
        bold=True,
    )
    for at in range(half):
        pair = [make.panel.items[at], *make.panel.items[half + at : half + at + 1]]
        cells = []
        for item, xs in zip(pair, places, strict=False):
            if len(make.name(item)) > 24:
                continue
            cells += [
                Text(make.name(item), xs[0]),
                Text(make.value(item), xs[1]),
                Text(item.analyte.unit, xs[2]),
                Text(make.range(item.low, item.high, item), xs[3]),
            ]
            make.add(item)
        make.paper.line(*cells, step=12)
    make.paper.line(Text(make.words["comment"], 40))
    make.foot()


def unit_in_heading(make: Maker) -> None:
    """Units behind the names; then a table whose one unit stands in its heading, and one whose unit a line gives."""
    make.head()
    one_unit = [item for item in make.panel.items if item.analyte.unit == "mg/dL"]
    rest = [item for item in make.panel.items if item not in one_unit]
    make.paper.line(
        Text(make.words["test"], 40), Text(make.words["result"], 260), Text(make.words["ref"], 360), bold=True
    )
    for at, item in enumerate(rest):
        make.paper.line(
            Text(f"{make.name(item)} {'[({'[at % 2]}{item.analyte.unit}{'])'[at % 2]}", 40),
            Text(make.value(item), 260),
            Text(make.range(item.low, item.high, item), 360),
        )
        make.add(item)
    make.paper.y += 14
    inline = make.rng.random() < 0.5
    if not inline:
        make.paper.line(Text(make.words["all"].format(unit="mg/dL"), 40))
    make.paper.line(
        Text(make.words["test"], 40),
        Text(make.words["result"] + (" (mg/dL)" if inline else ""), 260),
        Text(make.words["ref"], 380),
        bold=True,
    )
    for item in one_unit:
        make.paper.line(
            Text(make.name(item), 40),
            Text(make.value(item), 260),
            Text(make.range(item.low, item.high, item, "–"), 380),
        )
        make.add(item)
    make.foot()


def footnotes(make: Maker) -> None:
    """Stars that are flags or footnotes, by what is said of them; marks behind names; lines of comment between rows."""
    make.head()
    starred = make.rng.random() < 0.5
    make.paper.line(
        Text(make.words["test"], 40),
        Text(make.words["result"], 200),
        Text(make.words["unit"], 280),
        Text(make.words["ref"], 380),
        bold=True,
    )
    for at, item in enumerate(make.panel.items):
        mark = (
            ("*" if item.flag in ("H", "L") else "")
            if starred
            else ("*" if at % 5 == 1 else " a)" if at % 5 == 3 else "")
        )
        name = make.name(item) + (" 1)" if at % 6 == 2 else "")
        make.paper.line(
            Text(name, 40),
            Text(make.value(item) + mark, 200),
            Text(item.analyte.unit, 280),
            Text(f"({make.range(item.low, item.high, item)})", 380),
        )
        if at % 7 == 4:
            make.paper.line(Text(make.words["comment"], 50), size=7)
        make.add(item)
    make.paper.y += 8
    make.paper.line(Text(make.words["outside" if starred else "note"], 40), size=7)
    make.paper.line(Text("a) " + make.words["note"][2:], 40), size=7)
    make.paper.line(Text("1) " + make.words["comment"], 40), size=7)
    make.foot()


def wrapped(make: Maker) -> None:
    """Long names over two lines, and ranges by sex, one beneath the other; half of them centre the values."""
    make.head()
    middle = make.rng.random() < 0.5
    make.paper.line(
        Text(make.words["test"], 40),
        Text(make.words["result"], 230),
        Text(make.words["unit"], 290),
        Text(make.words["ref"], 390),
        bold=True,
        step=20,
    )
    for item in make.panel.items:
        lines = _wrap(item.analyte.long or make.name(item), 30)
        by_sex = item.analyte.names[0] in ("Hemoglobin", "Hematocrit", "Erythrocytes", "Creatinine", "Ferritin")
        ranges = _by_sex(make, item) if by_sex else [make.range(item.low, item.high, item)]
        y, step = make.paper.y, 10.5
        count = max(len(lines), len(ranges))
        for cells, x in ((lines, 40), (ranges, 390)):
            top = y + step * (count - len(cells)) / 2 if middle else y
            for at, text in enumerate(cells):
                make.paper.text(Text(text, x), top + step * at)
        level = y + step * (count - 1) / 2 if middle else y
        make.paper.text(Text(make.value(item), 230), level)
        make.paper.text(Text(item.analyte.unit, 290), level)
        make.paper.y = y + step * count + 7
        make.add(item, " ".join(lines))
    make.foot()


def _wrap(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _by_sex(make: Maker, item: Item) -> list[str]:
    """The item's range for the panel's sex, another for the other one."""
    other = [None if limit is None else round(limit * 0.87, item.analyte.decimals) for limit in (item.low, item.high)]
    mine, theirs = make.range(item.low, item.high, item), make.range(other[0], other[1], item)
    male, female = (mine, theirs) if make.panel.sex == "M" else (theirs, mine)
    return [make.words["male"] + male, make.words["female"] + female]


def pages(make: Maker) -> None:
    """Two pages, the patient's lines and the heading on each; sections by specimen, results in words in the last."""
    count = 12
    parts = [make.panel.items[at : at + count] for at in range(0, len(make.panel.items), count)]
    words = {"en": "negative", "de": "negativ", "es": "negativo", "fr": "négatif"}[make.language]
    for page, part in enumerate(parts, start=1):
        make.head(collected=page == 1)
        make.paper.line(
            *(
                Text(make.words[key], x)
                for key, x in zip(("test", "result", "unit", "ref", "flag"), (40, 200, 270, 370, 490), strict=True)
            ),
            bold=True,
        )
        make.paper.line(Text(make.words["blood" if page == 1 else "serum"], 40), bold=True, step=16)
        for item in part:
            make.paper.line(
                Text(make.name(item), 50),
                Text(make.value(item), 200),
                Text(item.analyte.unit, 270),
                Text(make.range(item.low, item.high, item), 370),
                Text(make.flag(item), 490),
            )
            make.add(item)
        if page == len(parts):
            make.paper.line(Text(make.words["urine"], 40), bold=True, step=16)
            for name in ("Nitrit", "Leukocyte esterase"):
                make.paper.line(Text(name, 50), Text(words, 200), Text(words, 370))
                make.rows.append(LabTruth(name, None, None, "", None, None, "N", make.panel.day, words))
        make.paper.line(Text(make.words["comment"], 40), size=8)
        make.foot(page, len(parts))
        if page < len(parts):
            make.paper.new_page()


def headerless(make: Maker) -> None:
    """No heading: a name, dots, a value, a unit and a range in brackets."""
    make.head()
    for item in make.panel.items:
        dots = "." * (60 - len(make.name(item)))
        make.paper.line(
            Text(make.name(item), 40),
            Text(dots, 60 + 5.2 * len(make.name(item))),
            Text(make.value(item), 330),
            Text(item.analyte.unit, 370),
            Text(f"({make.range(item.low, item.high, item)})", 470),
            Text(make.flag(item), 560),
        )
        make.add(item)
    make.paper.line(Text(make.words["comment"], 40), size=8)
    make.foot()


def cumulative(make: Maker) -> None:
    """Three columns headed by their dates, the newest first or last; gaps in the older ones."""
    make.head(collected=False)
    year = int(make.panel.day[:4])
    days = [f"{year - 2}{make.panel.day[4:]}", f"{year - 1}{make.panel.day[4:]}", make.panel.day]
    newest_first = make.rng.random() < 0.5
    order = [2, 1, 0] if newest_first else [0, 1, 2]
    xs = (190, 260, 330)
    make.paper.line(
        Text(make.words["test"], 40),
        *(Text(day_printed(days[n], make.language), x) for n, x in zip(order, xs, strict=True)),
        Text(make.words["unit"], 400),
        Text(make.words["ref"], 490),
        bold=True,
    )
    for item in make.panel.items:
        values = [*item.earlier, item.value]
        cells = [
            Text(make.name(item), 40),
            Text(item.analyte.unit, 400),
            Text(make.range(item.low, item.high, item), 490),
        ]
        for n, x in zip(order, xs, strict=True):
            if n < 2 and make.rng.random() < 0.25:
                continue
            comparator = item.comparator if n == 2 else None
            cells.append(Text((comparator or "") + make.number(values[n], item), x))
            make.add(
                item,
                value=values[n],
                comparator=comparator,
                flag=flag(values[n], comparator, item.low, item.high),
                collected=days[n],
            )
        make.paper.line(*cells)
    make.foot()


def gridded(make: Maker) -> None:
    """A ruled table, centred, flag before the value, the heading over two lines."""
    make.head()
    first, _, second = make.words["ref"].partition(" ")
    make.paper.rule(38, 560)
    make.paper.line(
        Text(make.words["test"], 110, "center"),
        Text(make.words["flag"], 230, "center"),
        Text(make.words["result"], 290, "center"),
        Text(first, 380, "center"),
        Text(make.words["unit"], 490, "center"),
        bold=True,
        step=11,
    )
    make.paper.line(Text(second, 380, "center"), bold=True, step=16)
    for item in make.panel.items:
        make.paper.rule(38, 560)
        make.paper.line(
            Text(make.name(item), 110, "center"),
            Text(make.flag(item), 230, "center"),
            Text(make.value(item), 290, "center"),
            Text(make.range(item.low, item.high, item, "-"), 380, "center"),
            Text(item.analyte.unit, 490, "center"),
            step=15,
        )
        make.add(item)
    make.foot()


LAYOUTS: dict[str, Callable[[Maker], None]] = {
    layout.__name__: layout
    for layout in (
        plain,
        glued,
        side_by_side,
        unit_in_heading,
        footnotes,
        wrapped,
        pages,
        headerless,
        cumulative,
        gridded,
    )
}


def sheet(layout: Callable[[Maker], None], panel: Panel, language: str, seed: str = "drawn") -> Sheet:
    """One report."""
    make = Maker(panel, language, f"{seed} {layout.__name__}")
    layout(make)
    name = f"{layout.__name__}-{language}-{panel.day}"
    return Sheet(name, make.paper.done(), tuple(make.rows), panel.sex, panel.age)


def sheets(
    panels: Sequence[Panel], layouts: Sequence[Callable[[Maker], None]] = tuple(LAYOUTS.values()), seed: str = "drawn"
) -> list[Sheet]:
    """Every layout in every language, the panels dealt out in turn."""
    pairs = [(layout, language) for layout in layouts for language in LANGUAGES]
    return [sheet(layout, panels[at % len(panels)], language, seed) for at, (layout, language) in enumerate(pairs)]
