"""Does my own model, loop or metric keep the rules? Each check passes silently,
or raises AssertionError and says why.

    mk.testing.check_model(Mine(), mk.data.ring())
    mk.testing.check_loop(drying_up, mk.data.ring())
    mk.testing.check_metric(my_metric)

A loop is only as good as its randomness: generation t must be a pure function of (training set,
seed, t), or no result can be repeated, resumed or compared. So what is checked beyond shapes is
that all randomness comes from the global generators of torch, NumPy and Python, which
`madkit.rng.stream` seeds; that λ is an argument and is honoured; that `fit` starts anew; and that
nothing changes the data it is given. Comparisons are to the bit: the same stream must give the same
rows, another stream other rows. Only two checks, of λ and of moments(), are statistical; each
states its standard errors.
"""

from madkit.testing.loop import check_loop
from madkit.testing.metric import check_metric
from madkit.testing.model import check_model

__all__ = ["check_model", "check_loop", "check_metric"]


def __dir__() -> list[str]:
    return sorted(__all__)
