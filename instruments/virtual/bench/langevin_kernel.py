"""The compiled inner loop of the bench: LANES independent trajectories, step by step.

Real and imaginary parts lie apart and lanes side by side, so that the compiler can use vector
registers. Every linear flow is (u, v, a, b, ...): c -> (u + iv) c + (a + ib), per mode and lane.
"""

from __future__ import annotations

import numpy as np
from numba import njit

LANES = 4  # trajectories that advance together, one per element of a vector register
SLOW = 8  # a slow bath's kicks are drawn once in so many steps


@njit(nogil=True, cache=True, inline="always", fastmath={"contract"}, error_model="numpy")
def _turn(re, im, flow):
    """Linear flow without exchange: each mode turns, decays and is pushed by itself."""
    u, v, a, b = flow[0], flow[1], flow[2], flow[3]
    for i in range(re.shape[0]):
        x, y = re[i], im[i]
        re[i] = u[i] * x - v[i] * y + a[i]
        im[i] = u[i] * y + v[i] * x + b[i]


@njit(nogil=True, cache=True, fastmath={"contract"}, error_model="numpy")
def _mix(re, im, flow, new_re, new_im):
    """Linear flow with exchange: all modes of a lane mix. Flow[4] is U, flow[5] is V, (N, N)."""
    a, b, U, V = flow[2], flow[3], flow[4], flow[5]
    N = U.shape[0]
    for i in range(re.shape[0]):
        new_re[i], new_im[i] = a[i], b[i]
    for k in range(N):
        for m in range(N):
            u, v = U[k, m], V[k, m]
            if u != 0.0 or v != 0.0:
                for lane in range(LANES):
                    x, y = re[m * LANES + lane], im[m * LANES + lane]
                    new_re[k * LANES + lane] += u * x - v * y
                    new_im[k * LANES + lane] += u * y + v * x
    for i in range(re.shape[0]):
        re[i], im[i] = new_re[i], new_im[i]


@njit(nogil=True, cache=True, inline="always", fastmath={"contract"}, error_model="numpy")
def _couple(re, im, turning, kerr, rest, first, pressed, rate, n, half):
    """Exact flow of radiation pressure and Kerr terms for half a step (intensities are kept).

    Mode turning[t] presses on the modes pressed[first[t]:first[t + 1]]; kerr and rate are times
    half a step. The linear flow holds the Kerr term's turning at the intensity rest[t] already.
    """
    for t in range(turning.shape[0]):
        k = turning[t] * LANES
        q, p = re[k : k + LANES], im[k : k + LANES]
        for lane in range(LANES):
            n[lane] = q[lane] * q[lane] + p[lane] * p[lane]
            # Weyl-ordered intensities: the truncated Wigner function's 1 (in rest), and 1/2 below.
            half[lane] = kerr[t] * (n[lane] - rest[t])
        for j in range(first[t], first[t + 1]):
            m, g = pressed[j] * LANES, rate[j]
            place, momentum = re[m : m + LANES], im[m : m + LANES]
            for lane in range(LANES):
                half[lane] += g * place[lane]
                momentum[lane] -= g * (n[lane] - 0.5)
        for lane in range(LANES):
            # Cayley's form turns by 2 atan(tan(half)), unitary; the series is good to half^7.
            h = half[lane]
            square = h * h
            tan = h * (1 + square * (1 / 3 + square * (2 / 15)))
            scale = 1 / (1 + tan * tan)
            cos, sin = (1 - tan * tan) * scale, -2 * tan * scale
            x, y = q[lane], p[lane]
            q[lane] = x * cos - y * sin
            p[lane] = x * sin + y * cos


@njit(nogil=True, cache=True, fastmath={"contract"}, error_model="numpy")
def _cross(re, im, cross, n):
    """Exact flow of the cross-Kerr terms for half a step: each mode turns by X times the others.

    Cross is half a step times X, (N, N); intensities are kept, so the order of modes is free.
    """
    N = cross.shape[0]
    for i in range(re.shape[0]):
        n[i] = re[i] * re[i] + im[i] * im[i] - 0.5
    for k in range(N):
        for lane in range(LANES):
            angle = 0.0
            for m in range(N):
                angle += cross[k, m] * n[m * LANES + lane]
            cos, sin = np.cos(angle), -np.sin(angle)
            i = k * LANES + lane
            x, y = re[i], im[i]
            re[i], im[i] = x * cos - y * sin, x * sin + y * cos


