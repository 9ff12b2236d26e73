"""See what intake makes of a scan, a slide or a folder: `python examples/look_inside.py PATH`. No model is asked."""

import sys

from app import Prelim

if len(sys.argv) != 2:
    print("usage: python examples/look_inside.py PATH", file=sys.stderr)
    sys.exit(2)
found = Prelim().inspect(sys.argv[1])
for series in found.series:
    spacing_mm = [step and round(step, 3) for step in series.spacing_mm or ()]
    print(series.modality, series.body_part, series.kind, series.marks or "", series.shape, spacing_mm)
    print(f"  {len(series.image_set.images)} of {series.image_set.total} may be shown to a model", *series.issues)
for refusal in found.refused:
    print(refusal.path, refusal.code, refusal.message)
