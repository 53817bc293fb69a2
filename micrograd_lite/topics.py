"""The topics of the course, in the order in which they are taught. Exercises and quizzes bear their names."""

from pathlib import Path

__all__ = ["TOPICS", "page_of", "topic_of"]

PAGES = Path(__file__).resolve().parent.parent / "notebooks"

TOPICS = {
    "neuron": "The neuron",
    "activations": "Activation functions",
    "descent": "Loss and gradient descent",
    "backward": "Forward and backward",
    "micrograd": "micrograd",
    "tensors": "Tensors",
    "pytorch": "PyTorch",
    "real_data": "Real data, honestly",
    "depth": "Depth",
    "dropout": "Overfitting and Dropout",
    "batchnorm": "Batch Normalization",
    "speed": "Fast, and on many machines",
}


def topic_of(exercise_id):
    """The topic of an exercise: "real_data" for "real-data-leak"."""
    return next(t for t in TOPICS if exercise_id.startswith(f"{t.replace('_', '-')}-"))


def page_of(topic):
    """The name of the page that teaches a topic, as "04_micrograd": no number stands elsewhere.

    Errors: LookupError where no page, or more than one, has the topic in its name.
    """
    pages = [path.stem for path in PAGES.glob("[0-9][0-9]_*.ipynb")]
    found = [page for page in pages if f"_{topic}_" in f"{page}_"]
    if len(found) != 1:
        raise LookupError(f"one page of notebooks/ should have {topic!r} in its name, and {len(found)} have")
    return found[0]
