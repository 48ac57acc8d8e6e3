"""Laws of named streams."""

import random
import threading

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from madkit.base import rng

names = st.lists(st.one_of(st.text(max_size=5), st.integers(0, 100), st.floats(0, 1)), min_size=1, max_size=3)


def draw():
    return torch.randn(3).tolist(), np.random.standard_normal(3).tolist(), [random.random() for _ in range(3)]


@given(st.integers(0, 2**40), names)
def test_a_stream_is_a_function_of_seed_and_name(seed, name):
    with rng.stream(seed, *name):
        first = draw()
    draw()
    with rng.stream(seed, *name):
        assert draw() == first


def test_other_seeds_and_names_give_other_streams():
    drawn = []
    for name in [(0, "fit", 1), (1, "fit", 1), (0, "fit", 2), (0, "sample", 1), (0, "fit", "1"), (0, "fit", 1.0)]:
        with rng.stream(*name):
            drawn.append(str(draw()))
    assert len(set(drawn)) == len(drawn)


def test_the_program_outside_draws_on_as_if_nothing_had_happened():
    def outside(inside):
        torch.manual_seed(1), np.random.seed(1), random.seed(1)
        np.random.standard_normal()  # leaves a second normal number waiting inside NumPy's generator
        inside()
        return draw()

    def streams():
        with rng.stream(0, "outer"):
            draw()
            with rng.stream(0, "inner"):
                draw()

    def begun():
        with rng.begun(0, "outer"):
            draw()

    assert outside(lambda: None) == outside(streams) == outside(begun)


def test_a_block_begun_draws_what_a_stream_draws_and_keeps_no_thread_waiting():
    def draw_elsewhere():
        with rng.stream(0, "b"):
            draw()

    with rng.stream(3, "a"):
        expected = draw()
    with rng.begun(3, "a"):
        other = threading.Thread(target=draw_elsewhere)
        other.start()
        other.join(10)
        assert not other.is_alive() and draw() == expected


def test_an_inner_stream_leaves_the_outer_one_alone():
    with rng.stream(0, "outer"):
        draw()
        expected = draw()
    with rng.stream(0, "outer"):
        draw()
        with rng.stream(0, "inner"):
            draw()
        assert draw() == expected


def test_an_error_inside_restores_the_generators():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    try:
        with rng.stream(0, "fails"):
            draw()
            raise RuntimeError
    except RuntimeError:
        pass
    assert torch.equal(torch.get_rng_state(), before)


def test_two_threads_draw_what_they_would_draw_alone():
    def work(seed, into):
        for i in range(50):
            with rng.stream(seed, i):
                into.append(draw())

    alone, together = [[], []], [[], []]
    for seed in (0, 1):
        work(seed, alone[seed])
    threads = [threading.Thread(target=work, args=(seed, together[seed])) for seed in (0, 1)]
    [t.start() for t in threads], [t.join() for t in threads]
    assert together == alone


def test_streams_within_preserved_are_the_streams_they_are_elsewhere():
    def drawn():
        with rng.stream(0, "outer"):
            first = draw()
            with rng.stream(0, "inner"):
                inner = draw()
            return first, inner, draw()

    torch.manual_seed(1), np.random.seed(1), random.seed(1)
    np.random.standard_normal()
    expected = drawn(), drawn(), draw()
    torch.manual_seed(1), np.random.seed(1), random.seed(1)
    np.random.standard_normal()
    with rng.preserved():
        within = drawn(), drawn()
    assert (*within, draw()) == expected
