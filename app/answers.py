"""An answer as plain words: its statements with numbered sources, what to know beside, and what the program is."""

from collections.abc import Iterator

from prelim.answer import Answer, AnswerStatement, Quoted

_SOURCES_SHOWN = 12


def as_words(answer: Answer) -> str:
    """The whole answer: statements, sources, warnings, notice."""
    numbers = Numbers()
    said = [numbers.marked(statement) for statement in answer.statements]
    return "\n".join([*said, "", numbers.rest(answer)]).strip()


class Numbers:
    """Numbers the sources as statements come: the same place has the same number."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], tuple[int, Quoted]] = {}
        self.said: list[AnswerStatement] = []

    def marked(self, statement: AnswerStatement) -> str:
        """A statement with the numbers of its sources; of many the first."""
        self.said.append(statement)
        numbers = [self._number(place) for place in statement.evidence[:_SOURCES_SHOWN]]
        more = " …" if len(statement.evidence) > _SOURCES_SHOWN else ""
        return f"{statement.text} {''.join(f'[{number}]' for number in numbers)}{more}".strip()

    def sources(self) -> Iterator[str]:
        """The sources named so far: number, day, record and its own words."""
        for number, place in self.known.values():
            quote = " ".join(place.quote.split())
            yield f"[{number}] {place.date or 'undated'}, {place.record}: “{quote}”"

    def rest(self, answer: Answer) -> str:
        """What follows the statements that were said: those that were not, the sources, warnings, notice."""
        bare = [statement.text for statement in answer.statements if statement not in self.said]
        parts = [bare, list(self.sources()), [f"Note: {text}" for text in answer.warnings], [answer.notice]]
        return "\n\n".join("\n".join(part) for part in parts if any(part))

    def _number(self, place: Quoted) -> int:
        return self.known.setdefault((place.record, place.quote), (len(self.known) + 1, place))[0]
