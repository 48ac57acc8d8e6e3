"""What theory says of a run, to be drawn over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from madkit import data, models, theory
from madkit.metrics.values import metric_name
from madkit.runs.job import Job

if TYPE_CHECKING:
    import pandas as pd


def expected(job: Job) -> pd.DataFrame:
    """What theory says of this run.

    Only of a Gaussian model with its full covariance, on a Gaussian truth, judged as it is.
    """
    import pandas as pd

    known = (isinstance(job.model, models.Gaussian) and job.model.covariance == "full"
             and isinstance(job.truth, data.gaussian))
    if not known or job.features is not None:
        return pd.DataFrame(columns=["generation", "metric", "value", "kind"])
    mean, cov = job.truth.moments()
    table = theory.table(job.loop, len(mean), job.generations, job.n_ini, mean, cov, job.model.ddof)
    asked = [metric_name(metric) for metric in job.metrics]
    return table[table.metric.str.split(".").str[0].isin(asked)]
