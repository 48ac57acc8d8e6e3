"""The fuzz in small: every public function as it should be called, then some hostile calls.

`python tests/fuzz.py --minutes 10` is the same in large.
"""

import pytest
from fuzz import SHOWN, Worker, fuzz, report
from fuzzing.mouths import MOUTHS
from fuzzing.plan import called, lacking


def test_every_public_callable_is_known_to_the_fuzz():
    """A new public argument needs a sensible value in fuzzing/values.py, nothing else."""
    assert not lacking()


def test_every_public_callable_works_as_it_is_meant_and_refuses_all_else_in_words():
    counts, failed = fuzz(seed=1, seconds=600, most=len(called()) + 200)
    report(counts, failed)
    assert not failed                        # no fault, and nothing that only the net caught


@pytest.fixture(scope="module")
def worker():
    one = Worker()
    yield one
    one.end()


@pytest.mark.parametrize("mouth", MOUTHS)
def test_whatever_madkit_reads_is_taken_or_refused_in_words(worker, mouth):
    said = [worker.ask({"mouth": mouth, "seed": seed}) for seed in range(20)]
    assert not [one for one in said if one[0] in SHOWN]
