"""Generative models: each is two methods, `fit(data) -> self` and `sample(n, lam=1.0) -> Samples`,
and no base class.

Your own needs nothing else; `mk.testing.check_model` tells whether it keeps the rules of a loop.
"""

from typing import TYPE_CHECKING, Any

from madkit.base.moved import missing
from madkit.models.diffusion import Diffusion
from madkit.models.flow import Flow
from madkit.models.gan import GAN
from madkit.models.gaussian import Gaussian
from madkit.models.kde import KDE
from madkit.models.matching import FlowMatching
from madkit.models.mixture import Mixture
from madkit.models.vae import VAE

__all__ = ["Gaussian", "Mixture", "KDE", "Flow", "VAE", "GAN", "Diffusion", "FlowMatching"]


if not TYPE_CHECKING:  # a tool that reads types sees no name that is not there

    def __getattr__(name: str) -> Any:
        raise missing("mk.models", name)


def __dir__() -> list[str]:
    return sorted(__all__)
