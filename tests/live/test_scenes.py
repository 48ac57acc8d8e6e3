"""Scenes: states that are checked, tracks that hold the numbers of runs, packs and pages that keep
them."""

import base64
import gzip
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import madkit as mk
from madkit import models, theory
from madkit.live import shell
from madkit.live.scenes import gaussian, growing, offline, stored, words
from madkit.live.scenes.pack import PARTS, pack, unpack
from madkit.live.scenes.page import PREFIX, check_state, fnv, read, written
from madkit.live.scenes.words import caption
from madkit.live.shell import OPEN

LOOPS = {
    "fully synthetic": mk.fully_synthetic(40, 0.9),
    "augmentation": mk.synthetic_augmentation(40, 0.8),
    "growing pool": mk.accumulate(30, 0.9),
    "fresh data": mk.fresh_data(40, 0.25, 0.8),
    "memory": mk.Real() + mk.Fresh(10) + mk.Synthetic(30, 0.9, memory=2),
    "the same data again": mk.Previous(),
}
METRICS = ("trace", "w2_squared", "mean_error", "logdet")


@pytest.fixture(scope="module")
def explorer():
    return mk.explore(render="static", generations=12, seeds=20)


@pytest.fixture(scope="module")
def run():
    """Two seeds of a small run on rows in the plane."""
    return mk.run(models.KDE(), mk.fresh_data(60, 0.2, lam=0.9), mk.data.moons(), generations=3,
                  seeds=2,
                  metrics=(mk.metrics.recall, mk.metrics.sliced_w2), emit=100, progress=False)


# --- packs ----------------------------------------------------------------------------------------

floats = arrays.arrays(np.float32, arrays.array_shapes(max_dims=3, max_side=4),
                       elements=st.floats(width=32, allow_subnormal=False))
tracks = st.fixed_dictionaries({
    "key": st.text(max_size=9), "t": st.lists(st.integers(1, 99), max_size=3), "mean": floats,
    "images": arrays.arrays(np.uint8, (2, 3, 1)), "kept": st.just([1, 5]),
    "curves": st.dictionaries(st.text(max_size=5),
                              st.fixed_dictionaries({"low": st.none(), "median": floats})),
    "composition": st.just([[1, [["real", 0, 10]]]])})


@given(st.lists(tracks, max_size=3))
def test_tracks_come_back_from_a_pack_bit_by_bit(made):
    for before, after in zip(made, unpack(pack(made)), strict=True):
        for name in ("mean", "images"):
            np.testing.assert_array_equal(after[name], before[name])
            assert after[name].dtype == before[name].dtype
        assert after["curves"].keys() == before["curves"].keys()
        for name, curve in before["curves"].items():
            np.testing.assert_array_equal(after["curves"][name]["median"], curve["median"])
            assert after["curves"][name]["low"] is None
        assert all(after[name] == before[name] for name in ("key", "t", "kept", "composition"))


@given(arrays.arrays(np.float32, 20, elements=st.floats(-2.0**100, 2.0**100, width=32,
                                                        allow_subnormal=False)),
       st.integers(4, 22))
def test_fewer_digits_round_to_the_nearest(values, digits):
    (track,) = unpack(pack([{"mean": values, "curves": {}}], digits))
    assert (
        abs(track["mean"] - values.astype(float))
        <= abs(values.astype(float)) * 2.0 ** (-digits - 1)
    ).all()


def test_fewer_digits_keep_what_is_no_number():
    odd = np.array([np.nan, np.inf, -np.inf, 0.0], np.float32)
    np.testing.assert_array_equal(unpack(pack([{"mean": odd, "curves": {}}], 10))[0]["mean"], odd)


def test_arrays_that_tracks_share_are_packed_once():
    shared, other = np.zeros((1000, 2)), np.ones((1000, 2))
    packs = [pack([{"real": one, "curves": {}} for one in pair])
             for pair in ((shared, shared), (shared, shared.copy()), (shared, other))]
    assert len(packs[0]) == len(packs[1]) < 8_500 < 16_000 < len(packs[2])


