"""The phase map without a browser: what is sent is theory's and the exact law's, states are
checked, pages are whole."""

import base64
import gzip
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

import madkit as mk
from madkit import theory
from madkit.lesson import page as pages
from madkit.live.scenes import map_still, phases
from madkit.live.shell import OPEN

WIDGET = "application/vnd.jupyter.widget-view+json"
START = {"dim": 5, "lam": 0.85, "n_r": 12, "n_s": 60, "simulated": False}


@pytest.fixture(autouse=True)
def closed():
    yield
    while OPEN:
        OPEN.popitem()[1].close()


def small(**given):
    """A map that takes no time: d = 5, few generations."""
    usual = {"lam": 0.85, "dim": 5, "n_r": 12, "n_s": 60, "generations": 12, "presets": {},
             "render": "static"}
    return mk.phase_map(**usual | given)


# --- numbers --------------------------------------------------------------------------------------


def test_a_path_is_the_exact_law():
    track = small().track
    run = mk.exact.run(mk.Fresh(12) + mk.Synthetic(60, 0.85), 5, generations=12, seeds=40, n_ini=12,
                       metrics=["w2_squared"])
    table = run.table.pivot_table(index="seed", columns="generation", values="value")
    np.testing.assert_array_equal(track["w2"], table[track["t"]])
    assert track["t"][0] == 1 and track["t"][-1] == 12 and track["key"] == "5,0.85,12,60"


def test_more_seeds_leave_the_first_as_they_were():
    state = START | {"dim": 30, "n_r": 60, "n_s": 300}
    few = phases.track(state, 8, range(2))
    both = phases.track(state, 8, range(2, 5), few)
    np.testing.assert_array_equal(both["w2"], phases.track(state, 8, range(5))["w2"])
    assert both["w2"][:2] == few["w2"] and both["rows"][1] > 0
    one = phases.track(state, 8, range(1))
    assert one["rows"] == [pytest.approx(theory.real_only_rows(one["w2"][0][-1], 30)), None]
    assert "real rows (1 seed)" in phases.caption(state, one, 8) and "±" not in phases.caption(
        state, one, 8
    )


@pytest.mark.parametrize("lam, n_s, helps", [(0.85, 1000, True), (0.85, 10_000, False),
                                             (1.0, 10_000, True)])
def test_a_path_begins_at_the_control_and_ends_on_its_good_side_where_the_map_is_blue(
    lam, n_s, helps
):
    """Generation 1 is fitted on n_r real rows alone, so theory begins exactly there."""
    state = {"dim": 100, "lam": lam, "n_r": 250, "n_s": n_s, "simulated": False}
    known, alone = phases.theory_path(state, 40), theory.real_only_w2(250, 100)
    assert known[0] == pytest.approx(alone, rel=1e-9)
    assert (known[-1] < alone) == helps == (theory.worth(250, n_s, lam, 100) > 250)


def test_the_presets_are_what_their_names_say():
    ratio = {name: float(theory.worth(p["n_r"], p["n_s"], p["lam"], p["dim"]) / p["n_r"])
             for name, p in phases.PRESETS.items()}
    assert ratio["some helps"] > 1.2 and abs(ratio["at the boundary"] - 1) < 0.002
    assert ratio["too much harms"] < 0.5 and 1.8 < ratio["no bias"]


def test_the_simulated_map_is_the_records_table():
    simulated = phases.recorded()
    table = mk.sweep.recorded(phases.RECORD)
    assert f"dim: {simulated['dim']}" in table.attrs["sweep"]
    for row in table.sample(50, random_state=0).itertuples():
        i, j, k = (simulated[name].index(value)
                   for name, value in (("lams", row.lam), ("n_s", row.n_s), ("n_r", row.n_r)))
        assert simulated["worth"][i][j][k] == pytest.approx(np.log2(row.ratio), abs=1e-4)


def test_without_a_record_there_is_no_simulated_map(monkeypatch):
    def none(name):
        raise FileNotFoundError(name)

    monkeypatch.setattr(mk.sweep, "recorded", none)
    chart = small()
    assert chart.page["simulated"] is None and "ratio" not in map_still.table(
        chart.state | {"simulated": True}, None
    )


