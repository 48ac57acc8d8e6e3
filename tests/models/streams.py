"""A model fitted and drawn from in streams of their own: the same in every test."""

from madkit.base.rng import stream


def fitted(model, data, seed=0):
    with stream(seed, "fit"):
        return model.fit(data)


def draw(model, n, lam=1.0, y=None, seed=0):
    with stream(seed, "sample"):
        return model.sample(n, lam) if y is None else model.sample(n, lam, y)