@pytest.mark.parametrize("wrong", [b"", b"\x01\x02", b"\xff\xff\xff\x7f{}"])
def test_bytes_of_another_kind_are_refused(wrong):
    with pytest.raises(ValueError, match="^unpack: expected packed tracks"):
        unpack(wrong)


# --- states ---------------------------------------------------------------------------------------

POINTS = [[0.5, -1.25], [0, 0], [4, -4], [1, 1], [2, 2]]


@given(st.data())
def test_states_come_back_from_their_text(data):
    page = EXPLORER.page
    side = st.fixed_dictionaries({"loop": st.sampled_from(page.labels())} | {
        control.name: st.integers(0, len(control.values) - 1) for control in page.controls})
    state = {"t": data.draw(st.integers(1, page.generations)), "tab": "A", "A": data.draw(side),
             "B": data.draw(st.none() | side),
             "drawn": data.draw(st.none() | st.just({"points": POINTS})),
             "seed": data.draw(st.integers(0, 2**31 - 1)),
             "speed": data.draw(st.sampled_from([1, 2, 4]))}
    assert read(page, written(state)) == state == check_state(page, state)


EXPLORER = mk.explore(render="static", generations=12, seeds=5)
NONSENSE = [
    ({"t": 0}, "t expected a whole number from 1 to 12, got "
               "0"), ({"t": 13}, "t expected"), ({"t": 2.0}, "t expected"),
    ({"t": True}, "t expected"), ({"t": float("nan")}, "t expected .* got "
                                                       "nan"), ({"t": "7"}, "t expected"),
    ({"seed": -1}, "seed expected"), ({"seed": 2**31}, "seed expected"),
    ({"speed": 3}, "speed expected 1, 2 or 4"),
    ({"tab": "B"}, "tab expected"), ({"tab": "C"}, "tab expected"), ({"more": 1}, "not more"),
    ({"A": None}, "A expected the settings lam, loop, n, p, got "
                  "None"), ({"A": {"n": 10**9}}, "A.n expected .* got 1000000000"),
    ({"A": {"p": float("nan")}}, "A.p expected"), ({"A": {"lam": 0.8}}, "A.lam expected"),
    ({"A": {"lam": -1}}, "A.lam expected"),
    ({"A": {"loop": "<script>"}}, "A.loop expected one of all, fully "
                                  "synthetic"), ({"A": {"q": 1}}, "A expected the settings"),
    ({"B": 3}, "B expected"), ({"drawn": 1}, "drawn expected 5 to 2000 "
                                             "points"), ({"drawn": {"points": POINTS[:4]}},
                                                         "got 4"),
    ({"drawn": {"points": POINTS * 401}}, "got 2005"),
    ({"drawn": {"points": [*POINTS, [5, 0]]}}, "a drawn point is two numbers"),
    ({"drawn": {"points": [*POINTS, [0, float("nan")]]}}, "a drawn point"),
    ({"drawn": {"points": [*POINTS, [0.123, 0]]}}, "two decimals"),
    ({"drawn": {"points": [*POINTS, [1]]}}, "a drawn point"),
]


@pytest.mark.parametrize("change, said", NONSENSE)
def test_states_that_there_are_not_are_refused_in_words(change, said):
    state = EXPLORER.state
    given = state | {name: state[name] | value if name == "A" and value else value
                     for name, value in change.items()}
    with pytest.raises(ValueError, match=f"^state: .*{said}"):
        EXPLORER.state = given
    assert EXPLORER.state == state


