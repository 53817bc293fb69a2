"""The exercises on overfitting and Dropout."""
