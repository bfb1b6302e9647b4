import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from grader.datasets.mnist.normalize import normalize_picture
from grader.datasets.mnist.strokes import center_of_mass
from grader.images.codes import QUALITY_NAMES, PictureFlag
from tests.datasets.mnist import drawings
from tests.loops import every

DIGITS = sorted(drawings.STROKES)
REFERENCE = {digit: normalize_picture(drawings.black_on_white(drawings.ink(digit))).image for digit in DIGITS}


def assert_alike(pixels, digit, least=0.9):
    picture = normalize_picture(pixels)
    assert drawings.likeness(picture.image, REFERENCE[digit]) >= least
    return picture


@every("digit", DIGITS)
def test_normalize_when_drawn_plainly_follows_mnist(digit):
    picture = normalize_picture(drawings.black_on_white(drawings.ink(digit)))
    image = picture.image
    assert image.shape == (28, 28, 1)
    assert image.dtype == np.float32
    rows = np.flatnonzero(image.any(axis=(1, 2)))
    columns = np.flatnonzero(image.any(axis=(0, 2)))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    row, column = center_of_mass(image[..., 0])
    assert abs(row - 14) <= 0.5
    assert abs(column - 14) <= 0.5
    assert image.max() == 1.0
    assert picture.flags == PictureFlag(0)
    assert tuple(picture.quality) == QUALITY_NAMES
    assert 2.0 <= picture.quality["stroke_width"] <= 3.6


@every("digit", DIGITS)
@every(
    "pen, paper",
    [
        ((1, 1, 1), (0, 0, 0)),
        ((0.1, 0.1, 0.1), (0, 0, 0)),
        ((0.6, 0.6, 0.6), (0.8, 0.8, 0.8)),
        ((1, 1, 0), (1, 1, 1)),
        ((1, 0, 0), (0, 0, 1)),
        ((0, 0.45, 0), (0.3, 1, 0.1)),
        ((0.5, 0.25, 0.25), (0.25, 0.38, 0.5)),
    ],
    ids=["white-black", "25-of-255", "pale", "yellow-white", "red-blue", "green-green", "equal-luminance"],
)
def test_normalize_when_colors_change_gives_the_same_digit(digit, pen, paper):
    assert_alike(drawings.colored(drawings.ink(digit), pen=pen, paper=paper), digit, least=0.99)