@pytest.mark.parametrize("text, said", [
    ("", "begins with madkit1:, got "
         "''"), ("madkit2:e30", "begins with"), (PREFIX + "!!", "damaged"),
         (PREFIX + "e3", "damaged"),
    (PREFIX + base64.b64encode(b"[1]").decode(), "expected a dict, got list"),
    (PREFIX + base64.b64encode(b"{}").decode(), "without A"),
    (PREFIX + base64.b64encode(b"\xff\xfe").decode(), "damaged")])
def test_text_that_is_no_state_is_refused_in_words(text, said):
    with pytest.raises(ValueError, match=f"^state: .*{said}"):
        EXPLORER.state = text


def test_a_state_is_found_in_a_mail():
    word = EXPLORER.text
    front, back = word[:30], word[30:]
    for text in (f"“{word}”", f"> {front}\n> {back}\n", f"{front}=\r\n{back}",
                 f"{front} \u200b{back}. Look!", word.replace("--", "—"),
                 f"<file:///a%20b.html#madkit1={word.replace(':', '%3A')}>"):
        EXPLORER.state = text
        assert EXPLORER.text == word


def test_states_without_a_field_are_refused():
    state = EXPLORER.state
    state.pop("seed")
    with pytest.raises(ValueError, match="^state: .* without seed"):
        EXPLORER.state = state
    with pytest.raises(ValueError, match="^state: expected a dict, got list"):
        EXPLORER.state = []


def test_a_state_that_is_set_is_what_is_shown(explorer):
    before = explorer.state
    explorer.state = before | {"t": 12, "A": before["A"] | {"loop": "fresh data"}}
    text = explorer._repr_mimebundle_()["text/plain"]
    assert text.startswith("Generation 12 of 12. With n = 100, p = 50 %, λ = 0.8: fresh data: ")
    explorer.state = written(before)
    assert explorer.state == before and set(explorer.run) == {"fully synthetic", "augmentation",
                                                              "fresh data"}


def test_keys_name_the_settings_that_a_loop_takes(explorer):
    page, state = explorer.page, explorer.state
    state |= {"seed": 3, "B": state["A"] | {"loop": "augmentation"}, "drawn": {"points": POINTS}}
    assert list(page.keys(state)) == [f"{one};s3;{fnv(POINTS)}" for one in (
        "fully synthetic:n3,lam30", "augmentation:n3,lam30", "fresh data:n3,p50,lam30")]
    assert fnv([]) == "741638a5" and fnv([[-0.0, 1.10]]) == fnv([[0, 1.1]])


# --- tracks of a Gaussian -------------------------------------------------------------------------


@pytest.mark.parametrize("dim", [1, 2])
@pytest.mark.parametrize("name", LOOPS)
def test_curves_are_the_quantiles_of_the_exact_run_and_theory(name, dim):
    loop = LOOPS[name]
    n_ini = 50
    (track,) = gaussian.tracks([loop], [n_ini], [("key", name)], dim=dim, generations=9,
                               seeds=range(3, 33), metrics=METRICS)
    run = mk.exact.run(loop, dim, generations=9, seeds=range(3, 33), n_ini=n_ini, metrics=METRICS)
    expected = theory.table(loop, dim, 9, n_ini).groupby("metric").value
    assert track["t"] == list(range(1, 10)) and track["seeds"] == 30
    for metric in METRICS:
        values = run.table[run.table.metric == metric].pivot(index="seed", columns="generation",
                                                             values="value").to_numpy()
        scale = 1 / dim if metric == "trace" else 1
        curve = track["curves"][metric]
        for part, q in zip(("low", "median", "high"), (0.1, 0.5, 0.9), strict=True):
            np.testing.assert_allclose(curve[part], np.quantile(values, q, axis=0) * scale,
                                       rtol=1e-9)
        if metric in expected.groups:
            np.testing.assert_allclose(curve["theory"],
                                       expected.get_group(metric).to_numpy() * scale, rtol=1e-9)
        else:
            assert curve["theory"] is None
    assert track["composition"][0] == [1, [["real", 0, n_ini]]]


