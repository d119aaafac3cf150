"""What each driver's instrument is asked before it is used: queries alone, no command."""

from collections.abc import Callable

from phonosync.instruments.introductions.introduction import (
    Ask,
    Identity,
    Introduction,
    Limit,
    number,
)

# Lasers


def _santec_limits(ask: Ask) -> list[Limit]:
    # The SCPI command set counts in m, the legacy one in nm.
    metre = 1.0 if number(ask, ":SYSTem:COMMunicate:CODe?") else 1e-9
    low, high = (number(ask, f":WAVelength:{end}?") * metre for end in ("MINimum", "MAXimum"))
    return [Limit("wavelength", low, high, "m")]


def _santec_obstacles(ask: Ask) -> list[str]:
    found = []
    if number(ask, ":POWer:SHUTter?"):
        found.append("its shutter is closed; open it")
    if number(ask, ":SYSTem:LOCK?"):
        found.append("its interlock is open; close it")
    return found


def _n7776c_limits(ask: Ask) -> list[Limit]:
    watt = number(ask, ":SOURce0:POWer:UNIT?") == 1
    powers = [number(ask, f":SOURce0:POWer? {end}") for end in ("MIN", "MAX")]
    low, high = powers if watt else [1e-3 * 10 ** (dbm / 10) for dbm in powers]
    shortest, longest = (number(ask, f":SOURce0:WAVelength? {end}") for end in ("MIN", "MAX"))
    return [Limit("power", low, high, "W"), Limit("wavelength", shortest, longest, "m")]


def _n7776c_obstacles(ask: Ask) -> list[str]:
    return ["it is locked; unlock it with its password"] if number(ask, ":LOCK?") else []


def _dlc_identity(ask: Ask) -> Identity:
    names = ("system-type", "serial-number", "fw-ver")
    model, serial, firmware = (_dlc(ask, name).strip('"') for name in names)
    return Identity("TOPTICA", model, serial, firmware)


def _dlc(ask: Ask, name: str) -> str:
    return ask(f"(param-ref '{name})").strip()


def _dlc_limits(ask: Ask) -> list[Limit]:
    low, high = (
        1e-9 * number(lambda name: _dlc(ask, name), f"laser1:ctl:wavelength-{end}")
        for end in ("min", "max")
    )
    return [Limit("wavelength", low, high, "m")]


def _dlc_obstacles(ask: Ask) -> list[str]:
    reasons = {
        "interlock-open": ("#t", "its interlock is open; close it"),
        "frontkey-locked": ("#t", "its front key is locked; turn it"),
        "emission-button-enabled": ("#f", "its emission button is off; press it"),
    }
    return [reason for name, (bad, reason) in reasons.items() if _dlc(ask, name) == bad]


# Switch and analyzer


def _polatis_limits(ask: Ask) -> list[Limit]:
    ingress, egress = (int(part) for part in ask(":OXC:SWITch:SIZE?").split(","))
    return [Limit("ports", 1, ingress + egress, "")]


def _polatis_obstacles(ask: Ask) -> list[str]:
    states = ask(":OXC:SWITch:PORT:STATe?").strip("() \r\n").split(",")
    bad = [str(port) for port, state in enumerate(states, 1) if state != "E"]
    return [f"ports {', '.join(bad)} are not enabled; enable what the ring needs"] if bad else []


_X_SERIES_HZ = {"503": 3.6e9, "508": 8.4e9, "513": 13.6e9, "526": 26.5e9, "544": 44e9, "550": 50e9}


def _x_series_limits(ask: Ask) -> list[Limit]:
    options = ask("*OPT?").strip('" \r\n').split(",")
    reached = [_X_SERIES_HZ[option] for option in options if option in _X_SERIES_HZ]
    return [Limit("frequency", 0.0, max(reached), "Hz")] if reached else []


def _start_and_stop_limits(ask: Ask) -> list[Limit]:
    low, high = number(ask, "FREQ:STAR? MIN"), number(ask, "FREQ:STOP? MAX")
    return [Limit("frequency", low, high, "Hz")]


# Microwaves


