"""Draft one case: `python examples/draft_case.py CASE_DIR`."""

import sys

from app import Prelim

if len(sys.argv) != 2:
    print("usage: python examples/draft_case.py CASE_DIR", file=sys.stderr)
    sys.exit(2)
prelim = Prelim()
draft = prelim.draft(sys.argv[1])
for statement in draft.sections.impression:
    print(statement.text, "·", *statement.evidence)
print(prelim.folder(draft.case_id) / "draft.html")