@pytest.mark.parametrize("dim", [1, 2])
def test_outlines_and_rows_come_from_the_first_seeds_fits(dim):
    loop = LOOPS["fresh data"]
    (track,) = gaussian.tracks([loop], [None], [("k", "l")], dim=dim, generations=6,
                               seeds=range(20), metrics=["trace"])
    fits = mk.exact.simulate(loop, dim, generations=6, seeds=range(20), metrics=("mean", "cov"))
    np.testing.assert_allclose(track["mean"], fits["mean"][0, :8])
    np.testing.assert_allclose(track["root"] @ track["root"], fits["cov"][0, :8], rtol=1e-9,
                               atol=1e-12)
    assert track["lam"] == 0.8 and track["emitted"].shape == (150, dim)


@pytest.mark.parametrize("name", LOOPS)
def test_compositions_are_those_of_a_run(name):
    loop = LOOPS[name]
    ran = mk.run(models.Gaussian(), loop, mk.data.gaussian(2), generations=6, n_ini=50,
                 metrics=("trace",), progress=False)
    assert gaussian.composition(loop, 6, 50) == stored.composition(ran)


# --- tracks of runs -------------------------------------------------------------------------------


def test_a_stored_runs_track_is_the_run(run, tmp_path):
    run.save(tmp_path / "run")
    loaded = mk.load(tmp_path / "run")
    known = stored.metrics([loaded], None)
    track = stored.track(loaded, "mine", known)
    assert [metric.name for metric in known] == ["recall", "sliced_w2"] and track["seeds"] == 2
    for metric in known:
        values = (
            run.table[run.table.metric == metric.name]
            .groupby("generation")
            .value.quantile([0.1, 0.5, 0.9])
            .unstack()
        )
        for part, q in zip(PARTS, (0.1, 0.5, 0.9), strict=False):
            np.testing.assert_allclose(track["curves"][metric.name][part], values[q])
    for rows, t in zip(track["rows"], track["kept"], strict=True):
        x = run.samples[t].x.numpy()
        np.testing.assert_array_equal(rows[: len(x)], x[: len(rows)].astype(np.float32))
        assert np.isnan(rows[len(x) :]).all()
    assert track["composition"] == stored.composition(run)
    np.testing.assert_array_equal(track["real"][:100],
                                  loaded.real.x[:100].numpy().astype(np.float32))
    with pytest.raises(ValueError, match="^metrics: expected some of recall, sliced_w2, which all "
                                         "runs have, got 'trace'"):
        mk.explore(loaded, metrics="trace", render="static")


def test_a_growing_run_is_the_run_with_its_seed():
    given = models.KDE(), mk.fresh_data(60, 0.2, lam=0.9), mk.data.moons()
    one = growing.Growing("k", "l", *given, generations=3, seeds=[4])
    partial = None
    while one.grow():
        partial = partial or one.track()
    ran = mk.run(*given, generations=3, seeds=[4],
                 metrics=(mk.metrics.recall, mk.metrics.sliced_w2), emit=growing.EMIT,
                 progress=False)
    track = one.track()
    assert (
        one.run().table.equals(ran.table)
        and partial["t"] == [1]
        and track["t"] == track["kept"] == [1, 2, 3]
    )
    for name in ("recall", "sliced_w2"):
        values = ran.table[ran.table.metric == name].value.to_numpy()
        np.testing.assert_array_equal(track["curves"][name]["median"], values)
        assert track["curves"][name]["low"] is None
    np.testing.assert_array_equal(track["rows"][2][:growing.EMIT],
                                  ran.samples[3].x.numpy().astype(np.float32))
    assert track["composition"] == stored.composition(ran)


