"""How often pictures are changed: more while the discriminator overfits, less while it does not."""

from __future__ import annotations

import torch
from torch import Tensor


def next_probability(
    p: Tensor | float,
    sign_mean: Tensor | float,
    *,
    batch_size: int,
    every: int = 4,
    target: float = 0.6,
    kimg: float = 500,
) -> Tensor:
    """One step of p towards the probability at which the discriminator overfits as much as it should.

    The sign of D's output on real pictures is positive half of the time for a discriminator that cannot tell, a mean of
    0, and always for one that knows them by heart, a mean of 1: Karras et al. (2020), section 3.1,
    https://arxiv.org/abs/2006.06676. Past 1 the probability means no more than 1, but takes as long to come back.

    Args:
        p: Probability so far, a scalar.
        sign_mean: Mean sign of D's output on augmented real pictures since the last step, in [-1, 1].
        batch_size: Real pictures per iteration.
        every: Iterations from one step to the next.
        target: The mean sign to hold.
        kimg: Thousands of real pictures in which p goes from 0 to 1 at the fastest.

    Returns:
        The next p, a 0-d tensor, at least 0, with no upper bound; p itself is left as it was.

    Raises:
        ValueError: If `batch_size`, `every` or `kimg` is not positive.
    """
    if min(batch_size, every, kimg) <= 0:
        raise ValueError(f"batch_size, every and kimg should be positive; got {batch_size}, {every} and {kimg}.")
    p = torch.as_tensor(p)
    direction = torch.sign(torch.as_tensor(sign_mean) - target).to(p)
    return (p + batch_size * every / (kimg * 1000) * direction).clamp_min(0)
