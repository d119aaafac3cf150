"""Parts of a step of Dormand and Prince's method: order 8, error estimates of orders 5 and 3.

Source: Hairer, Nørsett, Wanner, doi:10.1007/978-3-540-78862-1, section II.5.
"""

from __future__ import annotations

import numpy as np

from phonosync.theory.kernels.compilation import compiled


@compiled()
def weighted_sum(y, h, weights, K, out):
    """Write y + h Σ_r weights_r K_r into out, all of shape (n,); K has shape (stages, n)."""
    for i in range(len(y)):
        out[i] = y[i]
    for r in range(len(weights)):
        weight = h * weights[r]
        if weight != 0.0:
            for i in range(len(y)):
                out[i] += weight * K[r, i]


@compiled()
def relative_error(h, K, e3, e5, y, new, rtol, floor, work):
    """Error of a step relative to floor + rtol |y|; the estimate of order 3 damps that of 5.

    `work` has the shape (3, n), and its first row is zero.
    """
    nothing, third, fifth = work
    weighted_sum(nothing, 1.0, e3, K, third)
    weighted_sum(nothing, 1.0, e5, K, fifth)
    sum3, sum5 = 0.0, 0.0
    for i in range(len(y)):
        inverse = 1.0 / (floor[i] + rtol * max(abs(y[i]), abs(new[i])))
        sum3 += (third[i] * inverse) ** 2
        sum5 += (fifth[i] * inverse) ** 2
    if sum5 == 0.0:
        return 0.0
    return h * sum5 / np.sqrt((sum5 + 0.01 * sum3) * len(y))


@compiled()
def change_of_step(error):
    """By how much the next step may be longer, or must be shorter; an error of NaN is too large."""
    if error == 0.0:
        return 10.0
    if not error < np.inf:
        return 0.2
    return min(10.0, max(0.2, 0.9 * error ** (-1 / 8)))