def test_a_drawn_truth_lies_around_its_points():
    """Sd of each coordinate about its point is 0.12; 4000 rows: its standard error is 0.0013."""
    truth = growing.drawn(tuple(map(tuple, POINTS)))
    rows = truth.real(4000, seed=1).x.numpy()
    away = rows[:, None] - np.array(POINTS)
    nearest = (away**2).sum(-1).argmin(1)
    assert np.sort(np.bincount(nearest, minlength=5))[0] > 650
    assert np.std(away[np.arange(4000), nearest]) == pytest.approx(0.12, abs=0.004)


def test_explorers_run_on_what_was_drawn(explorer):
    before = explorer.state
    points = (np.random.default_rng(0).normal(size=(60, 2)) * 0.5).round(2).tolist()
    explorer.state = before | {"A": before["A"] | {"loop": "fresh data"},
                               "drawn": {"points": points}}
    explorer.wait()
    run, (track,) = explorer.run, explorer._all()
    assert run.table.generation.max() == 12 and "mixture" in str(run.spec["model"]).lower()
    trace = run.table[run.table.metric == "trace"].value.to_numpy()
    np.testing.assert_allclose(track["curves"]["trace"]["median"],
                               trace / np.trace(np.cov(run.real.x.numpy().T)), rtol=1e-6)
    assert "fresh data: variance left " in explorer._repr_mimebundle_()["text/plain"]
    explorer.state = before


def test_a_drawn_run_that_nobody_looks_at_stops_and_says_no_more():
    live = mk.explore(lambda n: mk.fully_synthetic(n), n=100, render="live", seeds=5, generations=40)
    points = (np.random.default_rng(0).normal(size=(60, 2)) * 0.5).round(2).tolist()
    plain, drawn = live.state, live.state | {"drawn": {"points": points}}
    live.widget.state = drawn
    live.widget.state = plain
    live.wait()
    assert (
        live.widget.status["kind"] == "" and len(live._all()) == 1 and len(live.source.records) <= 1
    )
    live.widget.state = drawn | {"t": 3}
    live.widget.state = drawn | {"t": 4}
    live.wait()
    assert live.widget.status["kind"] == "" and live.run.table.generation.max() == 40
    live.close()


def as_text(rows):
    return base64.b64encode(rows.astype("<f4").tobytes()).decode()


@pytest.fixture
def moved():
    """A live explorer on what was drawn, whose page says nothing yet; what it is sent."""
    live = mk.explore(mk.fresh_data, n=60, p=0.1, render="live", seeds=5, generations=4)
    sent = []
    live.widget.send = lambda content, buffers=None: sent.extend(unpack(buffers[0]))
    points = (np.random.default_rng(0).normal(size=(60, 2)) * 0.5).round(2).tolist()
    live.widget.state = live.state | {"drawn": {"points": points, "model": "kde"}}
    yield live, sent
    live.close()


def test_rows_that_a_page_made_are_the_run(moved):
    live, sent = moved
    rng = np.random.default_rng(1)
    rows, real = rng.normal(size=(4, 400, 2)), rng.normal(size=(400, 2))
    (key,) = live.page.keys(live.state)
    made = {"state": live.state, "key": key, "rows": as_text(rows), "real": as_text(real)}
    live._asked(live.widget, {"made": made}, [])
    run = live.run
    assert run.spec["made_by"] == "the explorer's page" and "KDE" in run.spec["model"] and not sent
    np.testing.assert_array_equal(run.samples[3].x.numpy(), rows[2].astype("f4"))
    np.testing.assert_array_equal(run.real.x.numpy(), real.astype("f4"))
    again = run.table[(run.table.metric == "recall") & (run.table.generation == 3)].value.item()
    assert again == mk.metrics.recall(run.real, run.samples[3]) and run.complete
    assert stored.composition(run) == gaussian.composition(mk.fresh_data(60, 0.1), 4, 60)
    assert live.caption.startswith("Generation 4 of 4. With n = 60, p = 10 %: fresh data: ")


