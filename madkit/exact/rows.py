"""What is seen of groups of rows, [F | μ] with F Fᵀ their scatter and μ their mean.

They are emitted by a fit, and pooled, in two layouts: matrices, for any dimension and device; and,
for few dimensions, components, as calls to multiply a thousand matrices of four numbers take ten
times as long as the numbers. Both sum in one order whatever else is in the batch.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

Array = np.ndarray


class Matrices:
    """A group is a tensor (L, S, d, d + 1): L loops, S seeds."""

    def __init__(self, full: bool, device: torch.device):
        self.root = _cholesky if full else _triangular
        self.device = device

    def enter(self, seen: Tensor) -> Tensor:
        """(…, L, S, d, ·) as it is."""
        return seen

    def leave(self, seen: list[Tensor]) -> Tensor:
        return torch.stack(seen)

    def size(self, values: Array) -> Tensor:
        """Numbers (…, L), for each loop one: (…, L, 1, 1, 1)."""
        return torch.from_numpy(values)[..., None, None, None].to(self.device)

    def sizes(self, values: Array) -> Tensor:
        """Numbers (…, L, G), for each group one: (…, L, 1, 1, G)."""
        return torch.from_numpy(values)[..., None, None, :].to(self.device)

    def joined(self, factor: Tensor, mean: Tensor) -> Tensor:
        return torch.cat([factor, mean], -1)

    def emitted(self, mean: Tensor, factor: Tensor, seen: Tensor) -> Tensor:
        """Rows of N(mean, factor factorᵀ); `seen` is of rows of N(0, I)."""
        rows = factor @ seen
        rows[..., -1:] += mean
        return rows

    def pooled(self, groups: list[Tensor], share: Tensor, root: Tensor,
               alive: Tensor) -> tuple[Tensor, Tensor]:
        """Mean (L, S, d, 1) and scatter factor (L, S, d, d) of all groups.

        share  n_g/N of each group
        root   √n_g
        alive  the columns within the factor's rank

        The factor is lower triangular with diagonal ≥ 0, and zero beyond its rank.
        """
        columns = torch.stack(groups, -2)  # (L, S, d, G, d + 1)
        means = columns[..., -1]
        mean = times(means, share.mT)
        means.sub_(mean).mul_(root)
        return mean, self.root(columns.flatten(-2), alive)


def _triangular(columns: Tensor, alive: Tensor) -> Tensor:
    """F with F Fᵀ = C Cᵀ of columns C (…, d, m), as exact as C whatever its rank."""
    factor = torch.linalg.qr(columns.mT, mode="r").R.mT
    return factor * torch.copysign(alive, factor.diagonal(dim1=-2, dim2=-1)[..., None, :])


def _cholesky(columns: Tensor, alive: Tensor) -> Tensor:
    """The same in a third of the time, where no direction is small: C Cᵀ squares what is."""
    return torch.linalg.cholesky(columns @ columns.mT)


def times(matrix: Tensor, column: Tensor) -> Tensor:
    """matrix @ column, summed in one order whatever else is in the batch.

    matmul has several orders, and chooses by shape.
    """
    terms = matrix * column.mT
    return terms[..., :1] + terms[..., 1:] if terms.shape[-1] == 2 else terms.sum(-1, keepdim=True)


class Components:
    """A group is an array (d, d + 1, L, S), where real rows keep every direction alive."""

    FEW = 2   # dimensions

    def __init__(self, seeds: int):
        self.seeds = seeds

    def enter(self, seen: Tensor) -> Array:
        """(…, L, S, d, ·) as (…, d, ·, L, S)."""
        if self.seeds == 1:  # twice: over a single number, einsum has another order
            seen = torch.cat([seen, seen], -3)
        return np.ascontiguousarray(np.moveaxis(seen.numpy(), (-2, -1), (-4, -3)))

    def leave(self, seen: list[Array]) -> Tensor:
        rows = np.moveaxis(np.stack(seen)[..., : self.seeds], (-4, -3), (-2, -1))
        return torch.from_numpy(np.ascontiguousarray(rows))

    def size(self, values: Array) -> Array:
        """Numbers (…, L), for each loop one: (…, L, 1)."""
        return values[..., None]

    def sizes(self, values: Array) -> Array:
        """Numbers (…, L, G), for each group one: (…, G, L, 1)."""
        return values.swapaxes(-1, -2)[..., None]

    def joined(self, factor: Array, mean: Array) -> Array:
        return np.concatenate([factor, mean], 1)

    def emitted(self, mean: Array, factor: Array, seen: Array) -> Array:
        rows = np.einsum("ijls, jkls -> ikls", factor, seen)
        rows[:, -1:] += mean
        return rows

    def pooled(self, groups: list[Array], share: Array, root: Array,
               alive: Array) -> tuple[Array, Array]:
        columns = np.concatenate(groups, 1)                   # (d, G (d + 1), L, S)
        means = columns[:, len(columns) :: len(columns) + 1]  # a view
        mean = np.einsum("igls, gl -> ils", means, share[..., 0])[:, None]
        means -= mean
        means *= root
        squares = np.einsum("imls, jmls -> ijls", columns, columns)
        factor = np.zeros_like(squares)
        for i, line in enumerate(squares):  # Cholesky's, line by line
            for j, left in enumerate(line[: i + 1]):
                for k in range(j):
                    left -= factor[i, k] * factor[j, k]
                factor[i, j] = left / factor[j, j] if j < i else np.sqrt(left)
        return mean, factor
