"""Laws of the loops: what each training set is made of, and which randomness may touch it."""

from itertools import islice

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import madkit as mk
from madkit.loops import BLOCK

TRUTH = mk.data.gaussian(2)
LOOPS = {
    "fully synthetic": mk.fully_synthetic(30, lam=0.9),
    "augmentation": mk.synthetic_augmentation(30),
    "growing pool": mk.synthetic_augmentation(30, accumulate=True),
    "fresh data": mk.fresh_data(30, p=0.4, lam=0.8),
    "memory": mk.Fresh(5) + mk.Synthetic(31, memory=3),
    "accumulate": mk.accumulate(30),
    "subsample": mk.accumulate_subsample(30),
    "control": mk.Fresh(30),
}


def generations(loop, n, model=None, truth=TRUTH, **settings):
    return list(islice(mk.steps(model or mk.models.Gaussian(), loop, truth, emit=20, **settings),
                       n))


def births(generation):
    return torch.bincount(generation.data.born).tolist()


def test_every_loop_feeds_what_it_says():
    fed = {name: [births(g) for g in generations(loop, 4)] for name, loop in LOOPS.items()}
    assert fed["fully synthetic"] == [[30], [0, 30], [0, 0, 30], [0, 0, 0, 30]]
    assert fed["augmentation"] == [[30], [30, 30], [30, 0, 30], [30, 0, 0, 30]]
    assert fed["growing pool"] == fed["accumulate"] == [[30], [30, 30], [30, 30, 30],
                                                        [30, 30, 30, 30]]
    assert fed["fresh data"] == [[30], [12, 18], [12, 0, 18], [12, 0, 0, 18]]
    assert fed["memory"] == [[36], [5, 31], [5, 15, 16], [5, 10, 10, 11]]
    assert fed["control"] == [[30]] * 4
    assert all(sum(rows) == 30 for rows in fed["subsample"])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 60), st.integers(1, 6), st.integers(2, 9))
def test_memory_takes_every_row_of_a_sequence_once(n, memory, last):
    source = mk.Synthetic(n, memory=memory)
    for k in range(1, last):
        taken = [row for t in range(k + 1, last + 1) if k in source.shares(t)
                 for row in range(source.used(k, t), source.used(k, t) + source.shares(t)[k])]
        assert taken == list(range(len(taken)))
    assert sum(source.shares(last).values()) == n and len(source.shares(last)) == min(
        memory, last - 1
    )


@pytest.mark.parametrize("name", LOOPS)
def test_a_trajectory_depends_on_nothing_but_its_seed(name):
    first = generations(LOOPS[name], 4)
    torch.randn(7)
    # more emitted, same trajectory
    again = list(islice(mk.steps(mk.models.Gaussian(), LOOPS[name], TRUTH, emit=700), 4))
    other = generations(LOOPS[name], 4, seed=1)
    for a, b, c in zip(first, again, other, strict=True):
        assert torch.equal(a.data.x, b.data.x) and torch.equal(a.samples.x, b.samples.x[:20])
        assert not torch.equal(a.data.x, c.data.x)


def test_loops_with_one_seed_start_from_the_same_real_set():
    starts = [generations(loop, 1, n_ini=30)[0].data.x for loop in LOOPS.values()]
    assert all(torch.equal(start, starts[0]) for start in starts)


def test_a_row_of_a_sequence_does_not_depend_on_how_many_are_asked_for():
    model = generations(LOOPS["control"], 1)[0].state.model
    many = model.sample(2 * BLOCK + 10, lam=0.5)
    few = generations(LOOPS["control"], 1)[0].state.model.sample(BLOCK + 3, lam=0.5)
    assert torch.equal(few.x, many.x[: BLOCK + 3])
    assert not torch.equal(many.x[:BLOCK], many.x[BLOCK : 2 * BLOCK])
    assert (many.born == 1).all()


