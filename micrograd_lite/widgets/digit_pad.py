"""Draw a digit, and see what a network makes of it while you draw.

`DigitPad(predict)` is the pad, for mouse, finger, pen and keyboard; it needs a notebook with a kernel.
`digit_guess(pixels, predict(pixels))` is the still picture. `pixels_of(strokes)` turns lines drawn on the pad
into the 64 pixels of the data set: strokes → 32 × 32 dots → counts in blocks of 4 × 4 → shares of ink.
"""

import threading

import anywidget
import numpy as np
import traitlets
from matplotlib.patches import Rectangle

from micrograd_lite import figures

__all__ = ["DigitPad", "check_pixels", "check_probabilities", "digit_guess", "pixels_of", "says"]

SIDE = 32  # dots of the bitmap, as in the UCI data set
BOX = (15.5, 29.0)  # dots: how wide and how high a drawing is stretched to be, brush not counted
STRETCH = (1.5, 2.0)  # at most so many times wider than it was for its height, or higher for its width
LARGEST = 150.0  # dots per side of the pad, so that a point stays a point
INK = 312  # dots: the mean of the data set's pictures, to which the brush is fitted
BRUSH = (1.0, 5.0)  # dots: the smallest and the largest radius of the brush
EMPTY = "Draw a digit."


# ---------------------------------------------------------------- from strokes to pixels


def pixels_of(strokes):
    """What the network gets of a drawing: (64,) shares of ink in 0..1, rows from the top left.

    strokes : list of strokes, each a list of points (x, y) in 0..1 of the pad, x to the right, y down.
    The pictures of the data set (Alpaydin and Kaynak 1998, see data/README.md) are 32 × 32 dots, in which the
    dots of ink are counted in blocks of 4 × 4; every digit fills the height. So the drawing is stretched to
    that size, put into the middle, and painted with a round brush as thick as gives the usual amount of ink
    (tests/test_widgets_digit_pad.py measures what that is good for). Errors: ValueError for strokes without
    points or of another form.
    """
    strokes = _check_strokes(strokes)
    if not strokes:
        raise ValueError("pixels_of needs at least one stroke, got an empty pad")
    counts = _dots(_stretched(strokes)).reshape(8, 4, 8, 4).sum(axis=(1, 3))  # (8, 8), 0..16
    return counts.ravel() / 16.0


def _check_strokes(strokes):
    """A list of (n, 2) float64 arrays."""
    said = "strokes are lists of points (x, y), finite numbers, at least one point in each stroke"
    try:
        arrays = [np.asarray(stroke, dtype=np.float64) for stroke in strokes]
    except (TypeError, ValueError):
        raise ValueError(f"{said}; got {strokes!r:.80}") from None
    for array in arrays:
        if array.ndim != 2 or array.shape[1] != 2 or len(array) == 0 or not np.isfinite(array).all():
            raise ValueError(f"{said}; got a stroke {array.tolist()!r:.60}, shape {array.shape}")
    return arrays


def _stretched(strokes):
    """The strokes in dots of the bitmap, in the middle of it."""
    points = np.concatenate(strokes)  # (n, 2)
    low, high = points.min(axis=0), points.max(axis=0)
    x, y = np.array(BOX) / np.maximum(high - low, 1e-9)  # dots per side of the pad, for the full box
    scale = np.minimum([min(x, STRETCH[0] * y), min(y, STRETCH[1] * x)], LARGEST)
    return [(stroke - (low + high) / 2) * scale + SIDE / 2 for stroke in strokes]


def _dots(strokes):
    """(32, 32) of 0 and 1: the dots nearer to a line than the radius of the brush."""
    distance = _distances(strokes)
    radius = np.clip(np.partition(distance.ravel(), INK)[INK], *BRUSH)
    return (distance < radius).astype(np.float64)


