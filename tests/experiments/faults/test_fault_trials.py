"""A few seeded faults; benchmarks/faults.py runs hundreds over every model."""

import pytest

from phonosync.experiments.faults.trials import Outcome, Stage, names_a_command, same
from phonosync.instruments.virtual.faults import Fault, Kind


@pytest.fixture(scope="module")
def stages():
    """A stage for a model, set up once."""
    known = {}

    def stage(role, model):
        if (role, model) not in known:
            known[role, model] = Stage(role, model, timeout_s=0.3)
        return known[role, model]

    return stage


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("role", "model"),
    [
        ("laser", "tsl570"),
        ("direction_switch", "polatis"),
        ("spectrum_analyzer", "n9030b"),
        ("microwave_source", "n5183b"),
        ("magnet", "ami430"),
    ],
)
def test_a_fault_neither_hangs_nor_passes_for_data_nor_goes_unnamed(stages, role, model, seed):
    trial = stages(role, model).try_fault(seed)
    assert not trial.outcome.bad, trial


def test_a_stuck_switch_is_told(stages):
    stage = stages("direction_switch", "polatis")
    trials = [stage.try_fault(seed) for seed in range(40, 52)]
    stuck = [trial for trial in trials if trial.fault and trial.fault.kind is Kind.STICK]
    told = {trial.outcome for trial in trials if trial.fault}
    assert told <= {Outcome.TOLD, Outcome.UNHARMED}
    assert all("direction_switch" in trial.said for trial in stuck)


def test_the_same_seed_strikes_the_same_message(stages):
    first, again = (stages("laser", "tsl570").try_fault(3) for _ in range(2))
    assert (first.fault, first.outcome) == (again.fault, again.outcome)


# The judge can find fault


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("laser at TCPIP0::127.0.0.1::1::SOCKET is odd.", False),
        ("laser at TCPIP0::127.0.0.1::1::SOCKET does not answer to laser_power?: gone.", True),
        ("laser refused ':POWer:LEVel 2': no.", True),
        ("laser went dark.", False),
    ],
)
def test_a_message_must_name_a_command(said, named):
    assert names_a_command(said, []) is named


def test_an_ailment_needs_no_command():
    assert names_a_command("magnet quenched.", [Fault(1, Kind.QUENCH, "STATE?")])


def test_results_agree_to_the_digits_on_the_wire():
    assert same([{"on": True, "power_w": 2e-3}], [{"on": True, "power_w": 2.0000001e-3}])
    assert not same([{"on": False, "power_w": 2e-3}], [{"on": True, "power_w": 2e-3}])
    assert not same([1.0], [1.0, 2.0])
    assert not same([1.001], [1.0])


class Lying(Stage):
    """A stage that takes a number of its own for the healthy one."""

    def __init__(self):
        super().__init__("power_meter", "pm100d", timeout_s=0.3)
        self.healthy = [1.0]


def test_a_wrong_number_is_found_out():
    lying = Lying()
    outcomes = {lying.try_fault(seed).outcome for seed in range(4)}
    assert outcomes & {Outcome.WRONG, Outcome.AFTERWARDS}