def test_fresh_rows_never_come_twice_and_never_from_the_real_set():
    rows = torch.cat([g.data.x for g in generations(mk.Fresh(30), 5)])
    assert len(torch.unique(rows, dim=0)) == 150


def test_a_function_is_a_loop_and_equals_the_source_it_imitates():
    def mine(state):
        return state.fresh(12) + state.model.sample(18, lam=0.8)

    for a, b in zip(generations(mine, 4, n_ini=30), generations(LOOPS["fresh data"], 4),
                    strict=True):
        assert torch.equal(a.data.x, b.data.x) and torch.equal(a.data.born, b.data.born)


def test_a_source_of_ones_own_that_draws_has_a_stream():
    class Jittered(mk.Real):
        def __call__(self, state):
            return mk.Samples(state.real.x + torch.randn_like(state.real.x))

    first = generations(Jittered(), 2, n_ini=30)[1]
    torch.randn(7)
    assert torch.equal(first.data.x, generations(Jittered(), 2, n_ini=30)[1].data.x)


def test_a_state_handed_out_stays_and_one_goes_on_from_it_as_if_never_stopped():
    class Restless(Constant):  # a fit that draws
        def fit(self, data):
            self.emits = mk.models.Gaussian().fit(mk.Samples(data.x + torch.randn(2))).sample
            return self

    past = generations(LOOPS["memory"], 4, Restless(None), seed=3)
    # with the state's own seed
    again = generations(LOOPS["memory"], 2, Restless(None), state=past[1].state)
    for a, b in zip(past[2:], again, strict=True):
        assert a.t == b.t and torch.equal(a.data.x, b.data.x) and torch.equal(a.samples.x,
                                                                              b.samples.x)


def test_a_training_set_has_the_type_of_the_real_data():
    single = generations(lambda state: mk.Samples(state.real.x.float(), born=state.real.born), 2,
                         n_ini=30)[1]
    assert single.data.x.dtype == torch.float64
    truth = mk.data.array(torch.randint(0, 256, (200, 1, 4, 4), dtype=torch.uint8))
    noisy = generations(lambda state: mk.Samples(state.real.x + 300.4, born=7), 2, n_ini=30,
                        truth=truth)[1]
    assert (
        noisy.data.x.dtype == torch.uint8
        and (noisy.data.x == 255).all()
        and (noisy.data.born == 7).all()
    )


def test_a_sum_takes_functions_too():
    def half_the_real_set(state):
        return state.real[:15]

    loop = mk.Synthetic(10) + half_the_real_set
    assert births(generations(loop, 2, n_ini=30)[1]) == [15, 10]


def test_the_default_n_ini_is_what_the_loop_adds():
    assert {name: len(generations(loop, 1)[0].data) for name, loop in LOOPS.items()} == (
        dict.fromkeys(LOOPS, 30) | {"memory": 36})
    with pytest.raises(ValueError, match="n_ini.*does not say"):
        generations(mk.Real(), 1)


class Constant:
    """A model that emits what it is told to."""

    def __init__(self, emits):
        self.emits = emits

    def fit(self, data):
        return self

    def sample(self, n, lam=1.0):
        return self.emits(n)


@pytest.mark.parametrize("emits, error, words", [
    (lambda n: "rows", TypeError, r"Constant of generation 1: sample\(n, lam\).*expected"),
    (lambda n: mk.Samples(torch.zeros(n, 3)), ValueError, r"expected \(500, 2\), got \(500, 3\)"),
    (lambda n: mk.Samples(torch.zeros(n - 1, 2)), ValueError, r"expected \(500, 2\), got \(499, "
                                                              r"2\)"),
    (lambda n: mk.Samples(torch.full((n, 2), torch.nan)), FloatingPointError,
     "Constant of generation 1: emitted NaN"),
])
def test_what_a_model_may_not_emit(emits, error, words):
    with pytest.raises(error, match=words):
        generations(mk.fully_synthetic(30), 2, Constant(emits))


