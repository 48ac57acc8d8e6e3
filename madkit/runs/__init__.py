"""How `mk.run` works inside.

A job, its judge, one trajectory a seed, seeds side by side, and the shelf that survives a kill.
"""
