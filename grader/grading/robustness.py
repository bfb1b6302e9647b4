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
        battery = BATTERIES[self.level]
        return battery.own if measured_on == "handwriting" else battery.probe
