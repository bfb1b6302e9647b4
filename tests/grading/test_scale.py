from decimal import Decimal
from fractions import Fraction

from grader.core.count import Count
from grader.grading.scale import Band, Linear, worth_by_bands, worth_in_proportion
from grader.grading.score import round_points
from tests.loops import every

BANDS = (
    Band(name="A", at_least=Decimal("0.97"), points=Decimal(4)),
    Band(name="B", at_least=Decimal("0.9"), points=Decimal("2.5")),
)


@every(
    "correct, total, points, percent, rule",
    [
        (97, 100, "4", "97.0 %", "≥ 97 % → A"),
        (100, 100, "4", "100 %", "≥ 97 % → A"),
        (96, 100, "2.5", "96.0 %", "≥ 90 % → B"),
        (9, 10, "2.5", "90.0 %", "≥ 90 % → B"),
        (89, 100, "0", "89.0 %", "< 90 %"),
        (0, 3, "0", "0 %", "< 90 %"),
    ],
)
def test_worth_by_bands_when_share_then_highest_band_reached(
    correct: int, total: int, points: str, percent: str, rule: str
) -> None:
    place = worth_by_bands(Count(correct=correct, total=total), BANDS)
    assert (place.points, place.percent, place.rule) == (Fraction(points), percent, rule)


def test_worth_by_bands_when_bands_are_in_another_order_then_the_same() -> None:
    count = Count(correct=96, total=100)
    assert worth_by_bands(count, BANDS[::-1]) == worth_by_bands(count, BANDS)


def test_worth_by_bands_when_rounding_would_cross_the_threshold_then_more_decimals() -> None:
    # 8996 of 10000 is 89.96 %, which one decimal would show as 90.0 %.
    assert worth_by_bands(Count(correct=8996, total=10000), BANDS).percent == "89.96 %"


def test_worth_by_bands_when_share_is_a_third_then_compared_exactly() -> None:
    third = (Band(name="A", at_least=Decimal("0.333333"), points=Decimal(1)),)
    assert worth_by_bands(Count(correct=1, total=3), third).points == 1
    above = (Band(name="A", at_least=Decimal("0.333334"), points=Decimal(1)),)
    assert worth_by_bands(Count(correct=1, total=3), above).points == 0


@every("correct, points", [(0, "0"), (5, "0"), (6, "0.5"), (7, "1"), (8, "1.5"), (9, "2"), (10, "2")])
def test_worth_in_proportion_when_between_then_in_proportion(correct: int, points: str) -> None:
    linear = Linear(zero_at=Decimal("0.5"), full_at=Decimal("0.9"))
    place = worth_in_proportion(Count(correct=correct, total=10), linear, Fraction(2))
    assert place.points == Fraction(points)
    assert place.rule == "(50 % → 0 … 90 % → 2)"


@every(
    "points, step, rounded",
    [
        ("84.25", "0.1", "84.3"),
        ("84.249", "0.1", "84.2"),
        ("0.25", "0.5", "0.5"),
        ("0.24", "0.5", "0.0"),
        ("2.5", "1", "3"),
        ("3.5", "1", "4"),
        ("1.8", "0.1", "1.8"),
        ("0.125", "0.05", "0.15"),
    ],
)
def test_round_points_when_half_then_up(points: str, step: str, rounded: str) -> None:
    assert str(round_points(Fraction(points), Decimal(step))) == rounded
