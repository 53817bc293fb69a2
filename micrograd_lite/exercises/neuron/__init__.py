"""The exercises on the neuron."""
