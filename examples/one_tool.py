"""Use one tool alone, here on lab reports: `python examples/one_tool.py FILE…`."""

import sys

from app import Prelim

if len(sys.argv) < 2:
    print("usage: python examples/one_tool.py FILE…", file=sys.stderr)
    sys.exit(2)
for lab in Prelim().labs(sys.argv[1:]).labs:
    print(lab.name, lab.value_text, lab.unit, lab.flag or "")
