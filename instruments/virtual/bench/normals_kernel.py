"""Standard normals in blocks, fast: random words to numbers by Box and Muller's formula.

numpy's own are exact to the last bit and six times as slow. These are good to some 1e-5, far below
what any average of the bench could show, and reach 6.6 standard deviations.

Source: Box and Muller, doi:10.1214/aoms/1177706645.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

_LN2 = np.float32(np.log(2.0))
_ROOT2 = np.float32(np.sqrt(2.0))
_LN_ROOT2 = np.float32(np.log(2.0) / 2)
_UNIT = np.float32(2.0**-31)
_TURN = np.float32(2.0**-32)
_HALF_PI = np.float32(np.pi / 2)
# Series of the logarithm in odd powers of z, and of sine and cosine.
_L3, _L5, _L7, _L9 = (np.float32(2 / k) for k in (3, 5, 7, 9))
_S3, _S5, _S7, _S9 = (np.float32(c) for c in (-1 / 6, 1 / 120, -1 / 5040, 1 / 362880))
_C2, _C4, _C6, _C8, _C10 = (
    np.float32(c) for c in (-1 / 2, 1 / 24, -1 / 720, 1 / 40320, -1 / 3628800)
)
_ZERO, _HALF, _ONE, _TWO = (np.float32(x) for x in (0.0, 0.5, 1.0, 2.0))
_MANTISSA, _EXPONENT_0 = np.int32(0x007FFFFF), np.int32(0x3F800000)
_BITS, _BIAS = np.int32(23), np.int32(127)


@njit(nogil=True, cache=True, fastmath={"contract"}, error_model="numpy")
def _box_muller(words, out, exponents, bits):
    """Turn 2n random 32-bit words (int32) into 2n normals √(−2 ln u) (cos 2πv, sin 2πv).

    The first n give u in (0, 1), the others v in (−1/2, 1/2). Logarithm, sine and cosine are
    written out, because the library's do not run side by side.
    """
    n = words.shape[0] // 2
    mantissas = bits.view(np.float32)
    for i in range(n):
        mantissas[i] = (np.float32(words[i] & np.int32(0x7FFFFFFF)) + _HALF) * _UNIT
    for i in range(n):
        b = bits[i]
        exponents[i] = np.float32((b >> _BITS) - _BIAS)
        bits[i] = (b & _MANTISSA) | _EXPONENT_0
    for i in range(n):
        # u = 2^e m with 1 <= m < 2; ln m = ln √2 + 2 artanh((m − √2)/(m + √2)).
        z = (mantissas[i] - _ROOT2) / (mantissas[i] + _ROOT2)
        s = z * z
        log = z * (_TWO + s * (_L3 + s * (_L5 + s * (_L7 + s * _L9))))
        log += exponents[i] * _LN2 + _LN_ROOT2
        radius = np.sqrt(max(-_TWO * log, _ZERO))
        # A quarter of the angle, doubled twice.
        a = np.float32(words[n + i]) * _TURN * _HALF_PI
        s = a * a
        sine = a * (_ONE + s * (_S3 + s * (_S5 + s * (_S7 + s * _S9))))
        cosine = _ONE + s * (_C2 + s * (_C4 + s * (_C6 + s * (_C8 + s * _C10))))
        sine, cosine = _TWO * sine * cosine, _ONE - _TWO * sine * sine
        out[i] = radius * (_ONE - _TWO * sine * sine)
        out[n + i] = radius * (_TWO * sine * cosine)


def normals(random: np.random.Generator, count: int) -> NDArray[np.float32]:
    """An even number of standard normals, shape (count,)."""
    words = np.asarray(random.bit_generator.random_raw(count // 2), np.uint64).view(np.int32)
    out = np.empty(count, np.float32)
    _box_muller(words, out, np.empty(count // 2, np.float32), np.empty(count // 2, np.int32))
    return out