def _source_limits(ask: Ask) -> list[Limit]:
    low, high = (number(ask, f"FREQ? {end}") for end in ("MIN", "MAX"))
    weakest, strongest = (1e-3 * 10 ** (number(ask, f"POW? {e}") / 10) for e in ("MIN", "MAX"))
    return [Limit("frequency", low, high, "Hz"), Limit("power", weakest, strongest, "W")]


def _pna_limits(ask: Ask) -> list[Limit]:
    low, high = (number(ask, f"SYST:CAP:FREQ:{end}?") for end in ("MIN", "MAX"))
    return [Limit("frequency", low, high, "Hz")]


def _znb_limits(ask: Ask) -> list[Limit]:
    low, high = (number(ask, f"SYST:FREQ? {end}") for end in ("MIN", "MAX"))
    return [Limit("frequency", low, high, "Hz")]


# Light and its power


def _exfo_limits(ask: Ask) -> list[Limit]:
    low, high = (
        1e-9 * number(lambda query: ask(query).strip(" \r\n").rpartition("=")[2], f"L? {end}")
        for end in ("MIN", "MAX")
    )
    return [Limit("wavelength", low, high, "m")]


def _power_meter_limits(ask: Ask) -> list[Limit]:
    low, high = (1e-9 * number(ask, f":SENSe:CORRection:WAVelength? {e}") for e in ("MIN", "MAX"))
    largest = number(ask, ":SENSe:POWer:DC:RANGe:UPPer? MAX")
    return [Limit("wavelength", low, high, "m"), Limit("power", None, largest, "W")]


def _rc_identity(ask: Ask) -> Identity:
    model, serial, firmware = (
        ask(query).strip().rpartition("=")[2] for query in ("MN?", "SN?", "FIRMWARE?")
    )
    return Identity("Mini-Circuits", model, serial, firmware)


def _rc_limits(ask: Ask) -> list[Limit]:
    switches, kind = _rc_identity(ask).model.removeprefix("RC-")[:5].split("SP", 1)
    positions = {"DT": (1, 2), "4T": (0, 4)}[kind]
    return [Limit("switches", 1, int(switches), ""), Limit("positions", *positions, "")]


# Vibrations and temperature


def _lock_in_limits(ask: Ask) -> list[Limit]:
    return [Limit("present capture rate", None, number(ask, "CAPTURERATEMAX?"), "Hz")]


def _lake_shore_limits(*channels: str | int) -> Callable[[Ask], list[Limit]]:
    """Temperatures beyond which the controller switches all its heaters off; 0 is none."""

    def limits(ask: Ask) -> list[Limit]:
        found = {channel: number(ask, f"TLIMIT? {channel}") for channel in channels}
        return [
            Limit(f"heaters at {c}", None, kelvin, "K") for c, kelvin in found.items() if kelvin
        ]

    return limits


# Magnets


def _ami_identity(ask: Ask) -> Identity:
    vendor, model, *rest = (part.strip() for part in ask("*IDN?").split(","))
    return Identity(vendor, model, rest[0] if len(rest) > 1 else "", rest[-1] if rest else "")


def _ami_limits(ask: Ask) -> list[Limit]:
    tesla = 1.0 if number(ask, "FIELD:UNITS?") else 0.1
    seconds = 60.0 if number(ask, "RAMP:RATE:UNITS?") else 1.0
    current = number(ask, "CURR:LIM?")
    field = current * number(ask, "COIL?") * tesla
    rate = number(ask, "RAMP:RATE:FIELD:1?") * tesla / seconds
    return [
        Limit("current", -current, current, "A"),
        Limit("field", -field, field, "T"),
        Limit("voltage", None, number(ask, "VOLT:LIM?"), "V"),
        Limit("ramp rate set to", rate, rate, "T/s"),
    ]


def _ami_obstacles(ask: Ask) -> list[str]:
    return ["its coil has quenched; see to it, then acknowledge"] if number(ask, "QU?") else []


def _mercury_identity(ask: Ask) -> Identity:
    _, vendor, model, serial, firmware = ask("*IDN?").strip().split(":")
    return Identity(vendor, model, serial, firmware)


