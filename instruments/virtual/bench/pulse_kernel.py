"""The bench's steps without noise, while a weak pulse passes: LANES copies, differently pushed."""

from __future__ import annotations

import numpy as np
from numba import njit

from phonosync.instruments.virtual.bench.langevin_kernel import LANES, _couple, _cross, _mix, _turn


@njit(nogil=True, cache=True, fastmath={"contract"}, error_model="numpy")
def respond(re, im, pulse, push_re, push_im, u_re, u_im, flows, coupling, out_re, out_im):
    """Advance all lanes by len(pulse) steps.

    Args:
        re, im: amplitudes, shape (N · LANES,), lanes of a mode side by side; changed in place.
        pulse: what enters at the two Gauss points of each step, times half a step, (steps, 2).
        push_re, push_im: by what it is multiplied in each mode and lane, shape (N · LANES,).
        u_re, u_im: coupling of each mode to the ports where waves leave, shape (ports, N).
        flows, coupling: of `Stepper.constants`.
        out_re, out_im: L = Σ u c in the middle of each step, shape (ports, steps, LANES); written.
    """
    inner, outer, diagonal = flows
    turning, kerr, rest, first, pressed, rate, cross = coupling
    new_re, new_im = np.empty_like(re), np.empty_like(im)
    intensity = np.empty_like(re)
    n, half = np.empty(LANES), np.empty(LANES)
    for s in range(pulse.shape[0]):
        _couple(re, im, turning, kerr, rest, first, pressed, rate, n, half)
        if cross.shape[0]:
            _cross(re, im, cross, intensity)
        for i in range(re.shape[0]):
            re[i] += pulse[s, 0] * push_re[i]
            im[i] += pulse[s, 0] * push_im[i]
        if diagonal:
            _turn(re, im, inner)
        else:
            _mix(re, im, inner, new_re, new_im)
        for p in range(u_re.shape[0]):
            for lane in range(LANES):
                x, y = 0.0, 0.0
                for k in range(u_re.shape[1]):
                    i, u, v = k * LANES + lane, u_re[p, k], u_im[p, k]
                    x += u * re[i] - v * im[i]
                    y += u * im[i] + v * re[i]
                out_re[p, s, lane], out_im[p, s, lane] = x, y
        if diagonal:
            _turn(re, im, inner)
        else:
            _mix(re, im, inner, new_re, new_im)
        for i in range(re.shape[0]):
            re[i] += pulse[s, 1] * push_re[i]
            im[i] += pulse[s, 1] * push_im[i]
        if cross.shape[0]:
            _cross(re, im, cross, intensity)
        _couple(re, im, turning, kerr, rest, first, pressed, rate, n, half)
        if diagonal:
            _turn(re, im, outer)
        else:
            _mix(re, im, outer, new_re, new_im)
