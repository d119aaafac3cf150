"""From S-parameters to what a network analyzer tells: trace formats and numbers.

Source: Keysight PNA help, "Data Format"; R&S ZNB user manual 1173.9163, chapter "Trace Formats".
"""

import numpy as np
from numpy.typing import NDArray

from phonosync.instruments.virtual.scpi.syntax import ScpiError
from phonosync.instruments.virtual.spectrum_analyzers.n9030b_trace import block

FLOOR = 1e-20  # of a magnitude: an empty receiver reads a number of dB, not minus infinity


def ports_of(text: str, ports: int) -> tuple[int, int]:
    """Read an S-parameter as (output port, input port).

    Raises:
        ScpiError: it is no S-parameter, or of a port that this analyzer does not have wired.

    >>> ports_of("S21", ports=2)
    (2, 1)
    """
    if len(text) != 3 or text[0].upper() != "S" or not text[1:].isdigit():
        raise ScpiError(-224, f"{text} is no S-parameter")
    output, source = int(text[1]), int(text[2])
    if not (1 <= output <= ports and 1 <= source <= ports):
        raise ScpiError(-241, f"only ports 1 to {ports} are connected")
    return output, source


def formatted(s: NDArray[np.complexfloating], frequencies_hz: np.ndarray, form: str) -> np.ndarray:
    """Write a trace in a display format.

    Args:
        s: S-parameter, shape (points,), phase counted with exp(+iωt).
        frequencies_hz: shape (points,), Hz.
        form: MLOG dB, MLIN, PHAS and UPH degrees, REAL, IMAG, GDEL seconds, SWR, or a complex
            format (POL, SMIT, COMP, ISM): real, imaginary, real, imaginary, ...

    Returns:
        shape (points,), or (2 points,) in a complex format.
    """
    magnitude = np.maximum(np.abs(s), FLOOR)
    if form == "MLOG":
        return 20.0 * np.log10(magnitude)
    if form == "MLIN":
        return np.abs(s)
    if form == "PHAS":
        return np.degrees(np.angle(s))
    if form == "UPH":
        return np.degrees(np.unwrap(np.angle(s)))
    if form == "REAL":
        return s.real
    if form == "IMAG":
        return s.imag
    if form == "GDEL":
        if len(s) < 2 or frequencies_hz[0] == frequencies_hz[-1]:
            return np.zeros(len(s))
        return -np.gradient(np.unwrap(np.angle(s)), 2 * np.pi * frequencies_hz)
    if form == "SWR":
        return (1 + magnitude) / np.maximum(np.abs(1 - magnitude), FLOOR)
    return pairs(s)


def pairs(s: NDArray[np.complexfloating]) -> np.ndarray:
    """Write complex numbers as real, imaginary, real, imaginary, ..."""
    return np.column_stack([s.real, s.imag]).ravel()


def numbers(values: np.ndarray, form: str, bits: int, swapped: bool) -> bytes:
    """Write numbers as :FORMat and :FORMat:BORDer ask; text keeps a hertz of 100 GHz apart."""
    if form == "ASC":
        return ",".join(f"{number:.12E}" for number in values).encode("ascii")
    return block(values, form, bits, swapped)
