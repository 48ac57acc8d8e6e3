"""Golden cases of loops on rows: fits and metrics of given rows, and what happens to 60 seeds."""

import tempfile
from pathlib import Path

import numpy as np
import torch

import madkit as mk
from madkit import metrics, models
from madkit.live.scenes import growing
from madkit.live.scenes.page import REACH

NAMES = ("trace", "w2_squared", "mean_error", "logdet", "recall", "sliced_w2")
SEEDS, LAST, ROWS, EMIT = 60, 6, 60, 100


def samples(rows):
    return mk.Samples(torch.tensor(rows, dtype=torch.float64))


def clouds():
    """Rows of d = 1, 2: three blobs, all equal, on a line, few."""
    rng = np.random.default_rng(5)
    blobs = rng.normal(size=(40, 2)) * 0.3 + np.array([[-2, 0], [2, 1], [0, -2]])[rng.integers(0, 3, 40)]
    flat = np.outer(rng.normal(size=20), [1.0, 0.5])
    some = [blobs, flat, np.ones((6, 2)), blobs[:3], blobs[:, :1], np.ones((4, 1))]
    return [cloud.round(3) for cloud in some]


def fits():
    """Rows, and what a KDE and a mixture that starts from the first three of them learn."""
    found = []
    for rows in clouds():
        data, d = samples(rows.tolist()), rows.shape[1]
        kernel = models.KDE().fit(data)._root
        mixed = models.Mixture(3, start=data.x[:3]).fit(data)
        found.append({"rows": rows.tolist(), "d": d, "kernel": (kernel @ kernel.T).tolist(),
                      "weights": mixed.weights.tolist(), "means": mixed.means.tolist(),
                      "covs": mixed.covs.tolist(), "likelihood": mixed.log_likelihood})
    return found


def judged():
    """Real and emitted rows, and every metric of them."""
    rng = np.random.default_rng(6)
    real = rng.normal(size=(80, 2)).round(3)
    fakes = [rng.normal(size=(80, 2)) * [0.5, 2] + 1, real * 0.01, np.ones((80, 2)),
             np.outer(rng.normal(size=80), [1.0, 2.0])]
    pairs = [(real, fake.round(3)) for fake in fakes] + [(real[:, :1], fakes[0][:, :1].round(3))]
    return [{"real": a.tolist(), "fake": b.tolist(), "angles": growing.angles(),
             "values": {name: getattr(metrics, name)(samples(a.tolist()), samples(b.tolist()))
                        for name in NAMES}} for a, b in pairs]


LAWS = [("mixture", [[-1.5, 0.0], [1.5, 0.5], [0.0, 2.0]], 4, 0.2, 0.9),
        ("kde", [[-1.5, 0.0], [1.5, 0.5], [0.0, 2.0]], 4, 0.0, 0.8),
        ("mixture", [[-1.0], [2.0]], 3, 0.0, 1.0), ("kde", [[-1.0], [2.0]], 3, 0.5, 0.7)]


class on_a_line(growing.drawn):
    """The same of points that are one number."""

    shape = (1,)


def laws():
    """Loops, and their metrics in some generations of every seed."""
    return [law(*one) for one in LAWS]


def law(model, points, k, p, lam):
    truth = growing.drawn if len(points[0]) == 2 else on_a_line
    learns = models.KDE() if model == "kde" else models.Mixture(k)
    names = ["logdet", "w2_squared", "recall"]
    run = mk.run(learns, mk.fresh_data(ROWS, p, lam), truth(tuple(map(tuple, points))),
                 generations=LAST, seeds=SEEDS, metrics=names, emit=EMIT, progress=False)
    table = run.table[run.table.generation.isin((1, 3, LAST))]
    values = {f"{name} {t}": sorted(float(f"{value:.6g}") for value in part.value)
              for (name, t), part in table.groupby(["metric", "generation"])}
    return {"model": model, "points": points, "components": k, "p": p, "lam": lam, "n": ROWS,
            "emit": EMIT, "generations": LAST, "values": values}


TABLES = ["x,y\n1,2\n2,3.5\n-3,1e1\n4,9\n5,2\n",
          "a;b\n1,5;2\n2,25;3\n3,1;1,75\n4,5;9\n5;2\n",
          "p\tq\tr\n1\t2\t3\n2\t5\t1\n3\t1\t0\n9\t9\t9\n5\t2\t1\n",
          "x|y\n1|2\n2|3\n3|1\n4|9\n5|2\n",
          ",x,y\n0,1,2\n1,2,3\n2,3,1\n3,4,9\n4,7,2\n",
          "\ufeffx,y\r\n1,2\r\n2,3\r\n3,1\r\n4,9\r\n5,2\r\n",
          'x,"y, ""cm"""\n"1",2\n2,"3"\n3,1\n4,9\n5,2\n',
          "sep=;\nx;y\n1;2\n2;3\n3;1\n4;9\n5;2\n",
          "x,y\n1,2\nNA,3\n3,1\n4,\n5,2\n7,?\n6,6\n\n8,1\n",
          "x y\n1 2\n2  3\n3 1\n4 9\n5\t2\n"]


def tables():
    """Texts, and two columns of them in units of their spread, as far as the window reaches."""
    cases = []
    with tempfile.TemporaryDirectory() as folder:
        for text in TABLES:
            file = Path(folder, "table.csv")
            file.write_bytes(text.encode())
            truth = mk.data.csv(file, missing="drop")
            x = truth.x[:, :2].numpy()
            x = ((x - x.mean(0)) / x.std(0)).clip(-REACH, REACH)
            cases.append({"text": text, "names": truth.columns[:2], "points": x.tolist()})
    return cases


CASES = {"fits": fits, "judged": judged, "laws": laws, "tables": tables}
