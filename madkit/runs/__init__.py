"""How `mk.run` works inside: a job, its judge, one trajectory a seed, seeds side by side, and the shelf that survives a kill."""
