"""The course's widgets, one module each: a pure function makes the picture, thin controls stand around it."""
