"""The compiled inner loop of Langevin ensembles: LANES trajectories advance side by side.

Quadratures lie as (q1, p1, q2, p2, ...) by rows, trajectories along a row, so that every inner loop
runs over neighbours in memory and becomes vector instructions.
"""

from __future__ import annotations

import numpy as np
from numba import njit

LANES = 64  # trajectories of a block; a block has its own stream of random numbers

_MANTISSA, _EXPONENT = np.uint64(0x000FFFFFFFFFFFFF), np.uint64(52)
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_ONE = np.uint64(0x3FF0000000000000)  # the bits of 1.0
_WHOLE = np.uint64(0x4330000000000000)  # the bits of 2^52: ored with an integer k, of 2^52 + k
_SHIFT = 4503599627370496.0  # 2^52
_ROUND = 1.5 * _SHIFT  # a number plus this, minus this, is rounded to a whole one
_SQRT2 = np.sqrt(2.0)


@njit(nogil=True, cache=True, fastmath={"contract"}, error_model="numpy")
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


@njit(nogil=True, cache=True, fastmath={"contract"}, error_model="numpy")
def fill_normals(words, out, integers, uniforms):
    """Turn n random 64-bit words into 2n standard normals by Box and Muller's formula.

    A word's low half gives u in (0, 1), its high half the angle 2πv, v in (−1/2, 1/2):
    √(−2 ln u) (cos 2πv, sin 2πv). Logarithm and sine are written out, good to 1e-12, because
    the library's do not run side by side.

    Args:
        words: uint64, shape (n,).
        out: shape (2n,); written.
        integers, uniforms: work space, uint64 (2, n) and float64 (n,).

    Source: Box and Muller, doi:10.1214/aoms/1177706645.
    """
    n = words.shape[0]
    bits, exponents = integers[0], integers[1]
    fractions, powers = bits.view(np.float64), exponents.view(np.float64)
    for i in range(n):
        bits[i] = (words[i] & _LOW) | _WHOLE
        exponents[i] = (words[i] >> _HALF) | _WHOLE
    for i in range(n):
        fractions[i] = (fractions[i] - _SHIFT + 0.5) * 2.0**-32
        uniforms[i] = (powers[i] - _SHIFT + 0.5) * 2.0**-32 - 0.5
    for i in range(n):
        exponents[i] = (bits[i] >> _EXPONENT) | _WHOLE
        bits[i] = (bits[i] & _MANTISSA) | _ONE
    cosines, sines = out[:n], out[n:]
    for i in range(n):
        # u = 2^k m with 1 <= m < 2; ln m = ln 1.5 + 2 artanh((m − 1.5)/(m + 1.5)).
        k = powers[i] - (_SHIFT + 1023.0)
        z = (fractions[i] - 1.5) / (fractions[i] + 1.5)
        s = z * z
        series = 1 / 9 + s * (1 / 11 + s * (1 / 13 + s * (1 / 15 + s / 17)))
        series = 1 + s * (1 / 3 + s * (1 / 5 + s * (1 / 7 + s * series)))
        log = 2 * z * series + (k * 0.6931471805599453 + 0.4054651081081644)
        radius = np.sqrt(-2 * log)
        cosine, sine = _direction(uniforms[i])
        cosines[i], sines[i] = radius * cosine, radius * sine


@njit(nogil=True, cache=True, fastmath={"contract"}, error_model="numpy")
def drift_and_shake(state, new, groups, columns, weights, push):
    """Linear flow with its noise: x <- M x + push + L normals, four terms at a time.

    Args:
        state: x and the normals below it, shape (4N, LANES); x changed.
        new: work space, shape (2N, LANES).
        groups: how many groups of four terms make each row, shape (2N,).
        columns, weights: the terms: rows of `state` and entries of (M, L), shape (2N, terms).
        push: shape (2N,).
    """
    for i in range(new.shape[0]):
        row, constant = new[i], push[i]
        for lane in range(LANES):
            row[lane] = constant
        for g in range(0, 4 * groups[i], 4):
            a, b = state[columns[i, g]], state[columns[i, g + 1]]
            c, d = state[columns[i, g + 2]], state[columns[i, g + 3]]
            u, v = weights[i, g], weights[i, g + 1]
            w, z = weights[i, g + 2], weights[i, g + 3]
            for lane in range(LANES):
                row[lane] += u * a[lane] + v * b[lane] + w * c[lane] + z * d[lane]
    for i in range(new.shape[0]):
        old, row = state[i], new[i]
        for lane in range(LANES):
            old[lane] = row[lane]


@njit(nogil=True, cache=True, fastmath={"contract"}, error_model="numpy")
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


@njit(nogil=True, cache=True, fastmath={"contract"}, error_model="numpy")
def advance(state, recorded, place, words, flows, kicks, steps, kinds, lengths):
    """Advance a block until the random words are used up or the last time is reached.

    Interval i of the recorded times is kicked steps[i] times; half a step of linear flow stands at
    its ends and a whole one between two kicks.

    Args:
        state: quadratures and below them room for normals, shape (4N, LANES); changed.
        recorded: shape (T, 2N, LANES); row i + 1 written at the end of interval i.
        place: (interval, linear flows done in it); changed.
        words: uint64, shape (linear flows, N · LANES).
        flows: groups, columns, weights, pushes of `drift_and_shake`, leading dimensions (kinds, 2):
            at an interval's ends, between kicks.
        kicks: modes and rates of `kick`, the rates with a leading dimension (kinds,).
        steps, kinds: of each interval, shape (T − 1,).
        lengths: of one step of each kind, shape (kinds,).

    Returns:
        The largest angle that one kick turned a mode by, and the largest angle per time.
    """
    groups, columns, weights, pushes = flows
    modes, kerr, cross, pressure = kicks
    n = state.shape[0] // 2
    x, normals = state[:n], state[n:].reshape(-1)
    new, pairs = np.empty((n, LANES)), words.shape[1]
    integers, uniforms = np.empty((2, pairs), np.uint64), np.empty(pairs)
    quanta, angle, largest = np.empty(LANES), np.empty(LANES), np.zeros(LANES)
    interval, done = place[0], place[1]
    turned, rate = 0.0, 0.0
    for draw in range(words.shape[0]):
        kind, last = kinds[interval], steps[interval]
        if done > 0:
            kick(x, modes, kerr[kind], cross[kind], pressure[kind], quanta, angle, largest)
        part = 0 if done == 0 or done == last else 1
        fill_normals(words[draw], normals, integers, uniforms)
        drift_and_shake(
            state,
            new,
            groups[kind, part],
            columns[kind, part],
            weights[kind, part],
            pushes[kind, part],
        )
        done += 1
        if done > last:
            interval, done = interval + 1, 0
            recorded[interval] = x
        if done == 0 or draw == words.shape[0] - 1:
            turned = max(turned, largest.max())
            rate = max(rate, largest.max() / lengths[kind])
            largest[:] = 0.0
    place[0], place[1] = interval, done
    return turned, rate
