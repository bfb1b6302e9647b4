import subprocess
import sys

import numpy as np
from PIL import Image

from grader.datasets.child import read_one
from grader.images.codes import PictureFlag, PictureFormat, PictureStatus
from grader.images.record import parse_record, record_bytes
from tests.datasets.mnist import drawings
from tests.digits import MNIST


def test_read_when_a_picture_is_there_gives_a_whole_record(tmp_path):
    grey = np.round(255 * (1 - drawings.ink(2))).astype(np.uint8)
    Image.fromarray(grey).save(tmp_path / "0", "PNG")
    record = parse_record(read_one(tmp_path / "0", MNIST.form), MNIST.shape)
    assert record.status is PictureStatus.READABLE
    assert record.format is PictureFormat.PNG
    assert (record.width_pixels, record.height_pixels) == (180, 180)
    assert record.quality["ink_is_light"] == 0
    assert record.normalized.max() == 1
    assert record.as_submitted[0, 0, 0] == 1
    assert (record.preview[0, 0] == 255).all()


def test_read_when_the_picture_is_blank_flags_it(tmp_path):
    Image.new("L", (28, 28)).save(tmp_path / "0", "PNG")
    assert PictureFlag.BLANK in parse_record(read_one(tmp_path / "0", MNIST.form), MNIST.shape).flags


def test_read_when_the_file_is_no_picture_gives_a_record_with_the_reason(tmp_path):
    (tmp_path / "0").write_bytes(b"<html>")
    data = read_one(tmp_path / "0", MNIST.form)
    assert len(data) == record_bytes(MNIST.shape)
    assert b"html" not in data
    assert parse_record(data, MNIST.shape).status is PictureStatus.UNKNOWN_FORMAT


def test_main_side_when_imported_loads_no_picture_library():
    code = (
        "import sys, grader.images.record, grader.images.reader;"
        "print([n for n in ('PIL', 'pillow_heif', 'scipy') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
