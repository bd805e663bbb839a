"""How each picture is to be read: {kind of picture: text}.

The page of a report has these below its pictures, and docs/figures.md is made
of them.
"""

READING = {
    "comparisons": (
        "Left: the AUC of each arm on the same images; the dot is the mean "
        "over seeds, ticks are single seeds, the line is the 95% interval over "
        "other seeds and patients. Right: each arm minus its reference. The "
        "thin line is the 95% interval, the thick one the 90% interval; where "
        "the thick one lies within the grey margin the two are equivalent, "
        "where the thin one holds zero and leaves the margin one cannot tell."
    ),
    "audit": (
        "Each pair of images stands side by side with its splits, "
        "labels and ids; those across splits come first. The hash "
        "distance is the number of bits in which the perceptual hashes "
        "differ. Copies in several splits make AUCs too high; "
        "different people who look alike do not: somebody has to look."
    ),
    "auc": (
        "A band for each AUC, a mark for each run with its 95% interval: where "
        "the AUC would be on other patients (images where patients are not "
        "known), for these weights. Whether two runs differ is not read from "
        "whether their intervals overlap: both are scored on the same images."
    ),
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
        "axis; arms of one network cost the same, and stand beside each other."
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
    "between": (
        "Similarity of two networks trained on the same data, by stage. Thick "
        "curves are means over the pairs of one kind, thin ones are the pairs, "
        "lines up and down their 95% intervals; on the right each mark is a "
        "pair, averaged over the top two stages. 1 is the same representation "
        "up to a linear map. At the dotted chance floor nothing is shared; the "
        "dashed layout floor is what the frame of the pictures alone gives. If "
        "pairs of unequal starts lie as high as pairs of equal ones, where a "
        "network began has left no trace at that stage."
    ),
    "before_after": (
        "Each stage of a trained network against the same stage before "
        "training: 1 is unchanged up to a linear map, the chance floor is as "
        "if it had been replaced. Features are kept where a pretrained start "
        "stays nearer to itself than random weights do (right: above the "
        "dashed line). Random weights stay near their start, too, in wide "
        "networks, so that a high curve alone is no sign of reuse."
    ),
    "start_against_end": (
        "Each mark is a pair of runs: across, how similar their networks were "
        "before training, upwards, after it. On the grey diagonal training "
        "changed nothing; networks that began with the same weights are at 1 "
        "across. R squared is the share of the differences between pairs that "
        "a line through them explains: near 1, the start decides "
        "how similar networks end. Pairs that share a run are not independent, "
        "so no interval goes with it."
    ),
    "dynamics": (
        "Each row is a stage, each column a snapshot: how similar it is to the "
        "trained network. A row that is bright early has settled early; n/a "
        "where the similarity is undefined."
    ),
    "matrix": (
        "Every run against every run, a panel for each stage. Similar runs "
        "stand beside each other, so bright squares along the diagonal are "
        "groups of networks that are alike; n/a where a value is undefined."
    ),
    "movement": (
        "How far the weights of each stage moved from their start, in absolute "
        "terms and over the norm they had, beside how similar the features "
        "stayed. Weights can move far without changing features, and the other "
        "way round."
    ),
    "reuse": (
        "Left, similarity to the network that the weights were taken from: "
        "pale curves are starts, full ones trained networks. Right, what there "
        "was to reuse: the AUC of a linear classifier on the features of each "
        "stage of the source, before any training here. Where it lies above "
        "that of random weights, and the trained networks stay near the "
        "source, features were reused; where it does not, there was nothing."
    ),
    "gain": (
        "Each mark is a run: across, how similar a stage stayed to its own "
        "start, upwards, the AUC it gained over a run from random weights with "
        "the same seed, relative to that. A slope would say that runs which "
        "keep more features gain more. Coefficients are above each panel, with "
        "an interval where there are enough clusters of runs."
    ),
    "filters": (
        "The filters of the first convolution before training, after it, and "
        "the difference, those that changed most first. Mid-grey is zero. "
        "Before and after share one scale, so a filter that did not move looks "
        "the same; the difference has its own, which its title gives."
    ),
    "filters_channels": (
        "The same filters, each channel of the input by itself: grey levels "
        "are weights, mid-grey is zero. Channels share one scale."
    ),
    "gabor_like": (
        "Left, how many filters a Gabor function (a wave within a Gaussian) "
        "fits better than it fits 95% of patterns with the same spectrum and "
        "random phases; the black stroke is what chance gives. Right, the "
        "share of filters (full) and of such patterns (dotted) whose fit "
        "reaches each R squared, and the threshold (dashed)."
    ),
    "gabor_bank": (
        "The Gabor filters that a network of --init=gabor starts from, in the "
        "order of its channels; gabor_bank.csv has orientation, wavelength, "
        "phase and colour of each. Mid-grey is zero, and all share one scale."
    ),
    "resilience": (
        "Each mark is what an arm's AUC loses, in the mean over its runs, "
        "where one stage of the trained network is back at its start (left) or "
        "at fresh random weights (right) and all others stay trained. At 0 the "
        "stage is not needed as it was trained. Bars are intervals over other "
        "patients, and over seeds where an arm has several."
    ),
    "resilience_path": (
        "A panel an arm, a line a stage: AUC lost on the way from the stage's "
        "start (left) to its trained weights (right). The sooner a line is "
        "down, the less of its change the stage needs."
    ),
    "criticality": (
        "Each mark is how critical a stage of an arm is: its way back to its "
        "start, squared, in units of the noise that it bears on that way "
        "before more than the margin of AUC is lost; the median over the "
        "arm's runs, which are strokes. Below are stages that can go back, "
        "above those that no noise given spares even where they are trained. "
        "A stage is critical where it moved far and the valley that it moved "
        "along is narrow. Numbers grow with the tensors' sizes, so that arms "
        "are compared at a stage, rather than stages of an arm."
    ),
    "barrier": (
        "AUC (above) and loss (below) on the straight line between the weights "
        "of two runs, a column for the pairs of each arm and one for pairs of "
        "two arms. A line that sags in AUC and bulges in loss has a barrier. "
        "Dashed: with the channels of the second run matched to the first's."
    ),
    "barrier_arms": (
        "The mean AUC barrier between runs of every two arms; on the diagonal "
        "between the seeds of an arm. Empty where there is no pair."
    ),
    "shortcut": (
        "What each arm's AUC loses, in the mean over its runs, on images "
        "whose blocks are shuffled (left), whose details are blurred "
        "(middle), and that have nothing but details (right); below zero is "
        "better, further down is worse. Below each strength is its size in "
        "pixels. Bars are intervals over other patients, and over seeds "
        "where an arm has several; on dotted lines all is lost. Whether two "
        "arms differ is in `shortcut_contrasts.csv`."
    ),
    "shortcut_images": (
        "What the networks see: images of different classes, as they are "
        "and distorted in each way."
    ),
    "probes": (
        "AUC of a linear and of a k-NN probe on each stage alone, from the "
        "bottom to the top. An arm has one colour: full lines are its "
        "trained networks, dotted ones their starts; dashed is the source. "
        "Grey is the floor, random weights, with its interval. Where a line "
        "stays in the grey band, the stage knows nothing of the task that "
        "its architecture does not give away. Strokes are intervals over "
        "other patients, and over networks where there are several. More than "
        "four arms have panels of their own: blue is then trained, orange the "
        "start, green the source."
    ),
    "scaling_probe": (
        "For each way to scale pixels, how far the inputs of each batch norm "
        "are from the statistics that the weights hold, bottom to top. The "
        "lowest line is the scaling that fits best: a hint, not a proof, since "
        "other images than those of the training differ somewhat under every "
        "scaling. Lines that lie on each other cannot be told apart."
    ),
    "source_scores": (
        "Each curve is a source: what a linear probe (left) and the nearest "
        "training images (middle) make of the frozen features of a stage, and "
        "LogME (right), which has no interval and is comparable within the "
        "panel only. Grey are networks with random weights: a source that "
        "does not leave them has nothing for this target. Bars are 95% "
        "intervals over other patients. Probes say what features hold before "
        "training, not what training makes of them."
    ),
}
