"""The way out of a rig: microwave drive, laser, magnet, in this order, whatever happens."""

import contextlib
import socket
import subprocess
import sys
import threading
from typing import Any, cast

import pytest

from phonosync.experiments.faults.jobs import StillBench
from phonosync.experiments.rig.file import RigFile, load_rig
from phonosync.experiments.rig.rig import Rig, open_rig
from phonosync.experiments.rig.virtual import virtual_rig
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.magnets.safe_magnet import SafeMagnet
from phonosync.instruments.virtual.catalogue import MODELS
from phonosync.instruments.virtual.faults import Faults, Kind
from phonosync.instruments.virtual.lab import VirtualLab, station
from phonosync.theory.errors import InputError


class Source:
    """A laser or a microwave source that writes down when it is switched off."""

    def __init__(self, name, diary, refusals=0):
        self.name, self.diary, self.refusals = name, diary, refusals
        self.lit = True

    def off(self):
        if self.refusals:
            self.refusals -= 1
            raise InstrumentError(f"{self.name} is silent.")
        self.diary.append(self.name)
        self.lit = False

    def read(self):
        return type("Reading", (), {"on": self.lit})()


class Coil:
    def __init__(self, diary, failure=None):
        self.diary, self.failure = diary, failure

    def rest(self):
        if self.failure is not None:
            raise self.failure
        self.diary.append("magnet")


class Heater:
    def __init__(self, diary):
        self.diary = diary

    def read(self):
        return 4.0

    def go_to(self, temperature_k):
        self.diary.append(f"{temperature_k:g} K")

    def rest(self):
        self.diary.append("heater")


@pytest.fixture
def diary():
    return []


def rig_of(**roles):
    return Rig(station=cast("Any", None), file=cast("Any", None), roles=cast("Any", roles))


def test_the_drive_goes_first_then_the_laser_then_the_magnet(diary):
    rig = rig_of(
        magnet=Coil(diary),
        laser=Source("laser", diary),
        microwave_source=Source("microwave", diary),
    )
    rig.make_safe()
    assert diary == ["microwave", "laser", "magnet"]
    assert rig.safety == (
        "The microwave drive is off. The laser is off. The magnet is at its rest."
    )


@pytest.mark.parametrize("failure", [None, InstrumentError("stuck."), KeyboardInterrupt()])
def test_the_heater_goes_last_whatever_became_of_the_magnet(diary, failure):
    rig = rig_of(
        thermometer=Heater(diary), magnet=Coil(diary, failure), laser=Source("laser", diary)
    )
    rig.make_safe()
    assert diary == ["laser", *["magnet"] * (failure is None), "heater"]
    if failure is None:
        assert rig.safety == "The laser is off. The magnet is at its rest. The heater is off."


def test_a_thermometer_that_only_reads_controls_no_temperature():
    reading = type("Reading", (), {"read": lambda self: 4.0})()
    rig = rig_of(thermometer=reading)
    with pytest.raises(InputError, match=r"only reads.*'heater' under 'adapter'"):
        _ = rig.temperature_controller
    rig.make_safe()
    assert (rig.left_unsafe, rig.safety) == ([], "")


def test_the_virtual_cryostat_is_heated_over_the_wire_and_left_cold():
    with virtual_rig("yig_pair", 1, ["thermometer"], speed_up=1000.0) as rig:
        assert rig.thermometer.read() == 0.01
        rig.temperature_controller.go_to(0.02)
        assert rig.thermometer.read() == 0.02
    assert rig.safety == "The heater is off."


def test_a_source_that_is_silent_once_is_switched_off_at_the_second_try(diary):
    rig = rig_of(laser=Source("laser", diary, refusals=1))
    rig.make_safe()
    assert diary == ["laser"]
    assert rig.safety == "The laser is off."


