"""A lab of virtual instruments round one bench, and the station file that opens it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np

from phonosync.instruments.introductions.introduction import Identity
from phonosync.instruments.introductions.table import introduction_of
from phonosync.instruments.virtual.catalogue import find_model
from phonosync.instruments.virtual.control import ControlPort
from phonosync.instruments.virtual.faults import Faults
from phonosync.instruments.virtual.scpi.server import ScpiServer
from phonosync.instruments.virtual.twins import MAIN

LIGHT_AND_DIRECTION = ("laser", "direction_switch", "spectrum_analyzer")


class VirtualLab:
    """Virtual instruments on local sockets.

    Args:
        bench: the device, with the side that each instrument acts on or looks at.
        roles: which instruments there are; `catalogue.roles_of` tells those of a device.
        models: role -> name of the model; the first of `catalogue.MODELS` where none is given.
        speed_up: how much faster than real ones the instruments ramp, tune and settle.

    Attributes:
        models: role -> name of its model or None, of all roles that are served.
        servers: role -> server; stop one to see what happens when an instrument dies. Further
            programmers of a vector magnet are called "magnet.address_y" and so on, after the option
            of the driver that takes their address.

    Raises:
        InputError: no such role or model.

    Example:
        with VirtualLab(bench) as lab:
            write_station_file("station.yaml", lab.addresses, lab.models)
    """

    def __init__(
        self,
        bench: Any,
        roles: Iterable[str] = LIGHT_AND_DIRECTION,
        models: Mapping[str, str] | None = None,
        *,
        speed_up: float = 1.0,
    ):
        self._bench = bench
        self.models = {role: (models or {}).get(role) for role in roles}
        self.servers: dict[str, ScpiServer] = {}
        for role, name in self.models.items():
            for option, twin in find_model(role, name).build(bench, speed_up).items():
                self.servers[_key(role, option)] = ScpiServer(twin)
        self._control = ScpiServer(ControlPort(bench))  # apart, so that no fault strikes it

    @property
    def addresses(self) -> dict[str, str]:
        """Role -> VISA address, once the lab has started."""
        return {role: server.resource_name for role, server in self.servers.items()}

    @property
    def control_address(self) -> str:
        """Address of the lab's control port, for `control.LabControl`, once the lab has started."""
        return self._control.resource_name

    @property
    def identities(self) -> dict[str, Identity]:
        """Role -> what its instrument says of itself."""
        found = {}
        for role, name in self.models.items():
            twin = self.servers[role].instrument
            driver = find_model(role, name).driver.rpartition(".")[2]

            def ask(query: str, twin=twin) -> str:
                return (twin.execute(query) or b"").decode()

            found[role] = introduction_of(driver).identify(ask)
        return found

    @property
    def adapters(self) -> dict[str, dict[str, Any]]:
        """Role -> options that its adapter needs to know of this bench."""
        options = {r: find_model(r, name).adapter(self._bench) for r, name in self.models.items()}
        return {role: said for role, said in options.items() if said}

    def disturb(self, seed: int, *, rate: float, lateness_s: float = 10.0) -> dict[str, Faults]:
        """Let faults strike every instrument by chance.

        Args:
            seed: of all faults.
            rate: probability that a message meets one.
            lateness_s: how late a late reply is, s.

        Returns:
            Role -> its faults, which tell what has happened.
        """
        seeds = np.random.SeedSequence(seed).generate_state(len(self.servers))
        faults = {
            role: Faults(int(own), rate=rate, lateness_s=lateness_s)
            for role, own in zip(self.servers, seeds, strict=True)
        }
        for role, server in self.servers.items():
            server.answer = faults[role].answer
        return faults

    def start(self) -> Self:
        """Start all servers, each on a free port."""
        for server in (*self.servers.values(), self._control):
            server.start()
        return self

    def stop(self) -> None:
        """Stop all servers."""
        for server in (*self.servers.values(), self._control):
            server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()


def station(
    addresses: Mapping[str, str], models: Mapping[str, str | None] | None = None
) -> dict[str, Any]:
    """Describe a QCoDeS station whose instruments are named by their roles.

    Args:
        addresses: role -> VISA address, as `VirtualLab.addresses`.
        models: role -> name of the model, as `VirtualLab.models`.

    Raises:
        InputError: no such role or model.
    """
    entries: dict[str, dict[str, Any]] = {}
    for key, address in addresses.items():
        role, _, option = key.partition(".")
        if option:
            entries[role]["init"][option] = address
            continue
        model = find_model(role, (models or {}).get(role))
        entries[role] = {
            "type": model.driver,
            "address": address,
            "init": {"visalib": "@py", **model.init},
        }
    return {"instruments": entries}


def write_station_file(
    path: str | Path,
    addresses: Mapping[str, str],
    models: Mapping[str, str | None] | None = None,
) -> Path:
    """Write `station(...)` as YAML, as qcodes.Station(config_file=...) reads it."""
    from ruamel.yaml import YAML

    path = Path(path)
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(station(addresses, models), file)
    return path


def _key(role: str, option: str) -> str:
    return role if option == MAIN else f"{role}.{option}"