def _distances(strokes, at_once=256):
    """(32, 32) distances of the middles of the dots to the nearest line, in dots."""
    starts = np.concatenate([stroke[:-1] if len(stroke) > 1 else stroke for stroke in strokes])  # (n, 2)
    ends = np.concatenate([stroke[1:] if len(stroke) > 1 else stroke for stroke in strokes])
    middles = np.arange(SIDE) + 0.5
    nearest = np.full((SIDE, SIDE), np.inf)
    for k in range(0, len(starts), at_once):
        (x, y), (dx, dy) = starts[k : k + at_once].T, (ends - starts)[k : k + at_once].T  # (n,) each
        right = middles[None, :, None] - x  # (1, 32, n)
        down = middles[:, None, None] - y  # (32, 1, n)
        length = dx * dx + dy * dy
        part = np.clip((right * dx + down * dy) / np.where(length > 0.0, length, 1.0), 0.0, 1.0)
        far = (right - part * dx) ** 2 + (down - part * dy) ** 2  # (32, 32, n)
        nearest = np.minimum(nearest, far.min(axis=2))
    return np.sqrt(nearest)


# ---------------------------------------------------------------- what a network says


def check_pixels(pixels):
    """The picture of one digit as an (8, 8) array. Errors: ValueError unless (64,) or (8, 8) in 0..1."""
    array = np.asarray(pixels, dtype=np.float64)
    if array.shape not in ((64,), (8, 8)):
        raise ValueError(f"a digit is 64 or 8 × 8 pixels, got shape {array.shape}")
    if not ((array >= 0.0) & (array <= 1.0)).all():
        raise ValueError("pixels are shares of ink from 0 to 1: divide the counts of the data set by 16")
    return array.reshape(8, 8)


def check_probabilities(probabilities):
    """Ten probabilities as a (10,) array. Errors: ValueError that says what it is instead."""
    try:
        array = np.asarray(probabilities, dtype=np.float64)
    except (TypeError, ValueError, RuntimeError) as error:  # RuntimeError: a tensor that needs detach()
        raise ValueError(
            f"ten probabilities are needed; NumPy cannot read this {type(probabilities).__name__}: {error}"
        ) from None
    if array.shape != (10,):
        hint = ": take its row [0]" if array.shape == (1, 10) else ""
        raise ValueError(f"ten probabilities are needed, shape (10,), got shape {array.shape}{hint}")
    if not np.isfinite(array).all():
        raise ValueError("ten probabilities are needed, and one of these is NaN or infinite")
    if array.min() < 0.0 or abs(array.sum() - 1.0) > 1e-3:
        raise ValueError(
            f"probabilities are at least 0 and sum to 1; these go from {array.min():.4g} to "
            f"{array.max():.4g} and sum to {array.sum():.4g}. Are they logits? Then softmax is missing"
        )
    return array


def percent(p):
    """A probability in words a reader can trust: neither 0 % nor 100 % for what is only close to it."""
    whole = round(100 * p)
    if whole == 0 and p > 0.0:
        return "< 1 %"
    return "> 99 %" if whole == 100 and p < 1.0 else f"{whole} %"


def says(probabilities):
    """The first two guesses: "Looks like 7 (93 %), then 1 (4 %)."; the second from 1 % on."""
    first, second = np.argsort(-probabilities, kind="stable")[:2]
    more = f", then {second} ({percent(probabilities[second])})" if round(100 * probabilities[second]) else ""
    return f"Looks like {first} ({percent(probabilities[first])}){more}."


# ---------------------------------------------------------------- the still picture


def digit_guess(pixels, probabilities):
    """One digit as the network sees it, and its ten probabilities as bars, as a `figures.Picture`.

    pixels : (64,) or (8, 8) in 0..1. probabilities : (10,), at least 0, sum 1. The highest has a mark.
    Errors: ValueError.
    """
    pixels, probabilities = check_pixels(pixels), check_probabilities(probabilities)
    with figures.course_style():
        figure = figures.new_figure(7.6, 3.0)
        digit, bars = figure.subplots(1, 2, width_ratios=(1.0, 1.9))
        frame_digit(digit)
        frame_bars(bars)
        draw_digit(digit, pixels)
        draw_bars(bars, probabilities)
        figure.suptitle(says(probabilities), x=0.01, ha="left", fontweight="bold", fontsize=13)
    numbers = ", ".join(f"{k}: {p:.3f}" for k, p in enumerate(probabilities))
    return figures.Picture(figure, f"{says(probabilities)} Probabilities: {numbers}.")


