"""The suite on trial: tried on servers whose faults and dialects are known by name."""

from conformance.calibration.runs import Order, Outcome, Subject, calibrate, subjects

__all__ = ["Order", "Outcome", "Subject", "calibrate", "subjects"]
