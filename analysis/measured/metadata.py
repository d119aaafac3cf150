"""What a file does not say of itself: a sidecar `FILE.meta.yaml`, or arguments, checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from phonosync.theory.checked_file import CheckedModel, check, read_yaml
from phonosync.theory.errors import InputError
from phonosync.theory.quantities import Hertz, parse_quantity

SIDECAR = ".meta.yaml"


def _positive(value: float) -> float:
    if value <= 0:
        raise ValueError(f"{value:g} Hz must be positive.")
    return value


PositiveHertz = Annotated[Hertz, AfterValidator(_positive)]


class Metadata(CheckedModel):
    """How a spectrum, a trace or an S-parameter was taken; None where nobody has said it.

    Attributes:
        kind: what the numbers are, where names and units leave it open.
        unit: of the power or voltage: "V^2/Hz", "Vrms", "dBm", "shot-noise units", ...
        averages: K, periodograms averaged; for a trace the number of segments to cut.
        window: of the segments ("hann", ...), or "gaussian" for an analyzer's resolution filter.
        overlap: of the segments, 0.5 for 50 %.
        sides: of the spectrum: "one", or "two" where half the power lies at negative frequencies.
        detector: of the analyzer; "peak" is refused, since it shows the highest of the noise.
        averaging: "power", or "log" for averaged decibels.
        resolution_bandwidth: 3 dB width of the analyzer's filter.
        sample_rate: of a trace.
        frequency_start, frequency_step: of a spectrum without an axis.
        column, axis: names of the columns, variables or arrays that hold the values and the
            frequency or time; S-parameters are named "S21".
        response: of the detector, in power: the corner of a low-pass of first order ("20 MHz"), or
            a file with its gain (`measured.detector`).
    """

    kind: Literal["spectrum", "trace"] | None = None
    unit: str | None = None
    averages: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    window: str | None = None
    overlap: Annotated[float, Field(ge=0, lt=1)] | None = None
    sides: Literal["one", "two"] | None = None
    detector: Literal["sample", "rms", "average", "peak"] | None = None
    averaging: Literal["power", "log"] | None = None
    resolution_bandwidth: PositiveHertz | None = None
    sample_rate: PositiveHertz | None = None
    frequency_start: Hertz | None = None
    frequency_step: PositiveHertz | None = None
    column: str | None = None
    axis: str | None = None
    response: str | None = None

    def in_words(self) -> dict[str, Any]:
        """Only what was said, frequencies with their unit, as a file would say it."""
        hertz = ("resolution_bandwidth", "sample_rate", "frequency_start", "frequency_step")
        return {
            name: f"{value!r} Hz" if name in hertz else value
            for name, value in self
            if value is not None
        }


def said_of(path: Path, stated: dict[str, Any]) -> Metadata:
    """Merge a file's sidecar with what is stated beside it; the latter wins.

    Raises:
        InputError: an unknown key, a value or unit that cannot be.
    """
    sidecar = path.with_name(path.name + SIDECAR)
    content = read_yaml(sidecar, "sidecar of a measurement") if sidecar.exists() else {}
    check(content, Metadata, str(sidecar))  # blame the file for its own mistakes only
    given = {name: value for name, value in stated.items() if value is not None}
    return check({**content, **given}, Metadata, f"what is said of {path.name}")


def parse_band(text: str) -> tuple[float, float]:
    """A band of frequencies, both ends with their unit.

    >>> parse_band("140 kHz..0.16 MHz")
    (140000.0, 160000.0)

    Raises:
        InputError: not two frequencies in rising order.
    """
    try:
        low, high = (
            parse_quantity(end, "Hz", "a frequency", "140 kHz") for end in text.split("..")
        )
    except ValueError as error:
        raise InputError(
            f"the band {text!r} is not two frequencies ({error}); write '140 kHz..160 kHz'."
        ) from None
    if not low < high:
        raise InputError(f"the band {text!r} ends before it starts; write the lower end first.")
    return low, high
