"""A device in lab terms, and the network it is for a direction of light and of the field."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np
from pydantic import model_validator

from phonosync.theory.checked_file import check, hint, parse_yaml, read_yaml
from phonosync.theory.device.file import DeviceFile
from phonosync.theory.device.network import build_network
from phonosync.theory.device.rules import check_parts
from phonosync.theory.device.waveguide import downstream, links
from phonosync.theory.errors import InputError
from phonosync.theory.network import BosonicNetwork
from phonosync.theory.ports import AnyPort, CollectivePort


class Device(DeviceFile):
    """A device: what its file says, and the network that it is."""

    @model_validator(mode="after")
    def _consistent(self) -> Device:
        check_parts(self)
        return self

    def output(self, name: str, light: int = +1) -> AnyPort:
        """A port with all that leaves through it: at a waveguide's end, light of every mode on it.

        Args:
            name: of the port.
            light: direction of the light, which decides which end that is.

        Raises:
            InputError: what leaves there enters another mode.
        """
        through = links(self.couplings, light)
        if name in through:
            raise InputError(
                f"{self.name}: with light={light:+d} what leaves port {name!r} enters "
                f"{through[name][0]!r}; ask for the last port of the waveguide."
            )
        last = self.port(name)
        ports, arriving = [last], [1.0 + 0j]
        for start in through:
            for after, passed in downstream(through, start):
                if after == name:
                    ports.append(self.port(start))
                    arriving.append(passed)
        if len(ports) == 1:
            return last
        couplings = (complex(t * np.sqrt(p.rate)) for t, p in zip(arriving, ports, strict=True))
        coldest = min(port.occupation for port in ports)
        return CollectivePort(tuple(p.mode for p in ports), tuple(couplings), coldest)

    def driven_through(self, name: str, light: int = +1) -> bool:
        """Whether a drive leaves by a port beside what the modes emit there.

        Args:
            name: of the port.
            light: direction of the light.
        """
        through = links(self.couplings, light)
        return any(
            name in (drive.port, *(after for after, _ in downstream(through, drive.port)))
            for drive in self.drives
            if drive.light in (None, light)
        )

    def network(
        self,
        light: int = +1,
        field: int = +1,
        *,
        power: float | None = None,
        microwave_power: float | None = None,
        wavelength: float | None = None,
    ) -> BosonicNetwork:
        """The network, in rad/s, for a direction of light and a direction of the field.

        Args:
            light: +1 or −1 (clockwise, counter-clockwise); 0: no light, no optical mode is driven.
            field: +1 or −1 (bias along [100], [110]).
            power: W, of the optical drives at their source, instead of the file's.
            microwave_power: W, of the drives of magnons and of microwave photons, likewise.
            wavelength: m, of the laser, where it differs from the one that the detunings are for.

        Raises:
            InputError: a direction that is not one of those.
        """
        if light not in (1, -1, 0) or field not in (1, -1):
            raise InputError(f"light={light}, field={field}: a direction is +1 or -1.")
        return build_network(
            self,
            light,
            field,
            power=power,
            microwave_power=microwave_power,
            wavelength=wavelength,
        )


def shipped_devices() -> list[str]:
    """Names of the device files that come with the package."""
    folder = resources.files("phonosync.theory") / "devices"
    return sorted(p.name.removesuffix(".yaml") for p in folder.iterdir() if ".yaml" in p.name)


def load_device(name_or_path: str | Path) -> Device:
    """Load a shipped device by name, or a device file by its path.

    Raises:
        InputError: no such device or file, or something wrong in it.

    >>> load_device("ring").network(light=+1).modes
    3
    """
    path = device_path(name_or_path)
    return check(read_yaml(path, "device file"), Device, str(path))


def device_path(name_or_path: str | Path) -> Path:
    """The file of a shipped device by its name; the path itself, if it is one.

    Raises:
        InputError: no device is shipped under this name.
    """
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        names = shipped_devices()
        if str(name_or_path) not in names:
            raise InputError(
                f"no device is called {str(name_or_path)!r}; "
                f"{hint(str(name_or_path), names, 'shipped are')} "
                "Or give the path of a device file (.yaml)."
            )
        path = Path(str(resources.files("phonosync.theory") / "devices" / f"{name_or_path}.yaml"))
    return path


def device_from_text(text: str, source: str) -> Device:
    """Read a device from the text of its file.

    Args:
        text: YAML.
        source: what messages call it.

    Raises:
        InputError: something wrong in it.
    """
    return check(parse_yaml(text, source, "device file"), Device, source)
