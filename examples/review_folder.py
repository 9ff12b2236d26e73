"""Review every case of a folder: `python examples/review_folder.py FOLDER REVIEWER`. What is not signed waits."""

import sys
from pathlib import Path

from app import Prelim

if len(sys.argv) != 3:
    print("usage: python examples/review_folder.py FOLDER REVIEWER", file=sys.stderr)
    sys.exit(2)
prelim = Prelim()
for folder in sorted(Path(sys.argv[1]).iterdir()):
    case_id = prelim.draft(folder).case_id
    print(prelim.text(case_id))
    if input("Sign? [y/N] ").lower() == "y":
        prelim.sign(case_id, reviewer=sys.argv[2])
