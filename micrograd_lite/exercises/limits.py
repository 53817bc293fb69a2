"""What an answer may do while it is checked: run for a while, print a few lines, ask for input, and not exit.

Nothing that it does hides the verdict or takes the kernel down.
"""

import builtins
import ctypes
import sys
import threading
import time
from contextlib import contextmanager, redirect_stderr, redirect_stdout

__all__ = ["SECONDS", "FewLines", "TimeLimit", "kept_in", "within_time"]

SECONDS = 3.0  # what an answer may take; a check needs a few milliseconds
LINES, LETTERS, PICTURES = 20, 4000, 5  # what it may show


class TimeLimit(BaseException):
    """Stops an answer that takes too long. Not an Exception: `except Exception` must not swallow it."""


class Clock:
    """How much of its time an answer has left. Waiting for `input()` costs nothing."""

    def __init__(self, seconds):
        self._end, self._asked = time.monotonic() + seconds, None

    def left(self):
        return SECONDS if self._asked is not None else self._end - time.monotonic()

    @contextmanager
    def stopped(self):
        self._asked = time.monotonic()
        try:
            yield
        finally:
            self._end += time.monotonic() - self._asked
            self._asked = None


def within_time(function, argument):
    """`function(argument)` in this thread, with TimeLimit raised in it once SECONDS are over.

    A second thread waits and then asks the interpreter to raise here (PyThreadState_SetAsyncExc): that works
    on every system and inside Jupyter, prints and tracebacks are as ever, and "interrupt the kernel" still
    works. It stops Python code, not one long call into C such as `time.sleep(1000)`.
    """
    here, throw = ctypes.c_ulong(threading.get_ident()), ctypes.pythonapi.PyThreadState_SetAsyncExc
    running, mutex = threading.Lock(), threading.RLock()  # `running` is held while the answer runs
    clock = Clock(SECONDS)

    def watch():
        wait = clock.left()
        while not running.acquire(timeout=max(wait, 0.01)):
            wait = clock.left()
            if wait <= 0:
                with mutex:
                    if running.locked():
                        throw(here, ctypes.py_object(TimeLimit))
                wait = 1.0  # again, should the answer have caught it

    def stop_watching():
        with mutex:
            if running.locked():
                running.release()
        for _ in range(3):  # one that was thrown before the release arrives here at the latest: a loop looks
            pass  # (taking it back with None would leave a flag set that hangs Python 3.11 under a tracer)

    running.acquire()
    try:
        try:
            threading.Thread(target=watch, daemon=True).start()
            with questions_cost_no_time(clock):
                return function(argument)
        finally:
            stop_watching()
    except TimeLimit:  # thrown in the answer, or a moment later in the lines above
        stop_watching()
        raise


@contextmanager
def replaced(owner, name, new):
    """Something else under this name for a while. Afterwards an instance has one of its own if it had one."""
    own = name in vars(owner)
    old = getattr(owner, name)
    setattr(owner, name, new)
    try:
        yield
    finally:
        if own:
            setattr(owner, name, old)
        else:
            delattr(owner, name)


@contextmanager
def questions_cost_no_time(clock):
    ask = builtins.input

    def patient(*prompt):
        with clock.stopped():
            return ask(*prompt)

    with replaced(builtins, "input", patient):
        yield


class FewLines:
    """A stream that hands the first lines on to another one, and counts the rest."""

    def __init__(self, stream):
        self.stream = stream
        self.lines = self.letters = self.left_out = 0
        self.cut = False

    def write(self, text):
        room = LETTERS - self.letters
        parts = text.splitlines(keepends=True)
        shown = "".join(parts[: max(LINES - self.lines, 0)])[: max(room, 0)]
        self.letters += len(shown)
        self.lines += shown.count("\n")
        self.left_out += text.count("\n") - shown.count("\n")
        self.cut |= len(shown) < len(text)
        if shown:
            self.stream.write(shown)
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def end(self):
        """Say how much was left out."""
        if self.cut:
            if self.lines < LINES:
                self.stream.write("\n")
            self.stream.write(f"… and more: lines left out: {self.left_out:,}.\n")

    def __getattr__(self, name):
        return getattr(self.stream, name)


class Few:
    """A function that does its work the first times, and nothing after."""

    def __init__(self, function, times):
        self.function, self.times = function, times

    def __call__(self, *args, **named):
        self.times -= 1
        return self.function(*args, **named) if self.times >= 0 else None


def refuse_to_exit(*_):
    raise SystemExit("exit() was called")


@contextmanager
def kept_in():
    """Inside: a few lines and pictures are shown, and `exit()` and `quit()` raise SystemExit."""
    out, err = FewLines(sys.stdout), FewLines(sys.stderr)
    try:
        with redirect_stdout(out), redirect_stderr(err), _in_ipython():
            yield
    finally:
        out.end()
        err.end()


@contextmanager
def _in_ipython():
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        with replaced(builtins, "exit", refuse_to_exit), replaced(builtins, "quit", refuse_to_exit):
            yield
    else:
        publisher = shell.display_pub
        with (
            replaced(shell, "ask_exit", refuse_to_exit),  # what exit and quit of a notebook come to
            replaced(publisher, "publish", Few(publisher.publish, PICTURES)),
        ):
            yield