def test_what_cannot_be_reached_does_not_keep_the_rest_from_safety(diary):
    rig = rig_of(
        microwave_source=Source("microwave", diary, refusals=9),
        laser=Source("laser", diary),
        magnet=Coil(diary, failure=InstrumentError("no answer.")),
    )
    rig.make_safe()
    assert diary == ["laser"]
    assert rig.left_unsafe == [
        "MICROWAVE DRIVE MAY BE ON, switch it off by hand: microwave is silent.",
        "MAGNET IS NOT AT REST, see to it by hand: no answer.",
    ]
    assert rig.safety == " ".join(rig.left_unsafe)


def test_a_second_ctrl_c_ends_the_magnets_ramp_and_is_told(diary):
    rig = rig_of(laser=Source("laser", diary), magnet=Coil(diary, failure=KeyboardInterrupt()))
    rig.make_safe()
    assert diary == ["laser"]
    [said] = rig.left_unsafe
    assert said.startswith("MAGNET IS NOT AT REST")
    assert "KeyboardInterrupt" in said


def test_a_role_that_the_rig_has_not_is_named():
    rig = rig_of()
    for role in ("magnet", "microwave_source", "network_analyzer", "demodulator"):
        with pytest.raises(InputError, match=f"this rig has no {role}.*Add one"):
            getattr(rig, role)
    assert rig.safety == ""


# Over the wire


@pytest.fixture
def bench():
    return StillBench()


@pytest.fixture
def served(bench):
    """Serve roles; what is served is described as a rig file says it."""
    labs = []

    def serve(*roles, adapter=None, **models):
        lab = VirtualLab(bench, roles, models, speed_up=1e4).start()
        labs.append(lab)
        content = station(lab.addresses, lab.models)
        for role, options in {**lab.adapters, **(adapter or {})}.items():
            content["instruments"][role]["adapter"] = {
                **lab.adapters.get(role, {}),
                **options,
            }
        return lab, content

    yield serve
    for lab in labs:
        lab.stop()


QUICK = {"settle_s": 0.0, "poll_s": 0.01}


def test_microwaves_and_light_are_off_and_the_field_is_zero_after_an_error(bench, served):
    _, content = served(
        "laser", "microwave_source", "magnet", adapter={"magnet": {"settings": QUICK}}
    )
    rigs = []

    def use():
        with open_rig(RigFile.model_validate(content)) as rig:
            rigs.append(rig)
            rig.laser.on()
            rig.microwave_source.on()
            rig.magnet.go_to((0.0, 0.0, 0.02))
            assert bench.lit
            raise LookupError

    with pytest.raises(LookupError):
        use()
    assert not bench.lit
    assert rigs[0].left_unsafe == []
    with open_rig(RigFile.model_validate(content)) as rig:
        assert rig.magnet.read().field_t == pytest.approx((0, 0, 0), abs=3e-4)


def test_a_magnet_told_to_hold_keeps_its_field(served):
    settings = {"settings": {**QUICK, "rest": "hold"}}
    _, content = served("magnet", adapter={"magnet": settings})
    with open_rig(RigFile.model_validate(content)) as rig:
        rig.magnet.go_to((0.0, 0.0, 0.02))
    with open_rig(RigFile.model_validate(content)) as rig:
        assert rig.magnet.read().field_t == pytest.approx((0, 0, 0.02), abs=3e-4)


def test_the_limits_and_the_crystal_of_the_file_reach_the_magnet(served):
    crystal = {"along_z": "[110]", "along_x": "[001]"}
    settings = {"settings": {"max_field_t": 0.01, "crystal": crystal}}
    _, content = served("magnet", adapter={"magnet": settings})
    with open_rig(RigFile.model_validate(content)) as rig:
        with pytest.raises(InputError, match=r"stronger than the 0.01 T"):
            rig.magnet.go_to((0.0, 0.0, 0.02))
        assert cast("SafeMagnet", rig.magnet).settings.crystal.in_magnet("[110]") == pytest.approx(
            (0, 0, 1)
        )


