"""Sweeps: one question at every cell of a grid, on a laptop or on a cluster.

to be written
"""

from madkit.sweep.grid import failures, grid, table
from madkit.sweep.limit import effective_sample_size
from madkit.sweep.recorded import recorded
from madkit.workers import processes

__all__ = ["grid", "table", "failures", "processes", "effective_sample_size", "recorded"]
