"""Why a measure does not show what the authors of the sweeps say, as far as that is known.

A rule is not bent for a measure; what bends is what one may conclude from it."""

WHY = {
    ("clipping", "best at 5 to 15"): "grey clips nothing at all. It sees too much guidance, never too little.",
    (
        "clipping",
        "settles at 100",
    ): "it is the share of a few bright fish, so a small change of them is a large one of it.",
    ("flicker", "best at 5 to 15"): "grey fog has a steady light. It sees too much guidance, never too little.",
    ("flicker", "settles at 100"): "it moves by less than half an 8-bit step, as so short a clip does by chance.",
    (
        "motion_amount",
        "settles at 100",
    ): "clips of the same settings differ by more: a fish swims a little otherwise.",
    ("noise", "breaks down beyond 40"): "the broken clips are flat shapes with hard edges, which hold no noise.",
    (
        "noise",
        "best at 5 to 15",
    ): "clips of more guidance are flatter. It sees the grain of too little, never too much.",
    ("piqe", "best at 5 to 15"): "it takes the grain of a soft grey picture for detail.",
    (
        "sharpness",
        "breaks down beyond 40",
    ): "broken clips have more edges and harder ones, which it can't tell from detail.",
    ("sharpness", "settles at 100"): "it counts squares of slopes, which change by twice as much as the slopes.",
    ("unplanned_cuts", "breaks down beyond 40"): "these clips decay without a cut.",
}
