"""The course's widgets, one module each: a pure function makes the picture, thin controls stand around it."""

from micrograd_lite.widgets.stepper import BackpropStepper, stepper_frame

__all__ = ["BackpropStepper", "stepper_frame"]