def frame_digit(ax):
    """Axes for 8 × 8 pixels."""
    ax.set(xlim=(-0.6, 7.6), ylim=(7.6, -0.6), aspect="equal", xticks=[], yticks=[])
    ax.spines[:].set_visible(True)


def draw_digit(ax, pixels):
    """Show (8, 8) pixels: white is paper, black is ink. -> the artists"""
    look = {"cmap": "Greys", "vmin": 0.0, "vmax": 1.0}
    return [ax.imshow(pixels, extent=(-0.5, 7.5, 7.5, -0.5), **look)]


def frame_bars(ax):
    """Axes for ten bars that lie, 0 on top."""
    ax.set(xlim=(0.0, 1.3), ylim=(9.6, -0.6), yticks=range(10), xticks=(0.0, 0.5, 1.0), xlabel="probability")


def draw_bars(ax, probabilities, truth=None):
    """The ten probabilities; the highest has another colour, bold type and a mark. -> the artists

    A bar has its number from 1 % on. truth : the digit that was meant, if known; it gets a note.
    """
    top, drawn = int(np.argmax(probabilities)), []
    for k, p in enumerate(probabilities):
        color, weight, mark = (figures.ORANGE, "bold", " ◀") if k == top else (figures.BLUE, "normal", "")
        drawn.append(ax.add_artist(Rectangle((0.0, k - 0.36), p, 0.72, facecolor=color)))
        if round(100 * p) or k == truth:
            label = percent(p) + mark + ("  ← it is" if k == truth else "")
            drawn.append(ax.text(p + 0.015, k, label, va="center", fontsize=9.5, weight=weight))
    return drawn


# ---------------------------------------------------------------- the pad

