"""Sweeps."""

from madkit.sweep.limit import effective_sample_size

__all__ = ["effective_sample_size"]
