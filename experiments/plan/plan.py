"""What to measure, in which order, how often."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from phonosync.experiments.plan.calibration import Calibrations, Control, Reference
from phonosync.experiments.plan.safety import Interlock, Until
from phonosync.experiments.plan.settings import (
    FieldSetting,
    LaserSetting,
    Light,
    MicrowaveSetting,
    QuadratureSetting,
    SParameterSetting,
    SpectrumSetting,
)
from phonosync.experiments.plan.sweep import SweepAxis
from phonosync.experiments.rig.file import Role
from phonosync.theory.checked_file import CheckedModel, check, hint, misplaced, read_yaml
from phonosync.theory.errors import InputError
from phonosync.theory.quantities import IN_SI, Kelvin, Second

LEAST_QUADS = 8
"""With fewer quads the permutation test's smallest p-value, 2/2^n, is above 0.0078."""
_SECTIONS = ("laser", "microwave", "field")  # that sweeps begin with


class Plan(CheckedModel):
    """A direction experiment.

    Attributes:
        direction: what is turned round: the light, the field, or both crossed.
        light: which way the light goes where it is not turned round; without it no switch is asked
            for.
        laser, microwave, field, temperature: how the instruments stand; what is not named is not
            touched.
        sweep: inner sweeps; the last one is the fastest.
        spectrum, s_parameters, quadratures: what is taken at every point, one or several.
        quads: quads of directions at every setting.
        order: quads is ABBA or BAAB by chance; all others cannot tell drift from nonreciprocity.
        innermost: "direction" turns round at every setting, "sweep" goes through the fastest sweep
            before it turns round (by default where that sweep goes up and down).
        settling_time: wait after every change, beside the instruments' own settling.
        calibrations, control: interleaved.
        interlocks: looked at between points.
        retries: how often a failed point is tried again before it counts as missing.
        missing_in_a_row: so many missing points end the run.
        until: ends the run early.
    """

    name: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    description: str = ""
    direction: Literal["light", "field", "both"] = "light"
    light: Light | None = None
    laser: LaserSetting | None = None
    microwave: MicrowaveSetting | None = None
    field: FieldSetting | None = None
    temperature: Annotated[Kelvin, Field(gt=0)] | None = None
    sweep: tuple[SweepAxis, ...] = ()
    spectrum: SpectrumSetting | None = None
    s_parameters: SParameterSetting | None = None
    quadratures: QuadratureSetting | None = None
    quads: Annotated[int, Field(ge=LEAST_QUADS)] = LEAST_QUADS
    order: Literal["quads", "alternating", "blocks", "random"] = "quads"
    innermost: Literal["direction", "sweep"] | None = None
    settling_time: Annotated[Second, Field(ge=0, le=3600)] = 0.0
    calibrations: Calibrations = Calibrations()
    control: Control | None = None
    interlocks: tuple[Interlock, ...] = ()
    retries: Annotated[int, Field(ge=0, le=10)] = 1
    missing_in_a_row: Annotated[int, Field(ge=1)] = 3
    until: Until | None = None

    @model_validator(mode="after")
    def _possible(self) -> Plan:
        self._has_what_it_turns()
        self._has_what_it_sweeps()
        self._measures_something()
        return self

    def _has_what_it_turns(self) -> None:
        if self.turns_light and self.laser is None:
            raise misplaced(["direction"], "to turn the light round a 'laser' is needed; add it")
        if self.turns_field and self.field is None:
            raise misplaced(["direction"], "to turn the field round a 'field' is needed; add it")
        if self.turns_light and self.light is not None:
            raise misplaced(["light"], "the light goes both ways here; leave 'light' out")
        if self.light is not None and self.laser is None:
            raise misplaced(["light"], "there is no 'laser' whose light could go this way")

    def _has_what_it_sweeps(self) -> None:
        seen: set[str] = set()
        for number, axis in enumerate(self.sweep):
            section = axis.quantity.split(".")[0]
            if section in _SECTIONS and getattr(self, section) is None:
                raise misplaced(
                    ["sweep", number, "quantity"],
                    f"{axis.quantity} is swept, but the plan has no '{section}'; add it",
                )
            if axis.quantity in seen:
                raise misplaced(["sweep", number, "quantity"], f"{axis.quantity} is swept twice")
            seen.add(axis.quantity)
            last = number == len(self.sweep) - 1
            if axis.path == "both" and (not last or axis.is_slow):
                raise misplaced(
                    ["sweep", number, "path"],
                    "only the last sweep, and no slow one, can go up and down",
                )
            if axis.path == "both" and self.innermost == "direction":
                raise misplaced(
                    ["innermost"],
                    "a sweep that goes up and down must be inside the directions, or every turn "
                    "loses its branch; write 'innermost: sweep' or leave it out",
                )
        if self.innermost == "sweep" and not self.fast_axes:
            raise misplaced(["innermost"], "there is no fast sweep that could be innermost")

    def _measures_something(self) -> None:
        taken = (self.spectrum, self.s_parameters, self.quadratures)
        if not any(taken):
            raise ValueError("nothing is measured; add 'spectrum', 's_parameters' or 'quadratures'")
        needs_spectrum = {
            "until": self.until,
            "control": self.control,
            **{f"calibrations.{n}": getattr(self.calibrations, n) for n in ("dark", "tone")},
            "calibrations.thermal": self.calibrations.thermal,
        }
        for place, wanted in needs_spectrum.items():
            if wanted is not None and self.spectrum is None:
                raise misplaced(place.split("."), "this needs a 'spectrum' in the plan; add it")
        if self.calibrations.dark is not None and not (self.turns_light or self.light):
            raise misplaced(
                ["calibrations", "dark"],
                "the direction switch keeps the light from the detector, so this needs 'light'",
            )
        tone, band = self.calibrations.tone, self.spectrum
        if tone is not None and band is not None and not band.start < tone.frequency < band.stop:
            raise misplaced(
                ["calibrations", "tone", "frequency"],
                f"{tone.frequency:g} Hz lies outside the spectrum's band",
            )
        self._can_end_early()
        needed = {"low_power": "laser", "low_drive": "microwave", "zero_field": "field"}
        if self.control is not None and getattr(self, needed[self.control.kind]) is None:
            raise misplaced(
                ["control", "kind"],
                f"{self.control.kind} needs a '{needed[self.control.kind]}' in the plan; add it",
            )
        if self.calibrations.thermal is not None and self.laser is None:
            raise misplaced(["calibrations", "thermal"], "this needs a 'laser' in the plan")

    def _can_end_early(self) -> None:
        if self.until is None:
            return
        if self.sweep:
            raise misplaced(["until"], "one number is watched, so the plan must not sweep")
        if self.direction == "both" or self.order != "quads":
            raise misplaced(["until"], "this needs quads of one direction, of light or field")

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Plan:
        """A plan as a run's journal holds it: numbers in SI units."""
        return cls.model_validate(record, context=IN_SI)

    @property
    def turns_light(self) -> bool:
        """Whether the light goes both ways."""
        return self.direction in ("light", "both")

    @property
    def turns_field(self) -> bool:
        """Whether the field points both ways."""
        return self.direction in ("field", "both")

    def direction_words(self, light: int, field: int) -> str:
        """Name a direction by what this plan turns round, as "light −1"."""
        said = [f"light {light:+d}"] if self.turns_light else []
        said += [f"field {field:+d}"] if self.turns_field else []
        return ", ".join(said).replace("-", "−")

    @property
    def slow_axes(self) -> tuple[SweepAxis, ...]:
        """Sweeps at each value of which all quads are measured."""
        return tuple(axis for axis in self.sweep if axis.is_slow)

    @property
    def fast_axes(self) -> tuple[SweepAxis, ...]:
        """Sweeps that every quad goes through."""
        return tuple(axis for axis in self.sweep if not axis.is_slow)

    @property
    def sweeps_inside(self) -> bool:
        """Whether a sweep is finished before the direction changes."""
        if self.innermost is None:
            return bool(self.sweep) and self.sweep[-1].path == "both"
        return self.innermost == "sweep"

    @property
    def branches(self) -> tuple[str, ...]:
        """Branches that the data have; one where nothing is swept up and down."""
        return self.sweep[-1].branches if self.sweep else ("up",)

    @property
    def shot_noise(self) -> Reference | None:
        """The shot-noise reference: where a spectrum is taken there is one, asked for or not."""
        if self.spectrum is None:
            return None
        return self.calibrations.shot_noise or Reference()

    @property
    def roles(self) -> tuple[Role, ...]:
        """Roles of the instruments that the plan needs, also to watch them."""
        watched = [interlock.what.role for interlock in self.interlocks]
        return tuple(dict.fromkeys([*self.used_roles, *watched]))  # pyright: ignore[reportReturnType]

    @property
    def used_roles(self) -> tuple[Role, ...]:
        """Roles of the instruments that set or take something."""
        swept = {axis.what.role for axis in self.sweep}
        needed: dict[Role, object] = {
            "laser": self.laser,
            "direction_switch": self.turns_light or self.light is not None,
            "microwave_source": self.microwave or self.calibrations.tone,
            "magnet": self.field,
            "thermometer": self.temperature or "thermometer" in swept,
            "spectrum_analyzer": self.spectrum,
            "network_analyzer": self.s_parameters,
            "demodulator": self.quadratures,
        }
        return tuple(role for role, wanted in needed.items() if wanted)

    @property
    def warnings(self) -> list[str]:
        """What an experienced colleague would say of the plan."""
        said = []
        if self.order != "quads":
            said.append(
                f"order {self.order!r}: a drift cannot be told from nonreciprocity, and the "
                "permutation test is not exact. Randomly signed quads ('order: quads') can."
            )
        if self.spectrum and self.spectrum.averages * self.quads * 2 < 16:
            said.append(
                f"{self.spectrum.averages * self.quads * 2} averages per direction are few: "
                "intervals may not exist. Raise 'averages' or 'quads'."
            )
        return said


def plan_file(path: str | Path) -> Path:
    """The file of a plan: the path itself, or that of a shipped one by its name.

    Raises:
        InputError: no shipped plan of this name.
    """
    file = Path(path)
    if file.suffix in (".yaml", ".yml"):
        return file
    folder = resources.files("phonosync.experiments") / "plans"
    names = sorted(p.name.removesuffix(".yaml") for p in folder.iterdir() if ".yaml" in p.name)
    if str(path) not in names:
        raise InputError(
            f"no plan is called {str(path)!r}; {hint(str(path), names, 'shipped are')} "
            "Or give the path of a plan file (.yaml)."
        )
    return Path(str(folder / f"{path}.yaml"))


def load_plan(path: str | Path) -> Plan:
    """Load a plan from its path, or a shipped one by its name.

    Raises:
        InputError: no such plan, or something wrong in it; the message names the line.

    >>> load_plan("direction_of_light").quads
    8
    """
    file = plan_file(path)
    return check(read_yaml(file, "plan"), Plan, str(file), file=file)
