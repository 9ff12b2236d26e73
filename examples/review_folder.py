"""Draft the cases of a folder, then review them: `python examples/review_folder.py FOLDER REVIEWER`."""

import sys

from app import Prelim

if len(sys.argv) != 3:
    print("usage: python examples/review_folder.py FOLDER REVIEWER", file=sys.stderr)
    sys.exit(2)
prelim = Prelim()
for done in sorted(prelim.batch(sys.argv[1]), key=lambda done: done.case):
    if done.status != "review" or done.case_id is None:
        print(done.case, done.status, done.error.message if done.error else "", file=sys.stderr)
        continue
    print(prelim.text(done.case_id))
    if input("Sign? [y/N] ").lower() == "y":
        prelim.sign(done.case_id, reviewer=sys.argv[2])