_ESM = r"""
const WAIT = 50;           // ms: at most 20 drawings a second go to the kernel
const NEAR = 0.008;        // of the pad: points closer than that are one
const STEPS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};

function make(parent, tag, attributes = {}, text = "") {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  parent.append(element);
  return element;
}

function render({model, el}) {
  const help = "pad-help-" + Math.random().toString(36).slice(2);
  const left = make(el, "div", {class: "pad-left"});
  const canvas = make(left, "canvas", {class: "pad-canvas", tabindex: "0", role: "application",
    "aria-roledescription": "drawing pad", "aria-label": "Draw a digit here", "aria-describedby": help});
  const pen = make(left, "div", {class: "pad-pen", "aria-live": "polite"});
  const buttons = make(left, "div", {class: "pad-buttons"});
  const ownKeys = {type: "button", class: "jupyter-button", "data-lm-suppress-shortcuts": "true"};
  const undoButton = make(buttons, "button", ownKeys, "Undo");
  const clearButton = make(buttons, "button", ownKeys, "Clear");
  const middle = make(el, "div", {class: "pad-middle"});
  make(middle, "div", {class: "pad-title"}, "What the network gets");
  const view = make(middle, "canvas", {class: "pad-view", width: "8", height: "8", role: "img"});
  make(middle, "div", {class: "pad-help", id: help},
    "Draw with mouse, finger or pen. Keyboard: Tab to the pad, or click it and press Enter; the arrows " +
    "move the cursor (with Shift: less far), Space puts the pen down or lifts it, Backspace undoes, " +
    "Delete clears, Escape gives the keys back to the page.");
  const right = make(el, "div", {class: "pad-right"});
  const says = make(right, "div", {class: "pad-says", role: "status", "aria-live": "polite"});
  const list = make(right, "ul", {class: "pad-bars", "aria-label": "Probability of each digit"});
  const rows = Array.from({length: 10}, (_, digit) => {
    const row = make(list, "li");
    make(row, "span", {class: "pad-digit"}, digit + ":");
    const bar = make(make(row, "span", {class: "pad-track", "aria-hidden": "true"}), "span");
    return {row, bar, label: make(row, "span", {class: "pad-label"})};
  });

  let strokes = model.get("strokes"), sent = strokes, timer = null, last = 0;
  let pointer = null, outside = false, penDown = false, cursor = [0.5, 0.2];
  let past = [];    // the drawings before, for Undo
  let keys = true;  // the pad takes the keys: not after the mouse, then they are the page's or the slides'

  // -- what goes to the kernel, and what comes back

  function send() {
    timer = null;
    last = performance.now();
    sent = strokes.map(stroke => stroke.slice());
    model.set("strokes", sent);
    model.save_changes();
  }
  function changed() {
    draw();
    says.setAttribute("aria-busy", "true");  // a reader speaks when the drawing rests
    if (timer === null) timer = setTimeout(send, Math.max(0, WAIT - (performance.now() - last)));
  }
  function received() {
    if (model.get("strokes") === sent) return;
    strokes = sent = model.get("strokes");  // another view of this pad, or Python
    past = [];
    lift();
    draw();
  }
  let rest = null;
  function show() {
    const {pixels, bars, labels, top, sentence, problem} = model.get("reading");
    clearTimeout(rest);
    rest = setTimeout(() => says.removeAttribute("aria-busy"), 500);
    says.textContent = sentence;
    says.classList.toggle("pad-problem", problem);
    const ink = view.getContext("2d");
    for (let k = 0; k < 64; k++) {
      const grey = Math.round(255 * (1 - (pixels[k] || 0)));
      ink.fillStyle = `rgb(${grey}, ${grey}, ${grey})`;
      ink.fillRect(k % 8, Math.floor(k / 8), 1, 1);
    }
    const dark = pixels.filter(p => p > 0).length;
    view.setAttribute("aria-label", `8 by 8 pixels, ${dark} of them with ink`);
    rows.forEach(({row, bar, label}, digit) => {
      bar.style.width = 100 * (bars[digit] || 0) + "%";
      label.textContent = (labels[digit] || "–") + (digit === top ? " ◀" : "");
      row.classList.toggle("pad-top", digit === top);
    });
  }

  // -- the drawing

  function draw() {
    const sharp = window.devicePixelRatio || 1, side = canvas.clientWidth || 280;
    if (canvas.width !== Math.round(side * sharp)) canvas.width = canvas.height = Math.round(side * sharp);
    const ink = canvas.getContext("2d");
    ink.setTransform(canvas.width, 0, 0, canvas.width, 0, 0);  // the pad is 1 wide and 1 high
    ink.fillStyle = "#ffffff";
    ink.fillRect(0, 0, 1, 1);
    ink.strokeStyle = ink.fillStyle = "#222222";
    ink.lineWidth = 0.06;
    ink.lineCap = ink.lineJoin = "round";
    for (const stroke of strokes) {
      ink.beginPath();
      ink.moveTo(...stroke[0]);
      for (const point of stroke) ink.lineTo(...point);
      ink.stroke();
    }
    if (document.activeElement !== canvas || !keys) return;
    ink.beginPath();                          // the keyboard's cursor: a ring, filled while the pen is down
    ink.arc(...cursor, 0.03, 0, 2 * Math.PI);
    ink.lineWidth = 0.012;
    ink.strokeStyle = "#D55E00";
    ink.fillStyle = penDown ? "#D55E00" : "#ffffff";
    ink.fill();
    ink.stroke();
  }
  const within = v => Math.min(1, Math.max(0, v));
  function add(point) {
    const stroke = strokes[strokes.length - 1], [x, y] = stroke[stroke.length - 1];
    if (Math.hypot(point[0] - x, point[1] - y) >= NEAR) stroke.push(point);
  }
  function start(point) {
    past.push(strokes);
    strokes = [...strokes, [point]];
    changed();
  }
  function lift() {
    penDown = false;
    pointer = null;
    pen.textContent = keys ? "Pen up: Space puts it down." : "Enter: draw with the keys.";
  }
  function undo() {
    if (past.length === 0) return;
    lift();
    strokes = past.pop();
    changed();
  }
  function clear() {
    if (strokes.length === 0) return;
    lift();
    past.push(strokes);
    strokes = [];
    changed();
  }

  // -- mouse, finger, pen

  function place(event) {
    const box = canvas.getBoundingClientRect();  // also right on a scaled slide
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }
  canvas.addEventListener("pointerdown", event => {
    if (!event.isPrimary || event.button !== 0) return;
    event.preventDefault();
    keys = false;
    canvas.focus({preventScroll: true});
    canvas.setPointerCapture(event.pointerId);
    lift();
    pointer = event.pointerId;
    outside = false;
    start(place(event).map(within));
  });
  canvas.addEventListener("pointermove", event => {
    if (event.pointerId !== pointer) return;
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length ? moves : [event]) {
      const point = place(move), left = outside;
      outside = point.some(v => v < 0 || v > 1);  // nothing is drawn there; a new stroke begins on return
      if (!outside) left ? start(point) : add(point);
    }
    changed();
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"])
    canvas.addEventListener(name, event => {
      if (event.pointerId !== pointer) return;
      pointer = null;
      draw();
    });

  // -- keyboard

  function move([right, down], far) {
    cursor = [within(cursor[0] + far * right), within(cursor[1] + far * down)];
    if (!penDown) return draw();
    add(cursor);
    changed();
  }
  function togglePen() {
    if (penDown) lift();
    else {
      penDown = true;
      const [x, y] = cursor.map(v => Math.round(100 * v));
      pen.textContent = `Pen down, ${x} % from the left, ${y} % from the top.`;
      start(cursor);
    }
    draw();
  }
  function leave() {
    canvas.blur();
    el.closest(".jp-Cell")?.focus({preventScroll: true});
  }
  function key(event) {  // before JupyterLab, to which x is "cut this cell"
    if (event.target !== canvas || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Backspace") undo();
    else if (event.key === "Delete") clear();
    else if (event.key === "Enter") { keys = true; lift(); draw(); }
    else if (!keys || ["Tab", "PageUp", "PageDown"].includes(event.key)) return;
    else if (event.key in STEPS) move(STEPS[event.key], event.shiftKey ? 0.01 : 0.05);
    else if (event.key === " ") event.repeat || togglePen();
    else if (event.key === "Escape") leave();
    event.preventDefault();
    event.stopImmediatePropagation();
  }
  window.addEventListener("keydown", key, true);
  canvas.addEventListener("focus", draw);
  canvas.addEventListener("blur", () => {
    keys = true;
    lift();
    draw();
  });
  undoButton.addEventListener("click", undo);
  clearButton.addEventListener("click", clear);

  model.on("change:strokes", received);
  model.on("change:reading", show);
  const sized = new ResizeObserver(draw);  // the first size comes when the page shows the pad
  sized.observe(canvas);
  lift();
  show();
  return () => {
    sized.disconnect();
    window.removeEventListener("keydown", key, true);
    clearTimeout(timer);
    clearTimeout(rest);
    model.off("change:strokes", received);
    model.off("change:reading", show);
  };
}
export default {render};
"""

