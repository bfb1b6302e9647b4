from collections import Counter
from pathlib import Path

import pytest

import grader
from grader.core.submission import Role, Submission
from grader.intake.collect import collect
from tests.digits import MNIST

SAMPLES = Path(grader.__file__).resolve().parent.parent / "submissions"
LARGEST_BYTES = 6_000_000


@pytest.fixture(scope="module")
def submissions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Submission]:
    return {s.id: s for s in collect([SAMPLES], tmp_path_factory.mktemp("spool"), MNIST)}


def roles(submission: Submission) -> dict[str, int]:
    return dict(Counter(file.role.value for file in submission.files))


def test_sample_class_when_collected_then_every_folder_and_zip_is_a_submission(
    submissions: dict[str, Submission],
) -> None:
    assert list(submissions) == [
        "20250001-kim-minseo",
        "20250002-lee-jihun",
        "20250003-park-seoyeon",
        "20250004-choi-haram",
        "20250005-정하늘",
        "20250006-yoon-seojun",
        "20250007-han-yuna",
        "20250008-baek-doyun",
    ]


def test_sample_class_when_collected_then_files_have_the_roles_that_the_readme_names(
    submissions: dict[str, Submission],
) -> None:
    found = {key.split("-")[0]: roles(submission) for key, submission in submissions.items()}
    whole = {"picture": 10, "model": 1, "report": 1}
    assert found == {
        "20250001": whole | {"ambiguous": 4, "other": 2},
        "20250002": whole,
        "20250003": whole,
        "20250004": whole,
        "20250005": whole | {"picture": 8},
        "20250006": {"picture": 10, "report": 1},
        "20250007": whole,
        "20250008": {},
    }


def test_sample_class_when_collected_then_labels_are_told_without_a_warning(
    submissions: dict[str, Submission],
) -> None:
    for key, submission in submissions.items():
        digits = [d for d in range(10) if not (key.startswith("20250005") and d in {6, 8})]
        if submission.files:
            assert sorted(file.label for file in submission.having(Role.PICTURE)) == digits  # type: ignore[type-var]
            assert submission.findings == ()
    assert [finding.slug for finding in submissions["20250008-baek-doyun"].findings] == ["submission-empty"]


def test_sample_class_when_models_are_copied_then_what_they_hold_is_known(
    submissions: dict[str, Submission],
) -> None:
    suffixes = [file.path.suffix for s in submissions.values() for file in s.having(Role.MODEL)]
    assert suffixes == [".keras", ".h5", ".keras", ".keras", ".h5", ".zip"]


def test_sample_class_when_measured_then_it_is_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file()) < LARGEST_BYTES
