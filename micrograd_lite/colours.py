"""The colours of the course: those of Okabe and Ito (2008), "Color Universal Design".

Colour-blind readers tell them apart. Figures, graphs and widgets take them from here; `figures.style` has
what else makes the look of a figure.
"""

BLUE, ORANGE, GREEN, PURPLE, GREY, INK = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#6B6B6B", "#222222"

# Each thing has a colour and a second cue: inputs have square corners, activations are round, a weight is
# solid where positive and dashed where negative, a gradient runs back, class 0 is a disc, class 1 a triangle.
INPUT, INPUT_FILL = "#2F86B7", "#E6F1F8"
ACTIVATION, ACTIVATION_FILL = "#8A6100", "#FFF0CC"
POSITIVE_WEIGHT, NEGATIVE_WEIGHT = "#007A5A", "#A3477F"
GRADIENT = "#B0003A"
CLASS_0, CLASS_1 = BLUE, ORANGE