_CSS = """
.micrograd-lite-pad {
  display: flex; flex-wrap: wrap; gap: 8px 24px; align-items: flex-start; padding: 4px;
  color: var(--jp-ui-font-color1, #222222); font-size: 14px;
}
.micrograd-lite-pad .pad-canvas {
  display: block; width: 280px; max-width: 100%; aspect-ratio: 1; box-sizing: border-box; background: #ffffff;
  border: 2px solid #6b6b6b; border-radius: 4px; cursor: crosshair; touch-action: none;
}
.micrograd-lite-pad .pad-canvas:focus, .micrograd-lite-pad button:focus-visible {
  outline: 3px solid var(--jp-brand-color1, #0072b2) !important; outline-offset: 2px;
}
.micrograd-lite-pad .pad-left { max-width: 100%; }
.micrograd-lite-pad .pad-pen { margin: 6px 0; font-size: 12px; }
.micrograd-lite-pad .pad-buttons { display: flex; gap: 8px; }
.micrograd-lite-pad .pad-middle { width: 200px; }
.micrograd-lite-pad .pad-title { font-weight: 600; margin-bottom: 6px; }
.micrograd-lite-pad .pad-view {
  width: 160px; height: 160px; image-rendering: pixelated; border: 1px solid #6b6b6b; background: #ffffff;
}
.micrograd-lite-pad .pad-help { margin-top: 10px; font-size: 12px; line-height: 1.35; }
.micrograd-lite-pad .pad-right { flex: 1 1 260px; max-width: 420px; }
.micrograd-lite-pad .pad-says { font-weight: 600; min-height: 2.6em; line-height: 1.3; }
.micrograd-lite-pad .pad-problem { font-weight: 400; border-left: 4px solid #d55e00; padding-left: 8px; }
.micrograd-lite-pad ul.pad-bars { list-style: none; margin: 0; padding: 0; }
.micrograd-lite-pad .pad-bars li { display: flex; align-items: center; gap: 8px; height: 24px; margin: 0; }
.micrograd-lite-pad .pad-digit { width: 1.4em; text-align: right; }
.micrograd-lite-pad .pad-track { flex: 1; height: 16px; background: var(--jp-layout-color2, #eeeeee); }
.micrograd-lite-pad .pad-track span { display: block; height: 100%; width: 0; background: #0072b2; }
.micrograd-lite-pad .pad-label { width: 7em; white-space: nowrap; }
.micrograd-lite-pad .pad-top { font-weight: 700; }
.micrograd-lite-pad .pad-top .pad-track span { background: #d55e00; }
"""


