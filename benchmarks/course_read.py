"""What a reader made of each change that the rules find stated in the Indiana reports (Open-i), by report and label.

`READ` has every change that is told, right or wrong; what a change of the rules makes new counts as not yet read.
`MISSED` are those that a report states of a finding of ours and the rules do not tell.
"""

RIGHT = """
1013 cardiomegaly stable, 1197 vascular_congestion stable, 1227 calcified_granuloma stable,
1285 hilar_enlargement stable, 1645 lung_opacity stable, 1691 low_lung_volumes stable, 1691 lung_opacity stable,
2079 calcified_granuloma stable, 2079 degenerative_spine stable, 2361 scoliosis stable, 2521 cardiomegaly stable,
253 pneumothorax stable, 253 chest_tube stable, 2753 calcified_lymph_node stable, 2883 cardiomegaly stable,
2945 interstitial_markings stable, 3175 pleural_thickening stable, 3175 lung_nodule stable,
3323 tortuous_aorta stable, 3323 pacemaker stable, 3459 medical_material stable, 3725 calcified_granuloma stable,
493 calcified_lymph_node stable, 509 chest_tube stable, 509 pleural_effusion better, 509 lung_opacity stable,
509 film better, 901 cardiomegaly stable, 901 granulomatous_disease stable, 901 sternotomy_wires stable,
1003 lung_opacity new, 1151 film stable, 1459 cardiomegaly stable, 1459 calcified_granuloma stable,
1621 calcified_granuloma stable, 1637 cardiomegaly stable, 1965 interstitial_markings worse,
2047 calcified_granuloma stable, 2057 interstitial_markings stable, 215 cardiomegaly stable, 215 scoliosis stable,
2187 calcified_granuloma stable, 219 film stable, 2193 pulmonary_fibrotic_sequela stable, 2193 lung_opacity stable,
2193 pleural_thickening stable, 2715 lung_nodule new, 277 lung_nodule stable, 277 calcified_granuloma stable,
2847 tortuous_aorta stable, 2847 medical_material stable, 2887 pneumothorax resolved,
3103 elevated_hemidiaphragm stable, 3103 atelectasis stable, 3107 lung_mass worse, 3653 degenerative_spine stable,
3653 film stable, 3655 lung_nodule stable, 3693 lung_mass resolved, 3829 cardiomegaly stable,
3829 vascular_congestion stable, 3829 lung_opacity better, 3869 cardiomegaly stable,
3877 arterial_wall_calcification worse, 3877 lung_nodule stable, 3905 cardiomegaly stable,
409 interstitial_markings stable, 409 calcified_granuloma stable, 409 pulmonary_fibrotic_sequela stable,
549 pulmonary_fibrotic_sequela stable, 549 atelectasis stable, 549 film stable, 63 hyperinflation stable,
63 degenerative_spine stable, 685 lung_opacity stable, 685 granulomatous_disease stable, 811 fracture stable,
925 interstitial_markings worse"""
WRONG = "3103 pneumonia new, 3107 lung_opacity worse"
"""An aside about an earlier film taken for a change; the density of a mass taken for a finding of its own."""
MISSED = """
3819 cardiomegaly stable, 1045 fracture stable, 2071 lung_nodule new, 2193 blunted_costophrenic_angle stable,
2403 atelectasis stable, 2847 elevated_hemidiaphragm stable, 2957 elevated_hemidiaphragm stable,
3627 elevated_hemidiaphragm stable"""


def _keys(items: str) -> set[tuple[str, str, str]]:
    return {(name, label, change) for name, label, change in (item.split() for item in items.split(","))}


READ = {**dict.fromkeys(_keys(RIGHT), "right"), **dict.fromkeys(_keys(WRONG), "wrong")}
UNTOLD = _keys(MISSED)
