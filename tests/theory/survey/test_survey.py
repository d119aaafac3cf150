"""Surveys: every point is a prediction, and where it is computed does not matter."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import xarray as xr

from phonosync.theory import InputError, UnstableError, load_device
from phonosync.theory.device.entries import find_entry, with_entries
from phonosync.theory.device.parts import Disorder
from phonosync.theory.prediction import predict
from phonosync.theory.survey import compute, survey
from phonosync.theory.survey.axes import parse_axes
from phonosync.theory.survey.dataset import assemble
from phonosync.theory.survey.monte_carlo import draw_imperfections
from phonosync.theory.survey.plan import Survey
from phonosync.theory.survey.robustness import Criterion

TYPICAL = Disorder(frequency=0.001, linewidth=0.05, coupling=0.05)


@pytest.fixture(scope="module")
def ring():
    return load_device("ring")


@pytest.fixture(scope="module")
def hybrid():
    return load_device("hybrid")


@pytest.fixture(scope="module")
def imperfect_hybrids(hybrid):
    return survey(hybrid, devices=300, disorder=TYPICAL, without_kerr=True, measures=["S_p"])


def stable(device):
    """What `predict` says of the stable state of lowest intensity of each direction."""
    found = {}
    for p in predict(device):
        if p.stable:
            found.setdefault((p.light, p.field), p)
    return found


@pytest.mark.parametrize(
    ("name", "vary"),
    [
        ("ring", ["drive.power=0.01..1 mW:3 log", "modes.cavity.detuning=12,15 MHz"]),
        ("hybrid", ["drive.power=0.05..0.15 mW:3"]),
        ("yig_pair", ["temperature=10,50 mK"]),
    ],
)
def test_every_point_of_a_map_is_a_prediction(name, vary):
    device = load_device(name)
    measures = ["S_p", "S_phi", "E_N", "occupation", "intensity"]
    data = survey(device, vary, measures=measures)
    axes = parse_axes(device, vary)
    for point in np.ndindex(*(len(axis.values) for axis in axes)):
        values = {a.entry: float(a.values[k]) for a, k in zip(axes, point, strict=True)}
        here = data.isel({a.entry.name: k for a, k in zip(axes, point, strict=True)})
        for (light, field), p in stable(with_entries(device, values)).items():
            way = {"light": light, "field": field}
            at = here.sel({k: v for k, v in way.items() if k in here.dims})
            for measure in ("S_c", "S_p", "S_phi", "E_N"):
                assert float(at[measure]) == pytest.approx(getattr(p, measure), rel=1e-8)
            assert at["occupation"].values == pytest.approx(p.occupations, rel=1e-7, abs=1e-9)
            assert at["intensity"].values == pytest.approx(np.abs(p.amplitudes) ** 2, rel=1e-8)
            assert float(at["growth"]) == pytest.approx(p.growth, rel=1e-6)


def test_without_light_two_phonons_are_as_synchronous_as_their_baths_are_cold(ring):
    data = survey(ring, ["drive.power=0 W", "temperature=1..100 mK:3 log"])
    h, k = 6.62607015e-34, 1.380649e-23
    for T, S in zip(data["temperature"].values, data["S_c"].values[0], strict=True):
        quanta = sum(1 / np.expm1(h * f / (k * T)) for f in (10e6, 11e6))
        np.testing.assert_allclose(S, 1 / (quanta + 1), rtol=1e-6)
    np.testing.assert_array_equal(data["contrast_light"], 0)


def test_a_rotation_the_other_way_exchanges_the_directions(ring):
    data = survey(ring, ["sagnac.shift=-5..5 MHz:5"])
    S = data["S_c"]
    np.testing.assert_allclose(
        S.sel(light=1).values, S.sel(light=-1).values[::-1], rtol=1e-9, atol=0
    )
    np.testing.assert_allclose(
        data["contrast_light"].values, -data["contrast_light"].values[::-1], atol=1e-9
    )
    assert float(data["contrast_light"].sel({"sagnac.shift": 0})) == 0


def test_no_imperfection_makes_a_ring_at_rest_prefer_a_direction():
    data = survey(load_device("reciprocal"), devices=50, disorder=TYPICAL)
    np.testing.assert_array_equal(data["contrast_light"], 0)
    assert float(data["one_way_light"]) == 0


def test_small_imperfections_move_S_c_by_its_derivatives(ring):
    """First order in the deviations; the derivatives come from predictions of changed files."""
    small = 1e-4
    data = survey(ring, devices=40, disorder=Disorder(linewidth=small), seed=3)
    x = small * draw_imperfections(ring, 3, 0).linewidth[:40]
    for light in (+1, -1):
        slopes = []
        for mode, ports in (("cavity", ["ports.bus.rate"]), ("phonon_1", []), ("phonon_2", [])):
            entries = [find_entry(ring, n) for n in (f"modes.{mode}.linewidth", *ports)]
            nominal = 2e6 if mode == "cavity" else 5e3
            S = [
                stable(with_entries(ring, dict.fromkeys(entries, nominal * (1 + h))))[light, 1].S_c
                for h in (1e-3, -1e-3)
            ]
            slopes.append((S[0] - S[1]) / 2e-3)
        moved = data["S_c"].sel(light=light).values - float(data["S_c_perfect"].sel(light=light))
        np.testing.assert_allclose(moved, x @ slopes, atol=2e-3 * np.abs(x @ slopes).max())


def test_light_without_kerr_does_not_see_the_field(imperfect_hybrids):
    bare = imperfect_hybrids.sel(kerr="none")
    np.testing.assert_array_equal(bare["contrast_field"], 0)
    assert np.any(imperfect_hybrids.sel(kerr="as given")["contrast_field"] != 0)


def test_the_fraction_is_of_all_devices_also_of_those_that_oscillate(imperfect_hybrids):
    some = imperfect_hybrids.sel(kerr="as given", field=1)
    S = some["S_c"].transpose("device", "light").values
    lost = np.isnan(S).any(axis=1)
    assert 0 < lost.sum() < 300
    np.testing.assert_array_equal(some["oscillating"].any("light"), lost)
    with np.errstate(invalid="ignore"):
        passed = (S[:, 0] >= 1 / 3) & (S[:, 0] >= 2 * S[:, 1])
    assert float(some["one_way_light"]) == pytest.approx(passed.sum() / 300, abs=1 / 300)
    assert int(some["preferred_light"]) == 1


def test_a_harder_criterion_passes_fewer_devices(ring):
    plan = Survey(ring, devices=200, disorder=TYPICAL)
    store = {}
    compute(plan, store)
    fractions = [
        float(assemble(plan, store, criterion=Criterion(S_c=least))["one_way_light"])
        for least in (0.3, 0.6, 0.61, 0.9)
    ]
    assert fractions == sorted(fractions, reverse=True)
    assert fractions[0] == 1
    assert 0 < fractions[2] < 1
    assert fractions[-1] == 0


def test_above_threshold_there_is_no_number_but_a_word(ring):
    data = survey(ring, ["modes.cavity.detuning=-3,15 MHz"])
    lost, quiet = (data.isel({"modes.cavity.detuning": k}) for k in (0, 1))
    assert bool(lost["oscillating"].all())
    assert np.all(np.isnan(lost["S_c"]))
    assert np.all(lost["growth"] > 0)
    assert not bool(quiet["oscillating"].any())
    assert np.all(quiet["growth"] < 0)


def test_where_two_states_are_stable_the_branch_says_which(hybrid):
    name = "modes.magnon.detuning"
    lower, upper = (
        survey(hybrid, [f"{name}=-21 MHz"], branch=b, measures=["intensity"])
        .sel(light=1, field=1)
        .isel({name: 0})
        for b in ("lower", "upper")
    )
    assert int(lower["stable_states"]) == 2
    there = with_entries(hybrid, {find_entry(hybrid, name): -21e6})
    both = [p for p in predict(there) if p.stable and (p.light, p.field) == (1, 1)]
    for data, p in zip((lower, upper), both, strict=True):
        assert float(data["S_c"]) == pytest.approx(p.S_c, rel=1e-8)
    assert lower["intensity"].sum() < upper["intensity"].sum()


def test_the_numbers_do_not_depend_on_where_they_are_computed(hybrid, imperfect_hybrids):
    with ThreadPoolExecutor(2) as executor:
        elsewhere = survey(
            hybrid,
            devices=300,
            disorder=TYPICAL,
            without_kerr=True,
            measures=["S_p"],
            executor=executor,
        )
    xr.testing.assert_identical(elsewhere, imperfect_hybrids)


def test_more_devices_leave_the_first_ones_as_they_are(ring):
    few, many = (survey(ring, devices=n, disorder=TYPICAL) for n in (500, 600))
    xr.testing.assert_identical(few["S_c"], many["S_c"].isel(device=slice(500)))


def test_a_survey_that_was_interrupted_is_gone_on_with(ring):
    plan = Survey(ring, parse_axes(ring, ["temperature=1..50 mK:4"]), devices=60, disorder=TYPICAL)
    store, whole = {}, {}

    def stop(done):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compute(plan, store, watch=stop)
    assert len(store) == 2
    seen = []
    compute(plan, store, watch=seen.append)
    assert seen == [2, 3, 4, 5]
    compute(plan, whole)
    xr.testing.assert_identical(assemble(plan, store), assemble(plan, whole))


def test_what_an_executor_has_begun_is_kept_on_ctrl_c(ring):
    plan = Survey(ring, parse_axes(ring, ["temperature=1..50 mK:4"]), devices=60, disorder=TYPICAL)
    store = {}

    def stop(done):
        if done:
            raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as executor, pytest.raises(KeyboardInterrupt):
        compute(plan, store, executor=executor, ahead=2, watch=stop)
    assert 1 <= len(store) <= 3


def test_a_survey_keeps_its_units_and_what_it_was_made_of(ring, tmp_path):
    vary = ["drive.power=0.1,0.2 mW", "modes.cavity.detuning=15 MHz"]
    data = survey(ring, vary, measures=["isolation"], devices=20, disorder=TYPICAL, seed=5)
    assert data["S_c"].dims == ("drive.power", "modes.cavity.detuning", "device", "light")
    assert data["drive.power"].attrs["units"] == "W"
    assert data["modes.cavity.detuning"].attrs["units"] == "Hz"
    assert data["isolation_light"].attrs["units"] == "dB"
    assert data.attrs["seed"] == "5"
    assert '"linewidth":0.05' in data.attrs["disorder"]
    assert "S_c >= 0.3333" in data.attrs["criterion"]
    path = tmp_path / "survey.nc"
    data.to_netcdf(path, engine="h5netcdf")
    with xr.open_dataset(path) as read:
        xr.testing.assert_identical(read.load(), data)


def test_isolation_is_ten_times_the_logarithm_of_the_ratio(ring):
    data = survey(ring, ["sagnac.shift=-5 MHz"], measures=["isolation"])
    plus, minus = data["S_c"].values[0]
    assert float(data["isolation_light"][0]) == pytest.approx(10 * np.log10(plus / minus))


def test_a_device_that_oscillates_everywhere_has_no_survey(ring):
    with pytest.raises(UnstableError, match="no stable steady state anywhere"):
        survey(ring, ["modes.cavity.detuning=-3,-2 MHz"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"measures": ["occupations"]}, "did you mean 'occupation'"),
        ({"branch": "middle"}, "no branch is called 'middle'"),
        ({"devices": 5, "disorder": Disorder()}, "no disorder"),
        ({"without_kerr": True}, "no Kerr term"),
        ({"pair": ("phonon_1", "phonon_3")}, "'phonon_3' is not a phonon"),
        ({"vary": ["modes.cavity.linewidth=1..3 MHz:3"]}, "more than its linewidth"),
    ],
)
def test_what_cannot_be_surveyed_is_said_before_anything_is_computed(ring, options, words):
    plan = {"device": ring, "measures": ("S_c",), **options}
    axes = parse_axes(ring, plan.pop("vary", []))
    with pytest.raises(InputError) as error:
        Survey(axes=axes, **plan)
    assert words in str(error.value)


def test_synchronization_is_of_a_pair_here_too():
    with pytest.raises(InputError, match="one phonon"):
        Survey(load_device("gupta_kerr"))
