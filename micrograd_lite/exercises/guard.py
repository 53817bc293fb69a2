"""Sees whether an answer changes what it is given. The caller's data is the caller's."""

from functools import wraps
from types import FunctionType, MethodType

__all__ = ["Guard"]

MARK = "_guarded_answer"


class Guard:
    """Compares the arguments of each call of an answer before and after: arrays, tensors, Values, lists,
    dicts, sets.

    `changed` says in words what was changed first, or is empty. Calls that an answer makes of itself are its
    own. A tensor that records gradients is a parameter, and a model, a generator or a function changes by its
    nature.
    """

    def __init__(self):
        self.changed, self._inside = "", False

    def watching(self, answer):
        """The same answer, watched: a function, or a class whose methods are."""
        if isinstance(answer, type):
            methods = {n: self._watched(f) for n, f in vars(answer).items() if isinstance(f, FunctionType)}
            try:
                return type(answer)(answer.__name__, (answer,), self._named(methods, answer))
            except TypeError:  # a class that cannot be derived from, such as bool
                return answer
        return self._watched(answer) if isinstance(answer, (FunctionType, MethodType)) else answer

    @staticmethod
    def inside(answer):
        """The answer itself."""
        return getattr(answer, MARK, answer)

    @staticmethod
    def _named(methods, answer):
        places = {"__module__": answer.__module__, "__qualname__": answer.__qualname__}
        return {**methods, **places, "__doc__": answer.__doc__, MARK: answer}

    def _watched(self, function):
        @wraps(function)
        def call(*args, **named):
            if self._inside:
                return function(*args, **named)
            before = [(name, thing, snapshot(thing)) for name, thing in arguments(args, named)]
            self._inside = True
            try:
                return function(*args, **named)
            finally:
                self._inside = False
                self._compare(before, function)

        setattr(call, MARK, function)
        return call

    def _compare(self, before, function):
        names = getattr(getattr(function, "__code__", None), "co_varnames", ())
        for name, thing, was in before:
            if not self.changed and not unchanged(thing, was):
                self.changed = f"`{names[name] if isinstance(name, int) and name < len(names) else name}`"


def arguments(args, named):
    """[(its place or name, the thing), …]"""
    return [*enumerate(args), *named.items()]


def snapshot(thing):
    """A copy to compare with; None for what may change."""
    if type(thing).__module__ == "numpy" and hasattr(thing, "dtype") and hasattr(thing, "copy"):
        return thing.copy()
    if hasattr(thing, "detach"):
        return None if thing.requires_grad else thing.detach().clone()
    if isinstance(thing, (list, tuple)):
        return [(part, snapshot(part)) for part in thing]
    if isinstance(thing, dict):
        return [(key, part, snapshot(part)) for key, part in thing.items()]
    if isinstance(thing, set):
        return set(thing)
    return snapshot_of_node(thing) if hasattr(thing, "_prev") else None


def snapshot_of_node(node):
    """Data and gradient: of a Value two numbers, of a Tensor copies of two arrays."""
    return [part.copy() if hasattr(part, "copy") else part for part in (node.data, node.grad)]


def unchanged(thing, was):
    if was is None:
        return True
    if isinstance(thing, (list, tuple)):
        return len(thing) == len(was) and all(
            (part is old or equal(part, old)) and unchanged(old, then)
            for part, (old, then) in zip(thing, was, strict=True)
        )
    if isinstance(thing, dict):
        return len(thing) == len(was) and all(
            key in thing and (thing[key] is old or equal(thing[key], old)) and unchanged(old, then)
            for key, old, then in was
        )
    if isinstance(thing, set):
        return thing == was
    if hasattr(thing, "_prev"):
        return equal(thing.data, was[0]) and equal(thing.grad, was[1])
    return equal(thing, was)


def equal(thing, was):
    """Whether two arrays, tensors or numbers are equal, NaN with NaN; anything else by `==`."""
    if hasattr(thing, "shape") and hasattr(was, "shape"):
        if tuple(thing.shape) != tuple(was.shape) or thing.dtype != was.dtype:
            return False
        return bool(((thing == was) | ((thing != thing) & (was != was))).all())
    try:
        return bool(thing == was) or (thing != thing and was != was)
    except Exception:
        return False