@every("digit", DIGITS)
@every("side", [40, 70, 150])
def test_normalize_when_size_changes_gives_the_same_digit(digit, side):
    ink = drawings.ink(digit, side=side, width=max(2, side // 15), margin=side // 3)
    assert_alike(drawings.black_on_white(ink), digit)


@every("digit", DIGITS)
@every("width", [2, 4, 14, 20])
def test_normalize_when_the_pen_changes_brings_strokes_to_mnist_width(digit, width):
    picture = assert_alike(drawings.black_on_white(drawings.ink(digit, width=width)), digit, least=0.78)
    assert 1.8 <= picture.quality["stroke_width"] <= 4.0


@every("digit", DIGITS)
@every("slope", [(0.4, 0.0), (-0.3, 0.3), (0.0, 0.5)])
def test_normalize_when_light_falls_unevenly_gives_the_same_digit(digit, slope):
    pixels = drawings.colored(drawings.ink(digit), pen=(0.1, 0.1, 0.2), paper=(0.95, 0.93, 0.9))
    y, x = np.mgrid[-0.5 : 0.5 : pixels.shape[0] * 1j, -0.5 : 0.5 : pixels.shape[1] * 1j]
    light = 0.75 + slope[0] * y + slope[1] * x
    assert_alike((pixels * light[..., None]).astype(np.float32), digit)


@every("digit", DIGITS)
def test_normalize_when_a_dark_frame_surrounds_the_paper_ignores_it(digit):
    pixels = np.pad(drawings.black_on_white(drawings.ink(digit)), ((9, 14), (12, 5), (0, 0)))
    assert PictureFlag.TRIMMED_FRAME in assert_alike(pixels, digit, least=0.99).flags


@every("digit", DIGITS)
def test_normalize_when_the_paper_lies_on_a_dark_desk_reads_the_paper(digit):
    desk = np.full((260, 300, 3), 0.2, dtype=np.float32)
    sheet = drawings.black_on_white(drawings.ink(digit))
    desk[30 : 30 + sheet.shape[0], 70 : 70 + sheet.shape[1]] = sheet
    desk[:12, :40] = 0.25
    desk[-9:, 100:] = 0.15
    assert PictureFlag.TRIMMED_FRAME in assert_alike(desk, digit).flags


@every("digit", DIGITS)
def test_normalize_when_a_pale_rectangle_was_pasted_does_not_see_its_edge(digit):
    paper = np.ones((260, 300, 3), dtype=np.float32)
    sheet = drawings.colored(drawings.ink(digit), pen=(0, 0, 0), paper=(0.9, 0.9, 0.9))
    paper[40 : 40 + sheet.shape[0], 20 : 20 + sheet.shape[1]] = sheet
    assert_alike(paper, digit, least=0.85)


@every("digit", DIGITS)
def test_normalize_when_the_sheet_is_paler_than_the_pen_reads_the_pen(digit):
    paper = np.ones((260, 300, 3), dtype=np.float32)
    sheet = drawings.colored(drawings.ink(digit), pen=(0.1, 0.1, 0.1), paper=(0.75, 0.75, 0.75))
    paper[40 : 40 + sheet.shape[0], 60 : 60 + sheet.shape[1]] = sheet
    assert_alike(paper, digit, least=0.85)


@every("digit", DIGITS)
def test_normalize_when_a_stripe_of_another_color_runs_through_reads_the_digit(digit):
    pixels = drawings.colored(drawings.ink(digit), pen=(0.1, 0.1, 0.9), paper=(0.0, 1.0, 1.0))
    pixels[:, 4:18] = (1.0, 0.8, 0.1)
    picture = assert_alike(pixels, digit)
    assert PictureFlag.TOUCHES_BORDER not in picture.flags


@every("digit", DIGITS)
def test_normalize_when_paper_is_squared_leaves_the_squares_out(digit):
    pixels = drawings.black_on_white(drawings.ink(digit))
    pixels[9::19] = np.minimum(pixels[9::19], 0.6)
    pixels[:, 9::19] = np.minimum(pixels[:, 9::19], 0.6)
    assert_alike(pixels, digit, least=0.8)


@every("digit", DIGITS)
def test_normalize_when_a_stroke_grows_pale_keeps_the_whole_digit(digit):
    ink = drawings.ink(digit)
    fading = np.linspace(1, 0.45, ink.shape[0], dtype=np.float32)[:, None]
    assert_alike(drawings.colored(ink * fading, pen=(0.3,) * 3, paper=(0.9,) * 3), digit)


@every("digit", DIGITS)
def test_normalize_when_a_box_is_drawn_round_the_digit_leaves_it_out(digit):
    ink = drawings.ink(digit)
    ink[8:11, 8:-8] = ink[-11:-8, 8:-8] = ink[8:-8, 8:11] = ink[8:-8, -11:-8] = 1
    assert_alike(drawings.black_on_white(ink), digit, least=0.97)


@every("digit", DIGITS)
def test_normalize_when_paper_is_ruled_leaves_the_lines_out(digit):
    ink = drawings.ink(digit)
    pixels = drawings.black_on_white(ink)
    for row in range(12, 180, 32):
        pixels[row : row + 2] = np.minimum(pixels[row : row + 2], [0.5, 0.5, 0.8])
    assert_alike(pixels, digit, least=0.85)


@every("digit", DIGITS)
def test_normalize_when_a_speck_lies_far_away_drops_it(digit):
    ink = drawings.ink(digit, margin=60)
    ink[4:9, 4:9] = 1
    assert_alike(drawings.black_on_white(ink), digit, least=0.99)


def test_normalize_when_the_bar_of_a_five_is_detached_keeps_it():
    ink = drawings.ink(5)
    whole = normalize_picture(drawings.black_on_white(ink))
    ink[46:52] = 0
    picture = normalize_picture(drawings.black_on_white(ink))
    assert picture.quality["pieces"] == 2
    assert drawings.likeness(picture.image, whole.image) > 0.9


def test_normalize_when_strokes_are_dashed_keeps_all_of_them():
    ink = drawings.ink(0)
    y, x = np.indices(ink.shape)
    angles = np.degrees(np.arctan2(y - 90, x - 90)) % 30
    picture = normalize_picture(drawings.black_on_white(np.where(angles < 9, 0, ink).astype(np.float32)))
    assert picture.quality["pieces"] == 12
    assert PictureFlag.MANY_PIECES in picture.flags
    assert drawings.likeness(picture.image, REFERENCE[0]) > 0.85


@every("digit", DIGITS)
def test_normalize_when_drawn_with_single_pixels_widens_them(digit):
    coarse = (drawings.ink(digit, side=24, width=1, margin=2) > 0.4).astype(np.float32)
    picture = normalize_picture(drawings.black_on_white(coarse))
    assert PictureFlag.PASSED_THROUGH not in picture.flags
    assert picture.quality["stroke_width"] >= 1.8
    assert drawings.likeness(picture.image, REFERENCE[digit]) > 0.75


@every("digit", DIGITS)
def test_normalize_when_the_digit_fills_the_picture_keeps_it_whole(digit):
    ink = drawings.ink(digit, margin=0)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    tight = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    if digit == 1:
        tight = np.pad(tight, ((0, 0), (20, 20)))
    picture = assert_alike(drawings.black_on_white(tight), digit, least=0.97)
    assert PictureFlag.TOUCHES_BORDER in picture.flags


@every("digit", DIGITS)
def test_normalize_when_already_in_mnist_form_changes_nothing(digit):
    image = REFERENCE[digit]
    grey = np.repeat(image, 3, axis=2)
    for pixels in (grey, 1 - grey):
        picture = normalize_picture(pixels)
        assert picture.flags == PictureFlag.PASSED_THROUGH
        np.testing.assert_array_equal(picture.image, image)


@every("level", [0.0, 0.4, 1.0])
@every("shape", [(28, 28), (1, 1), (2, 300), (200, 150)])
def test_normalize_when_blank_says_so_and_gives_no_ink(level, shape):
    picture = normalize_picture(np.full((*shape, 3), level, dtype=np.float32))
    assert picture.flags & PictureFlag.BLANK
    assert not picture.image.any()


@every("seed", range(5))
def test_normalize_when_only_sensor_noise_and_shade_says_blank(seed):
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-0.5:0.5:150j, -0.5:0.5:200j]
    paper = 0.7 + 0.2 * rng.uniform(-1, 1) * x + 0.2 * rng.uniform(-1, 1) * y
    pixels = np.clip(paper + rng.normal(0, 0.01, paper.shape), 0, 1)
    picture = normalize_picture(np.repeat(pixels[..., None], 3, axis=2).astype(np.float32))
    assert picture.flags & PictureFlag.BLANK


@every("digits", [(2, 0), (1, 0), (4, 7, 1), (8, 8, 8, 8)])
def test_normalize_when_several_digits_stand_side_by_side_says_so(digits):
    ink = np.concatenate([drawings.ink(digit, margin=10) for digit in digits], axis=1)
    assert PictureFlag.SEVERAL_DIGITS in normalize_picture(drawings.black_on_white(ink)).flags


def test_normalize_when_a_bold_disk_is_shown_doubts_that_it_is_a_digit():
    y, x = np.indices((150, 150))
    ink = ((y - 75) ** 2 + (x - 75) ** 2 < 50**2).astype(np.float32)
    assert PictureFlag.NOT_A_DIGIT in normalize_picture(drawings.black_on_white(ink)).flags


PLACES = st.tuples(st.integers(0, 80), st.integers(0, 80))


@settings(max_examples=40, deadline=None)
@given(digit=st.sampled_from(DIGITS), place=PLACES, width=st.integers(3, 12))
def test_normalize_when_the_digit_moves_on_the_canvas_gives_the_same_picture(digit, place, width):
    digit_ink = drawings.ink(digit, side=100, width=width, margin=0)
    pictures = []
    for top, left in (place, (40, 40)):
        canvas = np.zeros((200, 200), dtype=np.float32)
        canvas[10 + top : 110 + top, 10 + left : 110 + left] = digit_ink
        pictures.append(normalize_picture(drawings.black_on_white(canvas)).image)
    np.testing.assert_array_equal(*pictures)


@settings(max_examples=60, deadline=None)
@given(
    digit=st.sampled_from(DIGITS),
    width=st.integers(2, 20),
    side=st.integers(30, 140),
    margin=st.integers(0, 40),
    seed=st.integers(0, 1000),
)
def test_normalize_when_inverted_or_repeated_gives_the_same_picture(digit, width, side, margin, seed):
    assume(4 * width <= side)  # a broader pen leaves no paper to see
    ink = drawings.ink(digit, side=side, width=width, margin=margin)
    noise = np.random.default_rng(seed).normal(0, 0.01, ink.shape)
    pixels = drawings.black_on_white(np.clip(0.1 + 0.8 * ink + noise, 0, 1).astype(np.float32))
    once = normalize_picture(pixels)
    assert float(np.abs(normalize_picture(1 - pixels).image - once.image).max()) <= 2 / 255 + 1e-6
    twice = normalize_picture(np.repeat(once.image, 3, axis=2)).image
    assert float(np.abs(twice - once.image).max()) <= 2 / 255 + 1e-6


@settings(max_examples=60, deadline=None)
@given(
    pixels=npst.arrays(
        np.float32,
        st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)),
        elements=st.floats(0, 1, width=32),
    )
)
def test_normalize_when_given_anything_returns_a_centered_picture_in_range(pixels):
    picture = normalize_picture(pixels)
    assert picture.image.shape == (28, 28, 1)
    assert picture.image.dtype == np.float32
    assert np.isfinite(picture.image).all()
    assert float(picture.image.min()) >= 0
    assert float(picture.image.max()) <= 1
    assert all(np.isfinite(value) for value in picture.quality.values())
    if picture.image.any():
        flat = picture.image[..., 0]
        for axis, center in enumerate(center_of_mass(flat)):
            inked = flat.any(axis=1 - axis)
            assert abs(center - 14) <= 1 or inked[0] or inked[-1]
