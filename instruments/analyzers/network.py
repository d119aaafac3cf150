"""Keysight PNA and R&S ZNB, driven by QCoDeS' own drivers, as `roles.NetworkAnalyzer`."""

from typing import ClassVar

import numpy as np

from phonosync.instruments.analyzers.network_sweep import NetworkAnalyzerAdapter

PARAMETERS = ("S11", "S12", "S21", "S22")


def _name(parameter: str) -> str:
    return f"phonosync_{parameter}"


class PnaAdapter(NetworkAnalyzerAdapter):
    """A Keysight PNA (N5222B) as `roles.NetworkAnalyzer`."""

    form_of_driver = "FORMat:DATA REAL,32;:FORMat:BORDer NORMal"
    output = "OUTPut:STATe {:d}"

    def _hold(self) -> list[str]:
        return [
            "SENSe1:SWEep:MODE HOLD",
            "TRIGger:SOURce IMMediate",
            "SENSe1:AVERage:MODE SWEEP",
            "SOURce1:POWer:COUPle ON",
        ]

    def _traces(self) -> list[str]:
        catalog = self._wire.ask("CALCulate1:PARameter:CATalog:EXTended?").strip('"').split(",")
        present = dict(zip(catalog[::2], catalog[1::2], strict=False))
        commands = []
        place = int(self._wire.number("DISPlay:WINDow1:TRACe:NEXT?"))
        for parameter in PARAMETERS:
            name = _name(parameter)
            if name not in present:
                # A trace that no window shows may not be swept.
                commands += [
                    f"CALCulate1:PARameter:DEFine:EXTended '{name}','{parameter}'",
                    f"DISPlay:WINDow1:TRACe{place}:FEED '{name}'",
                ]
                place += 1
            elif present[name] != parameter:
                commands += [
                    f"CALCulate1:PARameter:SELect '{name}'",
                    f"CALCulate1:PARameter:MODify:EXTended '{parameter}'",
                ]
        return commands

    def _start(self, averages: int) -> str:
        return f"SENSe1:AVERage:CLEar;:SENSe1:SWEep:GROups:COUNt {averages};:SENSe1:SWEep:MODE GRO"

    def _rest(self) -> str:
        return "SENSe1:SWEep:MODE HOLD"

    def _fetch(self, points: int) -> tuple[np.ndarray, np.ndarray]:
        return self._numbers(
            points,
            "CALCulate1:X?",
            *(
                f"CALCulate1:PARameter:SELect '{_name(parameter)}';:CALCulate1:DATA? SDATA"
                for parameter in PARAMETERS
            ),
        )


class ZnbAdapter(NetworkAnalyzerAdapter):
    """An R&S ZNB as `roles.NetworkAnalyzer`."""

    hardware: ClassVar[dict[int, str]] = {
        **NetworkAnalyzerAdapter.hardware,
        8: "a receiver is overloaded",
    }

    def _hold(self) -> list[str]:
        return ["INITiate:CONTinuous:ALL OFF", "TRIGger1:SEQuence:SOURce IMMediate"]

    def _traces(self) -> list[str]:
        catalog = self._wire.ask("CALCulate1:PARameter:CATalog?").strip().strip("'").split(",")
        present = dict(zip(catalog[::2], catalog[1::2], strict=False))
        missing = [p for p in PARAMETERS if present.get(_name(p)) != p]
        return [
            *(f"CALCulate1:PARameter:SDEFine '{_name(p)}','{p}'" for p in missing),
            "SENSe1:AVERage:MODE REDuce",  # real and imaginary parts, not magnitude and phase
        ]

    def _start(self, averages: int) -> str:
        return f"SENSe1:AVERage:CLEar;:SENSe1:SWEep:COUNt {averages};:INITiate1:IMMediate"

    def _rest(self) -> str:
        return "ABORt"

    def _fetch(self, points: int) -> tuple[np.ndarray, np.ndarray]:
        return self._numbers(
            points,
            "CALCulate1:DATA:STIMulus?",
            *(f"CALCulate1:DATA:TRACe? '{_name(p)}',SDATa" for p in PARAMETERS),
        )
