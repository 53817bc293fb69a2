"""What the tests of widgets share: what is shown, as pixels and words, and moves as a kernel gets them."""

import base64
import html
import io
import re
import threading

import numpy as np
from PIL import Image

from micrograd_lite.figures import course_style


def pixels(widget):
    """What a widget shows, (height, width, 3)."""
    data = base64.b64decode(re.search('base64,([^"]+)', widget._image.value)[1])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def drawn(figure):
    """A figure drawn from scratch, at the size of a widget's."""
    with course_style():
        figure.set_dpi(100)
        figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[:, :, :3].astype(int)


def alt(widget):
    """The picture's text alternative."""
    return html.unescape(re.search('alt="([^"]*)"', widget._image.value)[1])


def said(widget):
    """The sentence below the picture."""
    assert "micrograd-lite-says" in widget._status._dom_classes
    return html.unescape(re.sub("<[^>]*>", " ", widget._status.value)).strip()


def move(widget, **values):
    for name, value in values.items():
        widget.controls[name].value = value


def assert_shows(widget, picture, exact=True):
    """The widget shows this `Picture`: pixel for pixel, or but for edges where artists overlap."""
    difference = abs(pixels(widget) - drawn(picture.figure)).max(axis=-1)
    assert difference.max() == 0 if exact else np.mean(difference > 40) < 0.002
    assert alt(widget) == picture.alt


def at_once(*works):
    """Call functions in threads of their own, as a kernel may, and raise what one of them raises."""
    problems = []

    def run(work):
        try:
            work()
        except Exception as problem:
            problems.append(problem)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]


def ends(control, count):
    """A function that moves a control to and fro, `count` times."""
    options = getattr(control, "options", None)
    values = [o[1] if isinstance(o, tuple) else o for o in options] if options else [control.min, control.max]

    def slide():
        for k in range(count):
            control.value = values[(k + 1) % len(values)]

    return slide