@pytest.mark.parametrize("dim", phases.DIMS)
def test_the_boundary_is_in_sight(dim):
    n_r, n_s = phases.axes(dim)
    assert n_r[0] == n_s[0] == dim and (n_r[-1], n_s[-1]) == (10 * dim, 100 * dim) and len(n_r) > 25
    ratio = map_still.table(START | {"dim": dim}, None).eval("ratio_theory")
    assert ratio.min() < 0.7 and 1.3 < ratio.max() and 0.1 < (ratio > 1).mean() < 0.9


# --- states ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("change, said", [
    ({"lam": 0.4}, "lam: expected a number from 0.5 to 1 in steps of 0.01, got "
                   "0.4"), ({"lam": 1.01}, "lam: expected"),
    ({"lam": 0.855}, "lam: expected"), ({"lam": float("nan")}, "lam: expected"),
    ({"lam": "0.9"}, "lam: expected"),
    ({"lam": True}, "lam: expected"), ({"dim": 7}, "dim: expected 5, 10, 30 or 100, got "
                                                   "7"), ({"dim": "5"}, "dim: expected"),
    ({"dim": [5]}, "dim: expected"), ({"n_r": 1}, "n_r: expected a whole number from 5 to 50 .* "
                                                  "got 1"),
    ({"n_r": 51}, "n_r: expected"), ({"n_s": 501}, "n_s: expected a whole number from 5 to 500 "
                                                   ".*d = 5.*got 501"),
    ({"n_s": 60.0}, "n_s: expected"), ({"n_s": True}, "n_s: expected"),
    ({"simulated": 1}, "simulated: expected True or False"),
    ({"more": 1}, "state: expected exactly dim, lam, n_r, n_s, simulated")])
def test_states_that_there_are_not_are_refused_in_words(change, said):
    chart = small()
    with pytest.raises(ValueError, match=f"^{said}"):
        chart.state = START | change
    assert chart.state == START
    if not {"simulated", "more"} & set(change):
        with pytest.raises(ValueError, match=f"^(phase_map: )?{said}"):
            small(**change)


def test_states_come_back_from_their_text():
    chart = small()
    text = chart.text
    chart.state = START | {"lam": 1.0, "n_s": 17}
    assert chart.state["n_s"] == 17 and "λ = 1 " in chart.caption
    chart.state = text
    assert chart.state == START
    for wrong in ("", "madkit1:!!", text[:-4]):
        with pytest.raises(ValueError, match="^state: "):
            chart.state = wrong


@pytest.mark.parametrize("presets, said", [
    ({"a": {"t": 3}}, "'a' sets 't', expected some of dim, "
                      "lam"), ({"a": {"lam": 2}}, "'a': lam: expected"),
    ({"a": {"dim": 100}}, "'a': n_r: expected a whole number from 100")])
def test_wrong_presets_are_refused_in_words(presets, said):
    with pytest.raises(ValueError, match=f"^presets: {said}"):
        small(presets=presets)


@pytest.mark.parametrize("given, said", [({"generations": 1}, "generations: expected"),
                                         ({"render": "lively"}, "render: ")])
def test_wrong_use_is_refused_in_words(given, said):
    with pytest.raises(ValueError, match=f"^(phase_map: )?{said}"):
        small(**given)


# --- words, pictures, pages -----------------------------------------------------------------------


def test_the_caption_has_the_numbers_of_theory_and_of_the_seeds():
    chart = small(n_s=500)
    n_e, (worth, error) = theory.effective_sample_size(mk.Fresh(12) + mk.Synthetic(500, 0.85),
                                                       5), chart.track["rows"]
    assert chart.caption.startswith("Synthetic data harms: with λ = 0.85 and d = 5, 12 real and "
                                    "500 synthetic rows a generation")
    assert (
        f"worth {phases.rows(n_e)} real rows alone, n_e/n_r = {n_e / 12:.2f} (theory)"
        in chart.caption
    )
    assert f"as good as {worth:.1f} ± {error:.1f} real rows (40 seeds)" in chart.caption


