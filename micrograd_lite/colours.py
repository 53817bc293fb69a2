"""The colours of the course: those of Okabe and Ito (2008), "Color Universal Design".

Colour-blind readers tell them apart. Figures, graphs and widgets take them from here; `figures.style` has
what else makes the look of a figure.
"""

BLUE, ORANGE, GREEN, PURPLE, GREY, INK = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#6B6B6B", "#222222"
