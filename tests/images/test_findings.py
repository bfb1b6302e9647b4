from dataclasses import replace

from grader.core.finding import Severity
from grader.images.codes import NO_FLAGS, PictureFlag, PictureFormat, PictureStatus
from grader.images.reader import FLAG_SLUGS, STATUS_SLUGS, is_usable, picture_findings
from grader.images.record import PictureRecord
from grader.texts.catalog import LANGUAGES, messages, placeholders
from tests.digits import MNIST
from tests.loops import every

SILENT = {PictureFlag.PASSED_THROUGH}
"""Flags about which there is nothing to say to anybody."""


def readable(flags: PictureFlag = NO_FLAGS, frames: int = 1, **quality: float) -> PictureRecord:
    return replace(
        PictureRecord.unreadable(PictureStatus.EMPTY_FILE, MNIST.shape),
        status=PictureStatus.READABLE,
        format=PictureFormat.PNG,
        frames=frames,
        flags=flags,
        quality={"pieces": 5.0, "contrast": 0.123} | quality,
    )


@every("status", [status for status in PictureStatus if status])
def test_findings_when_the_file_failed_refuse_it(status):
    record = PictureRecord.unreadable(status, MNIST.shape)
    (finding,) = picture_findings(record, file="3.png")
    assert finding.slug == STATUS_SLUGS[status]
    assert finding.severity is Severity.REFUSED
    assert finding.file == "3.png"
    assert not is_usable(record)


def test_findings_when_nothing_was_noticed_are_empty():
    assert picture_findings(readable(), file="3.png") == ()
    assert picture_findings(readable(PictureFlag.PASSED_THROUGH), file="3.png") == ()


def test_findings_when_blank_refuse_the_picture():
    record = readable(PictureFlag.BLANK)
    (finding,) = picture_findings(record, file="3.png")
    assert (finding.slug, finding.severity) == ("picture-blank", Severity.REFUSED)
    assert not is_usable(record)


@every("flag", [flag for flag in PictureFlag if flag not in SILENT | {PictureFlag.BLANK}])
def test_findings_when_flagged_name_the_flag_and_keep_the_picture(flag):
    record = readable(flag)
    (finding,) = picture_findings(record, file="3.png")
    assert (finding.slug, finding.severity) == FLAG_SLUGS[flag]
    assert finding.severity is not Severity.REFUSED
    assert is_usable(record)


def test_findings_when_several_frames_say_how_many():
    (finding,) = picture_findings(readable(frames=7), file="3.gif")
    assert (finding.slug, finding.values) == ("picture-several-frames", {"frames": 7})


def test_findings_when_pale_and_in_pieces_give_the_numbers():
    flags = PictureFlag.LOW_CONTRAST | PictureFlag.MANY_PIECES
    pieces, contrast = picture_findings(readable(flags), file="3.png")
    assert pieces.values == {"pieces": 5}
    assert contrast.values == {"percent": 12}


@every("language", LANGUAGES)
def test_messages_when_a_finding_is_told_have_its_text_and_values(language):
    entries = messages(language)
    records = [PictureRecord.unreadable(status, MNIST.shape) for status in PictureStatus if status]
    records += [readable(flag) for flag in PictureFlag] + [readable(frames=2)]
    for record in records:
        for finding in picture_findings(record, file="3.png"):
            entry = entries[finding.slug]
            named = placeholders(entry["text"]) | placeholders(entry.get("remedy", ""))
            assert named == set(finding.values), finding.slug
