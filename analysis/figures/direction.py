"""How a direction is drawn: the same colour and line in every figure of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from phonosync.analysis.figures.run import COLOURS, NAMES
from phonosync.analysis.figures.survey_panels import LINES


@dataclass(frozen=True)
class Way:
    """A direction of light and field, as it looks and as it is called.

    Where only the field is turned round, its directions take the colours; where both are, the field
    has the line (solid, dashed).
    """

    light: int
    field: int
    colour: str
    line: str
    name: str

    @classmethod
    def of(cls, light: int, field: int, turned: Sequence[str]) -> Way:
        """The direction in a run that turns round `turned` ("light", "field")."""
        if tuple(turned) == ("field",):
            name = f"field {field:+d}".replace("-", "−")
            return cls(light, field, COLOURS[field], "-", name)
        colour = COLOURS.get(light, COLOURS[1])
        if "field" in turned:
            name = f"light {light:+d}, field {field:+d}".replace("-", "−")
            return cls(light, field, colour, LINES[field], name)
        return cls(light, field, colour, "-", NAMES.get(light, "no light"))

    def on_the_way(self, branch: str) -> Way:
        """The same direction on one way through a sweep; down is drawn as field −1 is, dashed."""
        line = LINES[-1] if branch == "down" else self.line
        return replace(self, line=line, name=f"{self.name}, {branch}")

    @property
    def short(self) -> str:
        """The name without its explanation: "light +1"."""
        return self.name.split(" (")[0]
