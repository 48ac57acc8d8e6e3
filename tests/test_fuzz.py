"""The fuzz in small: every public function as it should be called, then some hostile calls.

`python tests/fuzz.py --minutes 10` is the same in large.
"""

from fuzz import FAULTS, fuzz, report
from fuzzing.plan import called, lacking


def test_every_public_callable_is_known_to_the_fuzz():
    """A new public argument needs a sensible value in fuzzing/values.py, nothing else."""
    assert not lacking()


def test_every_public_callable_works_as_it_is_meant_and_refuses_all_else_in_words():
    counts, failed = fuzz(seed=1, seconds=600, most=len(called()) + 200)
    report(counts, failed)
    assert not [case for case in failed if case[0] in FAULTS]