@njit(nogil=True, cache=True, fastmath={"contract"}, error_model="numpy")
def advance(
    re, im, out, total, fast_normals, slow_normals, constants, oscillator, lost, listened, heard
):
    """Advance all lanes by len(out) steps.

    Args:
        re, im: amplitudes, shape (N · LANES,), lanes of a mode side by side; changed in place.
        out: homodyne currents of each step, shape (steps, LANES); written.
        total: sums of the output field's real and imaginary part, shape (2, LANES); added to.
        fast_normals: standard normals, (steps, 3 + 2 · (fast baths + shared baths), LANES): port,
            detector, baths.
        slow_normals: (steps / SLOW rounded up, 2 · slow modes, LANES).
        constants: `Stepper.constants`.
        oscillator: local oscillator, complex, with the detection's gain.
        lost: amplitude of the noise that imperfect detection adds.
        listened: indices of modes whose displacement is recorded.
        heard: Re c of these modes in the first lane, shape (modes, steps); written.
    """
    flows, coupling, baths, port = constants
    inner, outer, diagonal = flows
    turning, kerr, rest, first, pressed, rate, cross = coupling
    fast, slow, fast_kick, slow_kick, shared_re, shared_im = baths
    modes, u_re, u_im, port_kick, incoming, dt = port
    out_re, out_im = incoming.real, incoming.imag
    cos, sin = oscillator.real, oscillator.imag
    new_re, new_im = np.empty_like(re), np.empty_like(im)
    before_re, before_im = np.empty_like(re), np.empty_like(im)
    intensity = np.empty_like(re)
    n, half = np.empty(LANES), np.empty(LANES)
    field_re, field_im = np.empty(LANES), np.empty(LANES)
    first_shared = 3 + 2 * fast.shape[0]
    for s in range(out.shape[0]):
        _couple(re, im, turning, kerr, rest, first, pressed, rate, n, half)
        if cross.shape[0]:
            _cross(re, im, cross, intensity)
        if diagonal:
            _turn(re, im, inner)
        else:
            _mix(re, im, inner, new_re, new_im)
        for j in range(modes.shape[0]):
            for lane in range(LANES):
                before_re[j * LANES + lane] = re[modes[j] * LANES + lane]
                before_im[j * LANES + lane] = im[modes[j] * LANES + lane]
        for i in range(fast.shape[0]):
            for lane in range(LANES):
                re[fast[i] * LANES + lane] += fast_kick[i] * fast_normals[s, 3 + 2 * i, lane]
                im[fast[i] * LANES + lane] += fast_kick[i] * fast_normals[s, 4 + 2 * i, lane]
        if s % SLOW == 0:
            row = s // SLOW
            for i in range(slow.shape[0]):
                for lane in range(LANES):
                    re[slow[i] * LANES + lane] += slow_kick[i] * slow_normals[row, 2 * i, lane]
                    im[slow[i] * LANES + lane] += slow_kick[i] * slow_normals[row, 2 * i + 1, lane]
        for b in range(shared_re.shape[1]):
            place = first_shared + 2 * b
            for k in range(shared_re.shape[0]):
                v, w = shared_re[k, b], shared_im[k, b]
                for lane in range(LANES):
                    x, y = fast_normals[s, place, lane], fast_normals[s, place + 1, lane]
                    re[k * LANES + lane] += v * x - w * y
                    im[k * LANES + lane] += v * y + w * x
        for lane in range(LANES):
            # What came in during the step leaves again, as c_out = L - c_in says.
            field_re[lane] = -port_kick * fast_normals[s, 0, lane] / dt - out_re
            field_im[lane] = -port_kick * fast_normals[s, 1, lane] / dt - out_im
        for j in range(modes.shape[0]):
            c, u, v = modes[j] * LANES, u_re[j], u_im[j]
            for lane in range(LANES):
                arriving_re = port_kick * fast_normals[s, 0, lane]
                arriving_im = port_kick * fast_normals[s, 1, lane]
                x = re[c + lane] + u * arriving_re + v * arriving_im
                y = im[c + lane] + u * arriving_im - v * arriving_re
                re[c + lane], im[c + lane] = x, y
                # The mean of the field before and after the noise.
                x = (before_re[j * LANES + lane] + x) / 2
                y = (before_im[j * LANES + lane] + y) / 2
                field_re[lane] += u * x - v * y
                field_im[lane] += u * y + v * x
        for lane in range(LANES):
            total[0, lane] += field_re[lane]
            total[1, lane] += field_im[lane]
            out[s, lane] = (
                cos * field_re[lane] - sin * field_im[lane] + lost * fast_normals[s, 2, lane]
            )
        for i in range(listened.shape[0]):
            heard[i, s] = re[listened[i] * LANES]
        if diagonal:
            _turn(re, im, inner)
        else:
            _mix(re, im, inner, new_re, new_im)
        if cross.shape[0]:
            _cross(re, im, cross, intensity)
        _couple(re, im, turning, kerr, rest, first, pressed, rate, n, half)
        if diagonal:
            _turn(re, im, outer)
        else:
            _mix(re, im, outer, new_re, new_im)
