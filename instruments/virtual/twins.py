"""How the virtual instruments of the lab are built round a bench."""

import importlib
import math
from collections.abc import Callable
from typing import Any

from phonosync.instruments.switches.wiring import RingWiring
from phonosync.instruments.virtual.scpi.instrument import ScpiInstrument
from phonosync.instruments.virtual.thermometers.lakeshore import ARRIVED
from phonosync.theory.errors import InputError

Build = Callable[[Any, float], dict[str, ScpiInstrument]]
MAIN = "address"
BANK = 4  # lock-ins, one a vibration
SR865A_HIGHEST_HZ, SR860_HIGHEST_HZ = 4e6, 500e3


def twin(path: str, **options: Any) -> Build:
    """One virtual instrument, by module and class below this package.

    Returns:
        What makes it from a bench and a speed-up, imported then: option of the driver that takes
        its address -> instrument.
    """

    def build(bench: Any, speed_up: float) -> dict[str, ScpiInstrument]:
        return {MAIN: _class(path)(bench, speed_up=speed_up, **options)}

    return build


def untimed(path: str) -> Build:
    """One virtual instrument that is as fast as its bench."""
    return lambda bench, _: {MAIN: _class(path)(bench)}


def optical_switch(bench: Any, speed_up: float) -> dict[str, ScpiInstrument]:
    """An optical switch, wired to send light either way through a ring."""
    wiring = RingWiring()

    def tell(ports: dict[int, int]) -> None:
        bench.set_detector(joined=wiring.detector in ports.values())
        bench.set_direction(wiring.direction(ports))

    return {MAIN: _class("optics.polatis.Polatis")(tell)}


def fast_analyzer(path: str) -> Build:
    """A spectrum analyzer: as fast as the bench computes, which is about real time."""
    build = twin(path)
    return lambda bench, _: build(bench, math.inf)


def vector_magnet(bench: Any, speed_up: float) -> dict[str, ScpiInstrument]:
    """Three programmers on the coils of one magnet."""
    field = _class("magnets.coil.VectorField")(bench)
    options = {"x": MAIN, "y": "address_y", "z": "address_z"}
    programmer = _class("magnets.ami430.AMI430")
    return {
        option: programmer(field, axis=axis, speed_up=speed_up) for axis, option in options.items()
    }


def lock_ins(path: str, highest_hz: float) -> Build:
    """One lock-in a vibration, up to four, behind one mixer if they cannot go so high."""

    def build(bench: Any, speed_up: float) -> dict[str, ScpiInstrument]:
        kind, mixer_hz = _class(path), local_oscillator_hz(bench, highest_hz)
        count = min(len(bench.vibration_frequencies_hz), BANK)
        return {
            MAIN if phonon == 0 else f"address_{phonon + 1}": kind(
                bench, phonon, speed_up=speed_up, local_oscillator_hz=mixer_hz
            )
            for phonon in range(count)
        }

    return build


def demodulation(highest_hz: float) -> Callable[[Any], dict[str, Any]]:
    """What an adapter of lock-ins must know of the vibrations and of the mixer before them."""

    def options(bench: Any) -> dict[str, Any]:
        return {
            "references_hz": list(bench.vibration_frequencies_hz[:BANK]),
            "local_oscillator_hz": local_oscillator_hz(bench, highest_hz),
        }

    return options


def local_oscillator_hz(bench: Any, highest_hz: float) -> float:
    """Frequency of a mixer that brings all vibrations into a lock-in's range; 0 without one.

    Raises:
        InputError: they are too far apart for one mixer.
    """
    frequencies_hz = bench.vibration_frequencies_hz[:BANK]
    lowest, highest = min(frequencies_hz), max(frequencies_hz)
    if highest <= highest_hz:
        return 0.0
    spare_hz = highest_hz - (highest - lowest)
    if spare_hz <= 0:
        raise InputError(
            f"the vibrations lie {highest - lowest:g} Hz apart, too far for lock-ins that end at "
            f"{highest_hz:g} Hz behind one mixer. Choose sr865a, or leave the demodulator out."
        )
    return lowest - spare_hz / 2


def heating(range_name: str, max_k: float) -> Callable[[Any], dict[str, Any]]:
    """How an adapter heats the virtual cryostat: it waits until a temperature is held exactly."""

    def options(bench: Any) -> dict[str, Any]:
        tolerance_k = max(ARRIVED * bench.temperature_k, 1e-6)
        heater = {"range": range_name, "max_k": max_k, "tolerance_k": tolerance_k}
        return {"heater": heater | {"settle_s": 0.2, "timeout_s": 600.0, "poll_s": 0.1}}

    return options


def _class(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(f"phonosync.instruments.virtual.{module}"), name)
