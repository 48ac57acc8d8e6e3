"""What a lesson calls; `mk.report` renders it.

| | |
|---|---|
| check_environment() | what madkit found on this machine, and what is missing |
| check_parameters() | refuses misspelt or wrongly typed parameters |
| same_number, same_function, same_loop | is an exercise solved? A line of praise, or a hint |
| results(metrics, figures) | writes what the lesson found to results.json |

A lesson is a notebook with a cell tagged `parameters`, among them `out = "."`,
and a last cell that calls `results`.
"""

from madkit.lesson.environment import check_environment
from madkit.lesson.exercises import same_function, same_loop, same_number
from madkit.lesson.parameters import check_parameters
from madkit.lesson.report import ReportError
from madkit.lesson.results import results

__all__ = [
    "check_environment", "check_parameters", "same_number", "same_function", "same_loop",
    "results", "ReportError",
]


def __dir__() -> list[str]:
    return sorted(__all__)