def _mercury_limits(ask: Ask) -> list[Limit]:
    limits = []
    for axis in "XYZ":
        current = number(lambda noun, a=axis: _mercury(ask, a, noun), "CLIM")
        ratio = number(lambda noun, a=axis: _mercury(ask, a, noun), "ATOB")
        limits.append(Limit(f"field {axis.lower()}", -current / ratio, current / ratio, "T"))
    return limits


def _mercury(ask: Ask, axis: str, noun: str) -> str:
    release = [int(part) for part in _mercury_identity(ask).firmware.split(".")[:2]]
    supply = "SPSU" if release >= [2, 6] else "PSU"
    return ask(f"READ:DEV:GRP{axis}:{supply}:{noun}").rstrip().rpartition(":")[2]


def _mercury_obstacles(ask: Ask) -> list[str]:
    return [
        f"its coil along {axis.lower()} has quenched; see to it, then acknowledge"
        for axis in "XYZ"
        if int(_mercury(ask, axis, "STAT"), 16) & 0x100
    ]


def _kepco_limits(ask: Ask) -> list[Limit]:
    low, high = (number(ask, f"CURR? {end}") for end in ("MIN", "MAX"))
    return [Limit("current", low, high, "A")]


_AMI = Introduction("MODEL 430", _ami_identity, _ami_limits, _ami_obstacles, greeting_lines=2)
INTRODUCTIONS = {
    "SantecTSL570": Introduction("TSL-5[57]0", limits=_santec_limits, obstacles=_santec_obstacles),
    "KeysightN7776C": Introduction(
        "N777[6-9]C|8164[AB]", limits=_n7776c_limits, obstacles=_n7776c_obstacles
    ),
    "TopticaDLCpro": Introduction(
        "DLC ?pro.*",
        _dlc_identity,
        _dlc_limits,
        _dlc_obstacles,
        greeting_lines=1,
    ),
    "PolatisSwitch": Introduction(limits=_polatis_limits, obstacles=_polatis_obstacles),
    "MiniCircuitsRC": Introduction("RC-.SP(DT|4T).*", _rc_identity, _rc_limits),
    "LockInBank": Introduction("SR86[05]A?", limits=_lock_in_limits),
    "LakeshoreModel336": Introduction("MODEL336", limits=_lake_shore_limits(*"ABCD")),
    "LakeshoreModel372": Introduction("MODEL372", limits=_lake_shore_limits(*range(1, 17))),
    "KeysightN9030B": Introduction("N90[0-9]{2}[AB]", limits=_x_series_limits),
    "RohdeSchwarzFSW": Introduction("FS[WV].*|FPL.*", limits=_start_and_stop_limits),
    "KeysightN51x1": Introduction("N51[78][1-3][AB]", limits=_source_limits),
    "KeysightN5183B": Introduction("N5183B", limits=_source_limits),
    "KeysightPNABase": Introduction("N52.*|E836.*", limits=_pna_limits),
    "KeysightN5222B": Introduction("N52.*", limits=_pna_limits),
    "RohdeSchwarzZNBBase": Introduction("ZN[ABCD].*", limits=_znb_limits),
    "ZNB20OverSocket": Introduction("ZNB20.*", limits=_znb_limits),
    "ThorlabsPM100D": Introduction("PM[14]00.*", limits=_power_meter_limits),
    "ExfoT100SHP": Introduction("T100.*", limits=_exfo_limits),
    "AMIModel430": _AMI,
    "AMI430": _AMI,
    "AMI4303D": _AMI,
    "OxfordMercuryiPS": Introduction(
        "MERCURY ?IPS", _mercury_identity, _mercury_limits, _mercury_obstacles
    ),
    "KepcoBOP": Introduction("BOP.*", limits=_kepco_limits),
}


def introduction_of(driver: str | type) -> Introduction:
    """Find how to get to know the instrument of a driver; for an unknown driver by *IDN? alone.

    Args:
        driver: class, or its name.
    """
    names = [driver] if isinstance(driver, str) else [kind.__name__ for kind in driver.__mro__]
    return next((INTRODUCTIONS[name] for name in names if name in INTRODUCTIONS), Introduction())
