"""What a reader made of each disagreement between our findings and the headings of the Indiana reports.

By the report's name and the label. Read once, after the rules were written; where a change of the rules makes a new
one, it counts as not yet read.
"""

ERROR = "our error"
DOUBTED = "ambiguous: the report doubts it, the headings state it or leave it out"
OTHERWISE = "ambiguous: one finding under two labels"
INCOMPLETE = "the headings leave it out"
UNMAPPED = "the headings have it, our table of headings does not"
BLANKED = "the word is blanked out in the text"
_KINDS = {
    ERROR: """
        1355 pulmonary_oedema, 159 degenerative_spine, 2187 arterial_wall_calcification,
        2193 blunted_costophrenic_angle,
        2279 lung_opacity, 2847 elevated_hemidiaphragm, 2999 lung_opacity, 3103 pneumonia, 3363 lung_opacity,
        3627 elevated_hemidiaphragm, 3655 degenerative_spine, 3829 lung_opacity, 3841 degenerative_change,
        67 low_lung_volumes, 2989 degenerative_change, 371 calcified_lymph_node, 3819 device, 793 lung_opacity""",
    DOUBTED: """
        1003 atelectasis, 1003 hiatal_hernia, 1301 granulomatous_disease, 1571 hiatal_hernia, 2193 pleural_effusion,
        2279 atelectasis, 2403 atelectasis, 2403 pulmonary_fibrotic_sequela, 2999 pleural_effusion, 3007 atelectasis,
        3829 atelectasis, 3993 cardiomegaly, 1513 atelectasis, 1691 pneumothorax, 1947 granulomatous_disease,
        3191 cardiomegaly, 3567 pneumonia, 3819 cardiomegaly, 3819 pericardial_effusion, 411 atelectasis,
        411 pulmonary_fibrotic_sequela, 535 atelectasis, 535 pulmonary_fibrotic_sequela""",
    OTHERWISE: """
        1355 vascular_congestion, 1965 interstitial_markings, 1965 lung_opacity, 2057 interstitial_markings,
        2071 lung_nodule, 2071 lung_opacity, 2071 vascular_congestion, 215 calcified_granuloma, 215 lung_opacity,
        277 lung_opacity, 3877 lung_nodule, 3877 lung_opacity, 409 lung_opacity, 897 interstitial_markings,
        897 lung_opacity, 1285 lung_nodule, 1947 lung_opacity, 2299 lung_nodule, 2299 lung_opacity,
        2909 calcified_granuloma, 2909 granulomatous_disease, 3175 lung_nodule, 3175 lung_opacity,
        3709 aortic_aneurysm""",
    INCOMPLETE: """
        2127 device, 215 device, 345 degenerative_spine, 925 interstitial_markings, 2313 device,
        2487 degenerative_change, 2487 degenerative_spine, 2487 scoliosis, 3709 device, 3793 aortic_dilatation,
        901 device""",
    UNMAPPED: "1003 arterial_wall_calcification, 2443 arterial_wall_calcification, 3601 arterial_wall_calcification",
    BLANKED: "2909 device",
}
READ = {tuple(item.split()): kind for kind, items in _KINDS.items() for item in items.split(",")}
