"""The fuzz in small: every public function works as it should be called (`tests/fuzz.py` in large)."""

from fuzz import fuzz, report
from fuzzing.plan import called, lacking


def test_every_public_callable_is_known_to_the_fuzz():
    """A new public argument needs a sensible value in fuzzing/values.py, nothing else."""
    assert not lacking()


def test_every_public_callable_works_as_it_is_meant():
    counts, failed = fuzz(seed=0, seconds=600, most=len(called()))
    report(counts, failed)
    assert not failed
