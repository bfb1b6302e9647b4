"""The rubric's part on turning and moving digits: how much is tried."""

from typing import Literal

from grader.core.battery import BATTERIES, Places
from grader.grading.fields import Table


class Robustness(Table):
    """Which perturbations are tried."""

    level: Literal["quick", "standard", "full"]
    """One of `grader.core.battery.BATTERIES`."""

    def places(self, measured_on: str) -> Places:
        """Return what is tried on the student's own digits ("handwriting") or on the probe digits ("probe")."""
        return _places(self.level, measured_on)


def levels_with(name: str, measured_on: str) -> tuple[str, ...]:
    """Return the levels that try the perturbation `name` on the digits that `measured_on` names."""
    return tuple(level for level in BATTERIES if name in _places(level, measured_on))


def _places(level: str, measured_on: str) -> Places:
    battery = BATTERIES[level]
    return battery.own if measured_on == "handwriting" else battery.probe