def test_images_are_rounded_before_they_train_or_are_judged():
    truth = mk.data.array(torch.randint(0, 256, (200, 1, 4, 4), dtype=torch.uint8))
    g = generations(mk.fully_synthetic(30), 2,
                    Constant(lambda n: mk.Samples(torch.full((n, 1, 4, 4), 300.4))), truth)[1]
    assert g.data.x.dtype == g.samples.x.dtype == torch.uint8 and (g.data.x == 255).all()


@pytest.mark.parametrize("loop, error, words", [
    (lambda state: state.real.x, TypeError, "loop: must return mk.Samples, got Tensor at "
                                            r"generation 2; rows x are mk.Samples\(x\)"),
    (lambda state: None, TypeError, "got NoneType at generation 2; end it with return"),
    (lambda state: state.real[:1], ValueError, "generation 2 has 1 rows, expected at least 2"),
    (lambda state: mk.Samples(torch.zeros(5, 3)), ValueError, r"expected \(2,\), got \(3,\)"),
    (lambda state: mk.Samples(torch.full((5, 2), torch.nan)), ValueError, "NaN"),
    (lambda state: state.model.sample(5, start=-5), ValueError, "start: expected a whole number ≥ "
                                                                "0, got -5"),
    (lambda state: state.emitted(2, 5), ValueError, r"one of \[1\] at t = 2, got 2"),
    (mk.Synthetic(0), ValueError, "has 0 rows"),
    (0.5, TypeError, "loop: expected a function"),
])
def test_what_a_loop_may_not_return(loop, error, words):
    with pytest.raises(error, match=words):
        generations(loop, 2, n_ini=30)


@pytest.mark.parametrize("make, words", [
    (lambda: mk.Synthetic(10, lam=1.2), "lam: expected a number in .0, 1., got 1.2"),
    (lambda: mk.Synthetic(10, lam=float("nan")), "got nan"),
    (lambda: mk.fully_synthetic(10, lam=-0.1), "got -0.1"),
    (lambda: mk.Synthetic(-1), "n: expected a whole number ≥ 0, got -1"),
    (lambda: mk.Fresh(2.5), "got 2.5"),
    (lambda: mk.Synthetic(10, memory=0), "memory: expected a whole number ≥ 1"),
    (lambda: mk.fresh_data(100, p=10), "p: expected a number in .0, 1., got 10"),
    (lambda: mk.accumulate_subsample(10, lam=2), "accumulate_subsample: lam"),
    (lambda: mk.Synthetic(10) + mk.Synthetic(5), "same rows twice"),
    (lambda: generations(mk.Fresh(10), 1, n_ini=1), "n_ini: expected a whole number ≥ 2, got 1"),
])
def test_bad_settings_are_named(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_accumulate_is_no_sampling_bias():
    with pytest.raises(TypeError, match="accumulate: expected True or False, got 0.9"):
        mk.synthetic_augmentation(100, accumulate=0.9)


@pytest.mark.parametrize("model, words", [
    (mk.models.Gaussian, r"write Gaussian\(\)"),
    (object(), "without fit and sample"),
])
def test_what_is_no_model_is_refused(model, words):
    with pytest.raises(TypeError, match=words):
        generations(mk.Fresh(10), 1, model)


def test_a_fit_may_forget_to_return_self():
    class Silent(Constant):
        def fit(self, data):
            pass

    ones = Silent(lambda n: mk.Samples(torch.ones(n, 2)))
    assert len(generations(mk.Fresh(10), 2, ones)) == 2


def test_fresh_data_runs_out_with_the_number_of_generations_possible():
    truth = mk.data.array(torch.randn(100, 2), test=0.2)                   # 80 rows: 20 + 3 × 20
    assert len(generations(mk.Fresh(20), 4, truth=truth)) == 4
    with pytest.raises(ValueError, match="generation 5 asks for 20 .* only 0 are unused; at 20 "
                                         "rows each, 4 generations"):
        generations(mk.Fresh(20), 5, truth=truth)
