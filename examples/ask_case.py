"""Draft a case and ask about it: `python examples/ask_case.py CASE_DIR "question"…`; each may follow up on the last."""

import sys

from app import Prelim

if len(sys.argv) < 3:
    print('usage: python examples/ask_case.py CASE_DIR "question"…', file=sys.stderr)
    sys.exit(2)
_, folder, *questions = sys.argv
prelim = Prelim()
case = prelim.draft(folder).case_id
for number, question in enumerate(questions):
    answer = prelim.ask(case, question, earlier=questions[:number])
    print(f"{question}\n  {answer.text}")
    for statement in answer.statements:
        for place in statement.evidence[:1]:
            print(f"    {place.date} {place.record}: {place.quote}")
