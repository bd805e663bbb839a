"""How each picture is to be read: {kind of picture: text}.

The page of a report has these below its pictures, and docs/figures.md is made
of them.
"""

READING = {
    "arm_aucs": (
        "A band for each AUC, a mark for each way to begin. A mark is the mean "
        "over seeds, short strokes are the seeds, a line is the 95% interval: "
        "where the AUC would be with other seeds and other patients. Hollow "
        "marks have a note in the table: few images of a class, or one seed. "
        "Whether two arms differ is not read from whether their intervals "
        "overlap: both are scored on the same images, and the verdicts are on "
        "the differences."
    ),
    "train_sizes": (
        "Left the AUC (mean over seeds) by the number of training images, "
        "right how far each arm is above its reference. Lines up and down are "
        "95% intervals; marks of arms at one size stand beside each other. "
        "Filled marks on the right: a difference is shown, with p values "
        "adjusted for all sizes and arms. The grey band is the margin: "
        "differences within it would change nobody's choice."
    ),
    "network_sizes": (
        "Each mark is an arm (mean over seeds): to the right it costs more, "
        "downwards it is further below the best, which was chosen on val. "
        "Filled marks are not inferior to the best within the margin (dashed), "
        "hollow ones are not shown to be. The grey steps are the Pareto front: "
        "no other arm is both cheaper and better. Costs are on a logarithmic "
        "axis."
    ),
    "convergence": (
        "Left the validation AUC during training, mean over the runs of an arm "
        "and their range, right when each run reached the target for good "
        "(filled) or ended without having reached it (hollow). The target is "
        "nine tenths of the way from chance to where the reference ends, for "
        "each network its own. Steps count optimizer updates, not seconds."
    ),
    "convergence_stages": (
        "Each mark is a run: when it reached the target (filled), or ended "
        "without (hollow). From left to right more stages were taken from the "
        "source; the rest began at random. Where the line falls at one stage, "
        "the features up to it are what speeds training up."
    ),
    "calibration_bins": (
        "Images in bins by their score: across, the mean score of a bin, "
        "upwards the share of positives in it, with its 95% interval. On the "
        "dashed diagonal scores are probabilities; below it they promise too "
        "much, above too little. Each line is one run; runs that differ by the "
        "seed have one colour."
    ),
    "curves": (
        "Each line is one run; runs that differ by the seed have one colour. "
        "In ROC curves (sensitivity against 1 - specificity) the upper left "
        "corner is perfect and the dashed diagonal says nothing; in "
        "precision-recall curves it is the upper right corner, and the dashed "
        "line is the share of positives."
    ),
    "subgroups": (
        "A line for each group of images and each run, with the 95% interval "
        "over patients (images where patients are not known). Groups with few "
        "of a class have wide intervals. Whether two groups differ is in the "
        "table of differences, with p values adjusted for all groups and "
        "questions of a run."
    ),
    "agreement": (
        "Each pair of runs on the same images: the share on which both are "
        "right or both wrong, beside what it would be if their errors were "
        "independent, and Cohen's kappa of the errors. A kappa of 0 is "
        "independence, 1 the same errors. Where a pair from two sources is as "
        "alike as two seeds of one arm, the source has left no mark on which "
        "images are hard."
    ),
    "disagreement_by_class": (
        "For the images of each true class, how often exactly one of two runs "
        "is right (left) and how often they answer differently (right)."
    ),
}
