"""Keep a patient's record and search it: `python examples/ask_history.py PATIENT FILE… "question"`."""

import sys

from app import Prelim

if len(sys.argv) < 4:
    print('usage: python examples/ask_history.py PATIENT FILE… "question"', file=sys.stderr)
    sys.exit(2)
_, patient, *files, question = sys.argv
prelim = Prelim()
prelim.history_add(patient, files)
for record in prelim.history_search(patient, question, limit=3):
    print(record.date, record.type, record.text)
