"""A run played back: the picture shows the generation asked for, and says its numbers."""

import pytest

import madkit as mk
from madkit.live.pictures.playback import METRICS, Playback
from madkit.metrics.values import words

TRUTH = mk.data.ring()


def run(lam: float = 1.0) -> mk.Run:
    metrics = [mk.metrics.modes(TRUTH.centres, 4 * TRUTH.std), "trace"]
    return mk.run(mk.models.Mixture(8, start=TRUTH.centres), mk.fully_synthetic(40, lam), TRUTH,
                  generations=6, seeds=2,
                  metrics=metrics, emit=40, progress=False)


def test_a_frame_is_a_function_of_the_values_and_says_the_first_seeds_numbers():
    record = run()
    picture = Playback(record)
    first, last = picture.update(t=1), picture.update(t=6)
    assert picture.update(t=1) == first and first.png != last.png
    table = (
        record.table[(record.table.seed == 0) & (record.table.generation == 6)]
        .set_index("metric")
        .value
    )
    for metric in METRICS:
        assert f"{words(metric)} {table[metric]:.3g} (" in last.text


def test_a_run_is_made_once_for_each_setting():
    made = []
    picture = Playback(lambda lam: made.append(lam) or run(lam))
    frames = [picture.update(t=t, lam=lam) for t, lam in ((2, 1.0), (5, 1.0), (5, 0.5))]
    assert made == [1.0, 0.5] and len({frame.png for frame in frames}) == 3
    assert "λ = 0.5" in frames[2].text


def test_what_cannot_be_played_is_refused():
    with pytest.raises(ValueError, match="t: the rows of generation 9 were not kept, expected one "
                                         "of 1, 2"):
        Playback(run()).update(t=9)
    images = mk.run(mk.models.Gaussian(), mk.fully_synthetic(20), mk.data.digits(), generations=2,
                    metrics="trace",
                    progress=False)
    with pytest.raises(ValueError, match="two numbers each"):
        Playback(images, ["trace"]).update(t=1)


def test_it_plays_what_the_run_has():
    plain = mk.run(mk.models.Gaussian(), mk.fully_synthetic(20), mk.data.gaussian(2), generations=2,
                   metrics="w2_squared", progress=False)
    assert "W₂²" in Playback(plain).update(t=2).text
    with pytest.raises(ValueError, match="metrics: .*'w2_squared', got 'modes.alive'"):
        Playback(plain, ["modes.alive"]).update(t=2)
