"""A lab of three virtual instruments round one bench, and the station file that opens it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from phonosync.instruments.virtual.interface import Bench
from phonosync.instruments.virtual.n9030b import N9030B
from phonosync.instruments.virtual.polatis import Polatis
from phonosync.instruments.virtual.scpi_server import ScpiServer
from phonosync.instruments.virtual.tsl570 import TSL570
from phonosync.instruments.wiring import RingWiring
from phonosync.theory.errors import InputError

DRIVERS = {
    "spectrum_analyzer": "qcodes.instrument_drivers.Keysight.KeysightN9030B",
    "laser": "phonosync.instruments.drivers.santec_tsl570.SantecTSL570",
    "direction_switch": "phonosync.instruments.drivers.polatis.PolatisSwitch",
}


class VirtualLab:
    """Spectrum analyzer, laser and optical switch on local sockets.

    Args:
        bench: the device under light.
        wiring: which fibre sits at which port of the switch.

    Attributes:
        servers: role -> server; stop one to see what happens when an instrument dies.

    Example:
        with VirtualLab(bench) as lab:
            write_station_file("station.yaml", lab.addresses)
    """

    def __init__(self, bench: Bench, wiring: RingWiring | None = None):
        wiring = wiring or RingWiring()
        self.servers = {
            "spectrum_analyzer": ScpiServer(N9030B(bench)),
            "laser": ScpiServer(TSL570(bench)),
            "direction_switch": ScpiServer(
                Polatis(lambda connections: bench.set_direction(wiring.direction(connections)))
            ),
        }

    @property
    def addresses(self) -> dict[str, str]:
        """Role -> VISA address, once the lab has started."""
        return {role: server.resource_name for role, server in self.servers.items()}

    def start(self) -> Self:
        """Start all servers, each on a free port."""
        for server in self.servers.values():
            server.start()
        return self

    def stop(self) -> None:
        """Stop all servers."""
        for server in self.servers.values():
            server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()


def station(addresses: Mapping[str, str]) -> dict[str, Any]:
    """Describe a QCoDeS station whose instruments are named by their roles.

    Args:
        addresses: role -> VISA address.

    Raises:
        InputError: a role has no driver here.
    """
    for role in addresses:
        if role not in DRIVERS:
            raise InputError(
                f"{role!r} is no role of the virtual lab. Choose from {', '.join(DRIVERS)}."
            )
    return {
        "instruments": {
            role: {"type": DRIVERS[role], "address": address, "init": {"visalib": "@py"}}
            for role, address in addresses.items()
        }
    }


def write_station_file(path: str | Path, addresses: Mapping[str, str]) -> Path:
    """Write `station(addresses)` as YAML, as qcodes.Station(config_file=...) reads it."""
    from ruamel.yaml import YAML

    path = Path(path)
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(station(addresses), file)
    return path
