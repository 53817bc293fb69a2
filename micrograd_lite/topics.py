"""The topics of the course, in the order in which they are taught. Exercises and quizzes bear their names."""

__all__ = ["TOPICS", "topic_of"]

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
