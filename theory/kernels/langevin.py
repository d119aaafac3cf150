"""The compiled inner loop of Langevin ensembles: LANES trajectories advance side by side.

Quadratures lie as (q1, p1, q2, p2, ...) by rows, trajectories along a row, so that every inner loop
runs over neighbours in memory and becomes vector instructions.
"""

from __future__ import annotations

import numpy as np

from phonosync.theory.kernels.compilation import compiled

LANES = 64  # trajectories of a block

_MANTISSA, _EXPONENT = np.uint64(0x000FFFFFFFFFFFFF), np.uint64(52)
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_3, _11, _24, _40 = np.uint64(3), np.uint64(11), np.uint64(24), np.uint64(40)
_ONE = np.uint64(0x3FF0000000000000)  # the bits of 1.0
_ROUND = 1.5 * 2.0**52  # a number plus this, minus this, is rounded to a whole one
_SQRT2 = np.sqrt(2.0)


@compiled(error_model="numpy")
def draw(streams, u, v):
    """Uniform numbers of LANES streams of the generator SFC64, side by side.

    Args:
        streams: a, b, c and counter of each lane's generator, uint64, shape (4, LANES); advanced.
        u, v: shape (rows · LANES,); written: from the low half of each lane's next words numbers
            in (0, 1), from the high half such in (−1/2, 1/2).

    Source: Doty-Humphrey, PractRand (pracrand.sourceforge.net), as in numpy.random.SFC64.
    """
    a, b, c, counter = streams[0], streams[1], streams[2], streams[3]
    for row in range(0, u.shape[0], LANES):
        low, high = u[row : row + LANES], v[row : row + LANES]
        for lane in range(LANES):
            word = a[lane] + b[lane] + counter[lane]
            counter[lane] += np.uint64(1)
            a[lane] = b[lane] ^ (b[lane] >> _11)
            b[lane] = c[lane] + (c[lane] << _3)
            c[lane] = ((c[lane] << _24) | (c[lane] >> _40)) + word
            low[lane] = (np.float64(word & _LOW) + 0.5) * 2.0**-32
            high[lane] = (np.float64(word >> _HALF) + 0.5) * 2.0**-32 - 0.5


@compiled(error_model="numpy")
def _direction(turns):
    """(cos, sin) of 2π turns for |turns| <= 1/2, to 1e-12: series of a quarter, doubled twice."""
    a = turns * 1.5707963267948966
    s = a * a
    sine = 1 / 362880 + s * (-1 / 39916800 + s / 6227020800)
    sine = a * (1 + s * (-1 / 6 + s * (1 / 120 + s * (-1 / 5040 + s * sine))))
    cosine = -1 / 3628800 + s * (1 / 479001600 - s / 87178291200)
    cosine = 1 + s * (-1 / 2 + s * (1 / 24 + s * (-1 / 720 + s * (1 / 40320 + s * cosine))))
    sine, cosine = 2 * sine * cosine, 1 - 2 * sine * sine
    return 1 - 2 * sine * sine, 2 * sine * cosine


@compiled(error_model="numpy")
def fill_normals(u, v, powers, out):
    """Box and Muller's standard normals √(−2 ln u) (cos 2πv, sin 2πv).

    Logarithm and sine are written out, good to 1e-12: the library's do not run side by side.

    Args:
        u, v: uniform in (0, 1) and (−1/2, 1/2), shape (n,); u is used up.
        powers: work space, shape (n,).
        out: shape (2n,), written: the cosines' and then the sines'.

    Source: Box and Muller, doi:10.1214/aoms/1177706645.
    """
    n = u.shape[0]
    bits = u.view(np.uint64)
    for i in range(n):
        # u = 2^k m with 1 <= m < 2; ln m = ln 1.5 + 2 artanh((m − 1.5)/(m + 1.5)).
        powers[i] = np.float64(bits[i] >> _EXPONENT) - 1023.0
        bits[i] = (bits[i] & _MANTISSA) | _ONE
    cosines, sines = out[:n], out[n:]
    for i in range(n):
        z = (u[i] - 1.5) / (u[i] + 1.5)
        s = z * z
        series = 1 / 9 + s * (1 / 11 + s * (1 / 13 + s * (1 / 15 + s / 17)))
        series = 1 + s * (1 / 3 + s * (1 / 5 + s * (1 / 7 + s * series)))
        log = 2 * z * series + (powers[i] * 0.6931471805599453 + 0.4054651081081644)
        radius = np.sqrt(-2 * log)
        cosine, sine = _direction(v[i])
        cosines[i], sines[i] = radius * cosine, radius * sine