@pytest.mark.parametrize("render", ["static", "live"])
def test_every_map_carries_its_still_picture(render):
    chart = small(render=render)
    bundle = chart._repr_mimebundle_()
    assert (WIDGET in bundle) == (render == "live")
    assert np.asarray(Image.open(io.BytesIO(base64.b64decode(bundle["image/png"])))).std() > 20
    assert bundle["text/plain"] == chart.caption
    assert bundle["text/html"].count(chart.caption) == 2 and "http" not in bundle["text/html"]


def test_the_still_map_has_the_colours_of_theory():
    state = {"dim": 100, "lam": 0.85, "n_r": 250, "n_s": 1000, "simulated": False}
    track = phases.track(state, 5, range(2))
    [mesh] = map_still.drawn(state, track, None, 5).panels[0, 0].collections[:1]
    n_r, n_s = phases.axes(100)
    shown = np.asarray(mesh.get_array()).reshape(len(n_s), len(n_r))
    for i, j in ((3, 30), (36, 8)):
        n_e = theory.effective_sample_size(mk.Fresh(n_r[j]) + mk.Synthetic(n_s[i], 0.85), 100)
        assert shown[i, j] == pytest.approx(np.log2(n_e / n_r[j]), abs=1e-3)


def test_a_page_is_one_small_file_with_its_paths(tmp_path):
    chart = small(presets={"more": {"n_s": 200, "help": "<b>"}})
    page = chart.write(tmp_path / "map.html").read_text()
    packed = re.findall(r'class="madkit-piece">(.*?)</script>', page)
    unpacked = [gzip.decompress(base64.b64decode(one)).decode() for one in packed]
    assert len(page) < 400_000 and [*map(pages.external, (page, *unpacked))] == [[], []]
    assert "".join(unpacked).count("function theoryPath") == 1
    data = json.loads(re.search(r'class="madkit-data">(.*?)</script>', page)[1])
    assert data["state"] == chart.state and data["page"]["offline"]
    assert set(data["page"]["tracks"]) == {"5,0.85,12,60", "5,0.85,12,200"}
    np.testing.assert_allclose(data["page"]["tracks"]["5,0.85,12,60"]["w2"], chart.track["w2"],
                               rtol=1e-3)


def test_a_report_takes_the_page_along(monkeypatch):
    monkeypatch.setenv("MADKIT_RENDER", "report")
    bundle = mk.phase_map(dim=5, n_r=12, n_s=60, presets={}, generations=5)._repr_mimebundle_()
    assert bundle[pages.EXPLORER]["script"] == "phase_map"
    json.dumps(bundle[pages.EXPLORER], allow_nan=False)


# --- life -----------------------------------------------------------------------------------------


def test_the_page_moves_the_map_and_gets_its_path():
    chart = small(render="live", dim=30, n_r=60, n_s=300)
    chart.widget.state = chart.state | {"n_s": 600}
    assert chart.state["n_s"] == 600 and chart.widget.track["key"] == "30,0.85,60,600"
    chart.wait()
    assert len(chart.widget.track["w2"]) == phases.SEEDS[30] and chart.widget.track == chart.track


def test_an_error_is_said_and_the_next_move_heals_it():
    chart = small(render="live")
    chart.widget.state = chart.state | {"n_s": -1}
    assert (
        chart.widget.status["kind"] == "error"
        and "n_s: expected a whole number" in chart.widget.status["text"]
    )
    assert chart.state["n_s"] == 60
    chart.widget.state = chart.state | {"n_s": 61}
    assert chart.widget.status["kind"] == "" and chart.state["n_s"] == 61


def test_the_same_cell_again_closes_what_it_made_before():
    first = small(render="live")
    second = small(render="live")
    third = small(render="live", key="another")
    assert (
        first.widget is None
        and len(OPEN) == 2
        and second.widget is not None
        and third.widget is not None
    )
    second.close()
    assert second.widget is None and WIDGET not in second._repr_mimebundle_()
