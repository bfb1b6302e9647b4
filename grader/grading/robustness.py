"""The rubric's part on turning and moving digits: a grid of transforms."""

from grader.grading.fields import AngleStep, Degrees, Pixels, Table


class Robustness(Table):
    """Which rotations and shifts are measured; both grids are symmetric about "unchanged"."""

    angle_limit_degrees: Degrees
    """Largest rotation to either side; a multiple of the step."""
    angle_step_degrees: AngleStep
    """Distance between two rotations."""
    shift_limit_pixels: Pixels
    """Largest shift to any side; every pair (dx, dy) up to it is measured."""

    @property
    def angles_degrees(self) -> tuple[float, ...]:
        """Every rotation, ascending."""
        n_steps = int(self.angle_limit_degrees / self.angle_step_degrees)
        return tuple(float(step * self.angle_step_degrees) for step in range(-n_steps, n_steps + 1))

    @property
    def shifts_pixels(self) -> tuple[tuple[int, int], ...]:
        """Every (dx, dy), dx first, ascending."""
        reach = range(-self.shift_limit_pixels, self.shift_limit_pixels + 1)
        return tuple((dx, dy) for dx in reach for dy in reach)