@compiled(error_model="numpy")
def drift_and_shake(state, new, groups, columns, weights, push):
    """Linear flow with its noise: x <- M x + push + L normals, four terms at a time.

    Args:
        state: x and the normals below it, shape (4N, LANES); x changed.
        new: work space, shape (2N, LANES).
        groups: how many groups of four terms make each row, shape (2N,).
        columns, weights: the terms: rows of `state` and entries of (M, L), shape (2N, terms).
        push: shape (2N,).
    """
    flat, result = state.reshape(-1), new.reshape(-1)
    for i in range(groups.shape[0]):
        at = np.uint64(i * LANES)
        for lane in range(np.uint64(LANES)):
            result[at + lane] = push[i]
        for g in range(0, 4 * groups[i], 4):
            a, b = np.uint64(columns[i, g] * LANES), np.uint64(columns[i, g + 1] * LANES)
            c, d = np.uint64(columns[i, g + 2] * LANES), np.uint64(columns[i, g + 3] * LANES)
            s, t = weights[i, g], weights[i, g + 1]
            u, v = weights[i, g + 2], weights[i, g + 3]
            for lane in range(np.uint64(LANES)):
                two = s * flat[a + lane] + t * flat[b + lane]
                result[at + lane] += two + u * flat[c + lane] + v * flat[d + lane]
    for i in range(result.shape[0]):
        flat[i] = result[i]


@compiled(error_model="numpy")
def kick(x, modes, kerr, cross, pressure, quanta, angle, largest):
    """Exact flow of the couplings, one element after the other; x changed in place.

    Element e turns mode k = modes[e] by θ = 2K(|c_k|² − 1) + Σ_l X_l (|c_l|² − ½)
    + Σ_l 2g_l Re c_l and pushes every mode l by −ig_l (|c_k|² − ½).

    Args:
        x: quadratures, shape (2N, LANES).
        modes: shape (E,).
        kerr, cross, pressure: K, X, g times the time, shape (E,), (E, N), (E, N).
        quanta, angle: work space, shape (LANES,).
        largest: |θ| so far, shape (LANES,); raised.
    """
    for e in range(modes.shape[0]):
        k = modes[e]
        q, p = x[2 * k], x[2 * k + 1]
        for lane in range(LANES):
            quanta[lane] = (q[lane] * q[lane] + p[lane] * p[lane]) / 2
            angle[lane] = 2 * kerr[e] * (quanta[lane] - 1)
        for m in range(cross.shape[1]):
            q_m, p_m = x[2 * m], x[2 * m + 1]
            if cross[e, m] != 0.0:
                rate = cross[e, m] / 2
                for lane in range(LANES):
                    angle[lane] += rate * (q_m[lane] * q_m[lane] + p_m[lane] * p_m[lane] - 1)
            if pressure[e, m] != 0.0:
                rate = pressure[e, m] * _SQRT2
                for lane in range(LANES):
                    angle[lane] += rate * q_m[lane]
                    p_m[lane] -= rate * (quanta[lane] - 0.5)
        for lane in range(LANES):
            largest[lane] = max(largest[lane], abs(angle[lane]))
            turns = angle[lane] * 0.15915494309189535
            cosine, sine = _direction(turns - ((turns + _ROUND) - _ROUND))
            before = q[lane]
            q[lane] = before * cosine + p[lane] * sine
            p[lane] = p[lane] * cosine - before * sine


@compiled(error_model="numpy")
def advance(state, streams, recorded, flows, kicks, steps, kinds, lengths, limit):
    """Advance a block through all recorded times.

    Interval i between them is kicked steps[i] times; half a step of linear flow stands at its ends
    and a whole one between two kicks.

    Args:
        state: quadratures and below them room for normals, shape (4N, LANES); changed.
        streams: of random numbers, as in `draw`.
        recorded: shape (T, 2N, LANES); row i + 1 written at the end of interval i.
        flows: groups, columns, weights, pushes of `drift_and_shake`, leading dimensions (kinds, 2):
            at an interval's ends, between kicks.
        kicks: modes and rates of `kick`, the rates with a leading dimension (kinds,).
        steps, kinds: of each interval, shape (T − 1,).
        lengths: of one step of each kind, shape (kinds,).
        limit: the largest angle that a kick may turn a mode by.

    Returns:
        Number of times reached, fewer if a number was not finite or the limit passed; the largest
        angle, and the largest angle per time.
    """
    groups, columns, weights, pushes = flows
    modes, kerr, cross, pressure = kicks
    n = state.shape[0] // 2
    x, normals, new = state[:n], state[n:].reshape(-1), np.empty((n, LANES))
    u, v, powers = np.empty(n // 2 * LANES), np.empty(n // 2 * LANES), np.empty(n // 2 * LANES)
    quanta, angle, largest = np.empty(LANES), np.empty(LANES), np.zeros(LANES)
    turned, rate = 0.0, 0.0
    for interval in range(steps.shape[0]):
        kind, last = kinds[interval], steps[interval]
        for done in range(last + 1):
            if done > 0:
                kick(x, modes, kerr[kind], cross[kind], pressure[kind], quanta, angle, largest)
            part = 0 if done == 0 or done == last else 1
            draw(streams, u, v)
            fill_normals(u, v, powers, normals)
            drift_and_shake(
                state,
                new,
                groups[kind, part],
                columns[kind, part],
                weights[kind, part],
                pushes[kind, part],
            )
        recorded[interval + 1] = x
        turned = max(turned, largest.max())
        rate = max(rate, largest.max() / lengths[kind])
        largest[:] = 0.0
        if not (np.isfinite(x.sum()) and turned <= limit):
            return interval + 1, turned, rate
    return steps.shape[0] + 1, turned, rate