class DigitPad(anywidget.AnyWidget):
    """A pad to draw a digit on; ten bars show what `predict` says of it while you draw.

    predict : function
        Takes the pixels, a (64,) float64 array in 0..1, and returns ten probabilities. What it does wrong, or
        raises, is told in the pad.

    `strokes` is the drawing as `pixels_of` takes it; set it to draw from Python. `reading` is what is shown.
    Errors: TypeError if `predict` cannot be called.
    """

    _esm = _ESM
    _css = _CSS
    strokes = traitlets.List().tag(sync=True, echo_update=False)
    reading = traitlets.Dict().tag(sync=True)

    def __init__(self, predict):
        if not callable(predict):
            raise TypeError(
                f"DigitPad takes a function of 64 pixels that returns 10 probabilities, got {predict!r:.60}"
            )
        self._predict = predict
        self._lock = threading.RLock()  # moves may come from two threads of the kernel
        super().__init__(reading=_reading(EMPTY))
        self.add_class("micrograd-lite-pad")
        self.observe(lambda _: self._show(), "strokes")

    def __repr__(self):
        return f"DigitPad: {self.reading['sentence']}"

    @traitlets.validate("strokes")
    def _check(self, proposal):
        return [stroke.tolist() for stroke in _check_strokes(proposal.value)]

    def _show(self):
        with self._lock:
            self.reading = self._read(self.strokes)

    def _read(self, strokes):
        if not strokes:
            return _reading(EMPTY)
        pixels = pixels_of(strokes)
        try:
            answer = self._predict(pixels.copy())
        except Exception as error:  # the learner's function: told in the pad, where the learner looks
            return _reading(f"predict raised {type(error).__name__}: {error}", pixels, problem=True)
        try:
            probabilities = check_probabilities(answer)
        except ValueError as error:
            return _reading(f"predict returns something else: {error}.", pixels, problem=True)
        return _reading(says(probabilities), pixels, probabilities)


def _reading(sentence, pixels=(), probabilities=(), problem=False):
    """What the pad shows: a sentence, 64 pixels or none, ten bars or none."""
    return {
        "sentence": sentence,
        "problem": problem,
        "pixels": [float(p) for p in pixels],
        "bars": [float(p) for p in probabilities],
        "labels": [percent(p) for p in probabilities],
        "top": int(np.argmax(probabilities)) if len(probabilities) else None,
    }
