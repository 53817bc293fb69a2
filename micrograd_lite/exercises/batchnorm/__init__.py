"""The exercises on Batch Normalization."""