def test_a_wrong_setting_of_the_magnet_is_met_before_anything_is_touched(served):
    lab, content = served("magnet", adapter={"magnet": {"settings": {"max_feld_t": 0.01}}})
    heard = []
    lab.servers["magnet"].answer = lambda instrument, message: heard.append(message)
    with (
        pytest.raises(InputError, match=r"magnet\.adapter.*'max_field_t'"),
        open_rig(RigFile.model_validate(content)),
    ):
        pass
    assert heard == []


def test_an_answer_that_comes_late_while_a_rig_opens_ends_it(served):
    """QCoDeS goes on without the answer; the next question would take it for its own."""
    lab, content = served("laser")
    content["instruments"]["laser"]["init"]["timeout"] = 0.3
    counted = Faults()
    lab.servers["laser"].answer = counted.answer
    with open_rig(RigFile.model_validate(content)):
        opening = counted.heard
    for number in (2, opening // 2, opening - 1):
        faults = Faults(1, plan={number: Kind.LATE}, lateness_s=0.6)
        lab.servers["laser"].answer = faults.answer
        with (
            pytest.raises(InputError, match="laser is not there: TCPIP0"),
            open_rig(RigFile.model_validate(content)),
        ):
            pass
        assert len(faults.happened) == 1


@pytest.mark.parametrize(
    ("role", "model"),
    [(role, model) for role, models in MODELS.items() for model in models],
    ids=lambda name: name,
)
def test_whoever_hangs_up_at_once_is_told_from_an_instrument(role, model):
    """As instruments with room for one connection do; a device clear would wait for ever."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:

        def hang_up():
            with contextlib.suppress(OSError):
                while True:
                    deaf.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        address = f"TCPIP0::127.0.0.1::{deaf.getsockname()[1]}::SOCKET"
        addresses = {role: address}
        if model == "ami4303d":
            addresses |= {"magnet.address_y": address, "magnet.address_z": address}
        content = station(addresses, {role: model})
        content["instruments"][role]["init"]["timeout"] = 0.2
        with (
            pytest.raises(InputError, match=f"{role} is not there: TCPIP0"),
            open_rig(RigFile.model_validate(content)),
        ):
            pass


def test_a_rig_that_cannot_be_opened_is_one_line_on_the_terminal(served, write, tmp_path):
    """QCoDeS itself warns of every parameter that it could not read."""
    lab, content = served("laser", "direction_switch", "spectrum_analyzer")
    content["instruments"]["laser"]["init"]["timeout"] = 0.5
    lab.servers["laser"].answer = Faults(1, plan={15: Kind.DROP}).answer
    command = [sys.executable, "-c", "from phonosync.experiments.cli import main; main()"]
    words = ["measure", "direction_of_light", "--rig", str(write("rig.yaml", content))]
    done = subprocess.run(
        [*command, *words], capture_output=True, text=True, timeout=120, cwd=tmp_path
    )
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith("phonosync: laser is not there: TCPIP0::127.0.0.1::")


def test_opening_lock_ins_takes_no_record(served, bench, monkeypatch):
    """A reading makes the bench evolve, and belongs into no snapshot."""
    _, content = served("demodulator")
    taken = []
    monkeypatch.setattr(bench, "vibration", lambda *how: taken.append(how), raising=True)
    with open_rig(RigFile.model_validate(content)) as rig:
        snapshot = rig.station.snapshot()["instruments"]["demodulator"]["lock_ins"]
    assert taken == []
    assert snapshot["demodulator_1"]["parameters"]["time_constant"]["value"] == 0.1


def test_a_rig_may_do_without_what_an_experiment_does_not_need(served, write):
    _, content = served("magnet")
    path = write("rig.yaml", content)
    with pytest.raises(InputError, match="no instrument plays the role 'laser'"):
        load_rig(path)
    with open_rig(load_rig(path, needs=("magnet",))) as rig:
        assert set(rig.roles) == {"magnet"}
