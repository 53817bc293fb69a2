"""Exercises as the first edition had them, until their page is written anew: each mistake has a detector."""