def test_where_the_page_has_not_come_to_an_end_the_kernels_rows_are_shown(moved):
    live, sent = moved
    run = live.run
    (key,) = live.page.keys(live.state)
    assert [track["key"] for track in sent] == [key] and "made_by" not in run.spec
    np.testing.assert_array_equal(sent[0]["rows"][3], run.samples[4].x.numpy().astype("f4"))
    rows, real = np.zeros((4, 400, 2)), np.zeros((400, 2))
    made = {"state": live.state, "key": key, "rows": as_text(rows), "real": as_text(real)}
    live._asked(live.widget, {"made": made}, [])          # too late: the page is told
    assert [track["key"] for track in sent] == [key, key] and live.run.table.equals(run.table)


@pytest.mark.parametrize("change", [
    {"key": "x"}, {"key": []}, {"rows": "AAAA"}, {"rows": None}, {"real": as_text(np.zeros(3))},
    {"real": as_text(np.full((400, 2), np.nan))}, {"rows": "?" * 17068}, {"state": {}}, {"state": None}])
def test_rows_that_cannot_be_are_refused_in_words(moved, change):
    live, _ = moved
    (key,) = live.page.keys(live.state)
    good = {"state": live.state, "key": key, "rows": as_text(np.zeros((4, 400, 2))),
            "real": as_text(np.zeros((400, 2)))}
    live._asked(live.widget, {"made": good | change}, [])
    assert live.widget.status["kind"] == "error" and not live.source.records
    assert live.widget.status["text"].startswith("What this page drew is not what the kernel knows")


def test_too_many_rows_to_draw_are_refused_in_words():
    live = mk.explore(lambda n: mk.fully_synthetic(n), n=10**9, render="live", seeds=5, generations=3)
    assert "variance left" in live.caption                 # the exact law draws none
    live.widget.state = live.state | {"drawn": {"points": [[0.0, 0.1]] * 5}}
    live.wait()
    assert (
        live.widget.status["kind"] == "error"
        and "at most 20,000 rows per generation" in live.widget.status["text"]
    )
    live.close()


def test_a_run_under_way_is_told_by_its_last_generation():
    explorer = mk.explore(mk.fully_synthetic, n=50, model=models.Gaussian(), truth=mk.data.moons(),
                          generations=9,
                          render="static")
    record = explorer.source.growing(explorer.page, explorer.state,
                                     next(iter(explorer.page.keys(explorer.state))))
    record.grow()
    record.grow()
    assert caption(explorer.page, explorer.state,
                   {record.key: record.track()}).startswith("Generation 2 of 9. With n = 50: ")


# --- words, and pages without a kernel ------------------------------------------------------------


@pytest.mark.parametrize("value, digits, said", [
    (0.38449, 2, "0.38"), (38.449, 2, "38"), (0, 3, "0"), (-0.001234, 3, "−0.00123"),
    (1e-4, 3, "10⁻⁴"), (2.34e-7, 3, "2.3·10⁻⁷"),
    (12.5, 2, "13"), (1.25e6, 3, "1.3·10⁶"),
    (123456, 3, "1.2·10⁵"), (99999, 3, "100000"), (float("nan"), 3, "–"), (float("inf"), 2, "–")])
def test_numbers_in_words(value, digits, said):
    assert words.plain(value, digits) == said


def test_a_grid_holds_every_setting_that_its_sliders_can_reach():
    explorer = mk.explore({"fresh": mk.fresh_data, "pure": mk.fully_synthetic}, n=100, p=0.1,
                          lam=0.8, render="static",
                          generations=6, seeds=5, presets={"rescue": {"p": 0.5, "n": 20}})
    thin, state, tracks = offline.grid(explorer.page, explorer.state, explorer.source)
    keys = {track["key"] for track in tracks}
    sizes = {control.name: len(control.values) for control in thin.controls}
    reach = {key for n in range(sizes["n"]) for p in range(sizes["p"])
             for lam in range(sizes["lam"])
             for key in thin.keys(state | {"A": {"loop": "all", "n": n, "p": p, "lam": lam}})}
    assert keys == reach and len(tracks) == len(keys) == sizes["n"] * sizes["lam"] * (
        sizes["p"] + 1
    )
    values = {control.name: control.values for control in thin.controls}
    assert {name: values[name][state["A"][name]] for name in sizes} == {"n": 100, "p": 0.1,
                                                                        "lam": 0.8}
    assert 0.5 in values["p"] and 20 in values["n"] and check_state(thin, state) == state


@pytest.mark.parametrize("seeds, known", [(200, True), (201, False)])
def test_a_page_makes_only_what_it_can_make_in_a_frame(seeds, known):
    explorer = mk.explore(mk.fully_synthetic, n=100, seeds=seeds, generations=200, render="static")
    assert [bool(one.law) for one in explorer.page.loops] == [known]


def test_a_page_of_its_own_holds_the_numbers_of_the_exact_law(monkeypatch):
    explorer = mk.explore(mk.fully_synthetic, n=100, lam=0.8, render="static", generations=6,
                          seeds=5)
    data = offline.embedded(explorer.page, explorer.state, explorer.source, explorer._all())
    packed = unpack(gzip.decompress(base64.b64decode(data["scene"])))
    (key,) = replace(explorer.page, controls=_controls(explorer, data)).keys(data["state"])
    track = next(track for track in packed if track["key"] == key)
    (exactly,) = explorer._all()
    np.testing.assert_allclose(track["curves"]["trace"]["median"],
                               exactly["curves"]["trace"]["median"], rtol=1e-3)
    np.testing.assert_allclose(track["mean"], exactly["mean"], rtol=1e-3)
    assert data["page"]["offline"] and data["page"]["draw"] and json.dumps(data)


def _controls(explorer, data):
    return tuple(replace(control, values=tuple(plain["values"]), words=tuple(plain["words"]))
                 for control, plain in zip(explorer.page.controls, data["page"]["controls"],
                                           strict=True))


@pytest.mark.parametrize("render, grid", [(None, False), ("static", False), ("report", True)])
def test_a_bundle_carries_a_page_only_in_a_report(monkeypatch, render, grid):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.delenv("MADKIT_RENDER", raising=False)
    if render:
        monkeypatch.setenv("MADKIT_RENDER", render)
    bundle = mk.explore(mk.fully_synthetic, n=100, generations=5, seeds=5)._repr_mimebundle_()
    assert (shell.EXPLORER in bundle) == grid
    assert bundle["text/plain"].startswith("Generation 5 of 5. With n = 100: fully synthetic: "
                                           "variance left ")
    assert f'alt="{bundle["text/plain"]}"' in bundle["text/html"]


def test_an_explorer_is_one_file(tmp_path):
    file = mk.explore(mk.fully_synthetic, n=100, render="static", seeds=5,
                      title="<b>A loop").write(tmp_path / "loop.html")
    text = file.read_text()
    assert (
        "<title>&lt;b&gt;A loop</title>" in text
        and "<b>A loop" not in text
        and mk.lesson.page.external(text) == []
    )


# --- what explore takes ---------------------------------------------------------------------------


def test_runs_take_no_settings(run):
    with pytest.raises(ValueError, match="take no settings, got 'foo'"):
        mk.explore(run, foo=3)


@pytest.mark.parametrize("given, error, said", [
    (dict(what=3), TypeError, "expected a loop function, such as mk.fresh_data"),
    (dict(what={}), TypeError, "expected a loop function"),
    (dict(what=mk.fully_synthetic(10)), TypeError, "a loop itself is wrapped as lambda: loop"),
    (dict(what=mk.fully_synthetic, n=100, p=0.1), ValueError, "no loop takes 'p', expected some "
                                                              "of "),
    (dict(what=mk.fully_synthetic, n=100, size=3), ValueError, "no slider is known for 'size'"),
    (dict(dim=3), ValueError, "dim: expected 1 .densities. or 2 .ellipses., got 3"),
    (dict(metrics="recall"), ValueError, "metrics: expected some of trace, w2_squared, "
                                         "mean_error, logdet, got 'recall'"),
    (dict(model=models.Gaussian()), ValueError, "expected model and truth together"),
    (dict(t=51), ValueError, "t expected a whole number from 1 to 50, got 51"),
    (dict(presets={"x": {"q": 1}}), ValueError, "presets: 'x' sets 'q'"),
    (dict(n=-5), ValueError, "n"),
    (dict(n="many"), ValueError, "expected a number for n, got 'many'"),
    (dict(generations="x"), ValueError, "generations: expected a whole number ≥ 1, got 'x'"),
    (dict(seeds=0), ValueError, "seeds: expected a whole number ≥ 1, got 0"),
    (dict(metrics=3), TypeError, "metrics: expected text or a list, each of it text, got 3"),
    (dict(t="x"), ValueError, "t: expected a whole number ≥ 1, got 'x'"),
    (dict(render="sometimes"), ValueError, "render: expected 'auto', 'live' or 'static'"),
])
def test_explore_refuses_in_words(given, error, said):
    with pytest.raises(error, match=said):
        mk.explore(**{"render": "static"} | given)


def test_runs_and_loops_do_not_mix(run):
    with pytest.raises(TypeError, match="expected runs only, or loops only, got 'b': function"):
        mk.explore({"a": run, "b": mk.fresh_data}, render="static")


def test_a_live_explorer_closes_the_one_of_its_cell_before():
    first = mk.explore(mk.fully_synthetic, n=100, render="live", seeds=5)
    widget = first.widget
    second = mk.explore(mk.fully_synthetic, n=100, render="live", seeds=5)
    assert first.widget is None and widget.comm is None and OPEN[("Explorer", "", "")] is second
    second.close()


def test_a_page_gets_what_it_lacks():
    """After a reload, or of a setting on its way: computed once, sent as often as it is asked for;
    every question is answered."""
    live = mk.explore(mk.fully_synthetic, n=100, lam=0.8, render="live", seeds=5)
    here, there, answers = live.state, live.state | {"A": live.state["A"] | {"lam": 7}}, []
    live.widget.send = lambda content, buffers: answers.append((content, unpack(buffers[0])))
    keys = {name: list(live.page.keys(state)) for name, state in (("here", here), ("there", there))}
    for name, state in [("there", there), ("here", here), ("there", there)]:
        live._asked(live.widget, {"state": state, "keys": keys[name], "shown": True}, [])
        said, tracks = answers.pop()
        assert (
            said == {"answer": True}
            and [track["key"] for track in tracks] == keys[name]
            and live.state == here
        )
    for shown, kind in ((False, ""), (True, "error")):
        live._asked(live.widget, {"state": there | {"t": 10**6}, "keys": keys["here"],
                                  "shown": shown}, [])
        assert answers.pop() == ({"answer": True},
                                 []) and live.widget.status["kind"] == kind and not answers
    live.close()


def test_an_error_while_a_live_explorer_moves_is_said(monkeypatch):
    live = mk.explore(mk.fully_synthetic, n=100, render="live", seeds=5)
    before = live.state

    def broken(*given):
        raise RuntimeError("no more grass")

    with monkeypatch.context() as patch:
        patch.setattr(live.source, "tracks", broken)
        live.widget.state = before | {"A": before["A"] | {"n": 0}}
    assert (
        live.widget.status["kind"] == "error"
        and "RuntimeError: no more grass" in live.widget.status["text"]
    )
    live.widget.state = before | {"A": before["A"] | {"n": 1}}
    assert live.widget.status["kind"] == "" and live.state["A"]["n"] == 1
    live.widget.state = before | {"t": 10**6}
    assert "expected a whole number from 1 to 50" in live.widget.status["text"]
    live.close()
