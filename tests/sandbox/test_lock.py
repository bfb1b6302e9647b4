"""Everything that a program inside the lock must not be able to do, tried by real children: root's and others'."""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.sandbox.lock import NO_PART, WHOLE_LOCK, Limits, LockPart, available_parts
from grader.sandbox.zygotes import ChildFailed, ChildFailure
from tests.loops import every
from tests.sandbox.hostile import STOPPED, SURVIVED
from tests.sandbox.locked import BareZygote, TestZygote, attempt, inside, need_namespaces, number_inside

pytestmark = pytest.mark.skipif(available_parts() != WHOLE_LOCK, reason="this system has no whole lock")
JOB = "tests.sandbox.hostile"
ORDINARY = 12345
"""Some user's number; nobody has to know it."""


class OrdinaryUsersZygote(BareZygote):
    """A zygote that is not root's, though the tests are; it may read, to find an interpreter in root's folders."""

    def _program(self) -> list[str]:
        become = ["--reuid", str(ORDINARY), "--regid", str(ORDINARY), "--clear-groups"]
        may_read = ["--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"]
        return [shutil.which("setpriv") or "setpriv", *become, *may_read, *super()._program()]


@pytest.fixture(scope="module", params=["same user", "same user in namespaces", "ordinary user"])
def zygote(request: pytest.FixtureRequest) -> Iterator[TestZygote]:
    if request.param == "same user":
        with BareZygote(JOB) as started:
            yield started
        return
    if request.param == "same user in namespaces":
        need_namespaces()
        with TestZygote(JOB) as started:
            yield started
        return
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("only root can start a zygote as somebody else")
    with OrdinaryUsersZygote(JOB) as started:
        yield started


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "another-submission.txt"
    path.write_text("points: 20")
    path.chmod(0o644)
    return path


def is_ended(zygote: TestZygote, what: str, *values: str | int) -> bool:
    """Whether the kernel ended the child for trying."""
    try:
        attempt(zygote, what, *values)
    except ChildFailed as failed:
        return (failed.failure, failed.detail) == (ChildFailure.FORBIDDEN, "SIGSYS")
    return False


def test_lock_when_looked_at_then_every_part_was_proven(zygote: TestZygote) -> None:
    outside = NO_PART if isinstance(zygote, BareZygote) else LockPart.NAMESPACES
    assert zygote.prove() == WHOLE_LOCK | outside


def test_reading_when_the_file_was_given_then_it_works_and_its_neighbour_does_not(
    zygote: TestZygote, secret: Path
) -> None:
    given = secret.with_name("given.txt")
    given.write_text("x")
    assert attempt(zygote, "read", str(given), readable=[given]) == SURVIVED
    assert attempt(zygote, "read", str(secret), readable=[given]) == STOPPED
    assert attempt(zygote, "read beside", str(secret), readable=[given]) == STOPPED


def test_reading_when_a_folder_was_given_then_what_is_in_it_can_be_read_and_nothing_above(
    zygote: TestZygote, secret: Path
) -> None:
    inside = secret.parent / "saved-model" / "variables" / "data"
    inside.parent.mkdir(parents=True)
    inside.write_text("x")
    folder = inside.parents[1]
    assert attempt(zygote, "read", str(inside), readable=[folder]) == SURVIVED
    assert attempt(zygote, "list", str(folder), readable=[folder]) == SURVIVED
    assert attempt(zygote, "read", f"{folder}/../{secret.name}", readable=[folder]) == STOPPED
    assert attempt(zygote, "list", str(folder.parent), readable=[folder]) == STOPPED


def test_reading_when_a_given_folder_holds_a_link_out_of_it_then_the_link_leads_nowhere(
    zygote: TestZygote, secret: Path
) -> None:
    folder = secret.parent / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(secret)
    assert attempt(zygote, "read", str(folder / "link"), readable=[folder]) == STOPPED


@every(
    "path",
    [
        "/etc/passwd",
        "/etc/hostname",
        "/proc/self/maps",
        "/proc/self/environ",
        "/proc/self/mem",
        "/proc/1/cmdline",
        "/proc/mounts",
        "/proc/net/tcp",
        "/dev/zero",
    ],
)
def test_reading_when_it_is_the_systems_then_it_is_refused(zygote: TestZygote, path: str) -> None:
    assert attempt(zygote, "read", path) == STOPPED


@every("name", ["environ", "mem", "maps", "cmdline"])
def test_reading_when_it_is_an_ancestors_memory_then_it_is_refused(zygote: TestZygote, name: str) -> None:
    for pid in (os.getpid(), number_inside(inside(zygote.pid))):
        assert attempt(zygote, "read", f"/proc/{pid}/{name}") == STOPPED


@every("path", ["/", "/home", "/tmp", "/proc", "/proc/self/fd", "/proc/self/task"])
def test_listing_when_it_is_any_folder_then_it_is_refused(zygote: TestZygote, path: str) -> None:
    assert attempt(zygote, "list", path) == STOPPED


def test_opening_to_write_when_the_file_was_given_then_it_is_refused(
    zygote: TestZygote, secret: Path
) -> None:
    assert attempt(zygote, "open to write", str(secret), readable=[secret]) == STOPPED


@every(
    "what",
    [
        "create",
        "truncate at opening",
        "make folder",
        "remove",
        "rename",
        "symlink",
        "hard link",
        "chmod",
        "truncate",
    ],
)
def test_change_when_it_is_any_on_disk_then_the_child_is_ended_and_nothing_has_changed(
    zygote: TestZygote, secret: Path, what: str
) -> None:
    is_new = what in {"create", "make folder", "symlink"}
    target = secret.with_name("new") if is_new else secret
    before = sorted(each.name for each in secret.parent.iterdir())
    mode = secret.stat().st_mode
    assert is_ended(zygote, what, str(target))
    assert sorted(each.name for each in secret.parent.iterdir()) == before
    assert (secret.read_text(), secret.stat().st_mode) == ("points: 20", mode)


@every(
    "what",
    [
        "socket",
        "netlink",
        "fork",
        "execute",
        "shell",
        "signal parent",
        "signal everybody",
        "queue signal",
        "become root",
        "memory file",
    ],
)
def test_attempt_when_it_reaches_out_then_the_child_is_ended(zygote: TestZygote, what: str) -> None:
    assert is_ended(zygote, what)


def test_connection_when_somebody_listens_then_nobody_calls(zygote: TestZygote, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as local:
        local.bind(str(tmp_path / "socket"))
        local.listen()
        assert is_ended(zygote, "connect", "127.0.0.1", server.getsockname()[1])
        assert is_ended(zygote, "unix socket", str(tmp_path / "socket"))
        for each in (server, local):
            each.settimeout(0.1)
            with pytest.raises(TimeoutError):
                each.accept()


@every(
    "name",
    [
        "ptrace",
        "process_vm_readv",
        "bpf",
        "perf_event_open",
        "userfaultfd",
        "io_uring_setup",
        "keyctl",
        "mount",
        "unshare",
        "setns",
        "open_by_handle_at",
        "landlock_create_ruleset",
        "seccomp",
        "reboot",
        "sendmsg",
        "tkill",
        "execveat",
        "shmget",
    ],
)
def test_system_call_when_no_model_needs_it_then_the_child_is_ended(zygote: TestZygote, name: str) -> None:
    assert is_ended(zygote, "call", name, 0, 0, 0, 0, 0, 0)


@every(
    "flags",
    [0x11, 0x4111, 0x10000000, 0x3D0F00 | 0x10000000, 0x3D0F00 | 0x20000],
    ids=["fork", "vfork", "user namespace", "thread in a user namespace", "thread in a mount namespace"],
)
def test_clone_when_it_is_more_than_a_thread_then_the_child_is_ended(zygote: TestZygote, flags: int) -> None:
    assert is_ended(zygote, "clone", flags)


def test_system_call_when_of_the_other_interface_then_the_child_is_ended(zygote: TestZygote) -> None:
    assert is_ended(zygote, "raw", 0x40000000 | 39)


@every("number", [435, 437, 461, 9999], ids=["clone3", "openat2", "lsm_list", "unknown"])
def test_system_call_when_it_is_not_on_the_list_then_it_does_not_exist(
    zygote: TestZygote, number: int
) -> None:
    assert attempt(zygote, "raw", number) == STOPPED


@every("what", ["stop caring for the parent", "dumpable", "raise limit", "subprocess"])
def test_lock_when_its_child_wants_out_of_it_then_it_is_refused(zygote: TestZygote, what: str) -> None:
    assert attempt(zygote, what) == STOPPED


def test_user_when_asked_then_it_is_not_root(zygote: TestZygote) -> None:
    assert attempt(zygote, "ordinary user") == STOPPED


@every("what", ["nothing", "thread", "executable memory"])
def test_attempt_when_models_need_it_then_it_works(zygote: TestZygote, what: str) -> None:
    assert attempt(zygote, what) == SURVIVED


def test_output_when_it_is_half_a_gigabyte_then_it_goes_nowhere(zygote: TestZygote) -> None:
    assert attempt(zygote, "flood") == SURVIVED


@every("omitted", [LockPart.PATHS, LockPart.SYSTEM_CALLS])
def test_proof_when_a_part_is_missing_then_it_is_noticed(omitted: LockPart) -> None:
    with TestZygote(JOB, omitted=omitted) as zygote:
        assert zygote.prove() & WHOLE_LOCK == WHOLE_LOCK & ~omitted


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's child is never root's")
def test_proof_when_the_child_stays_roots_then_it_is_noticed() -> None:
    with TestZygote(JOB, omitted=LockPart.ORDINARY_USER) as zygote:
        assert zygote.prove() & WHOLE_LOCK == WHOLE_LOCK & ~LockPart.ORDINARY_USER


@pytest.mark.slow
def test_threads_when_they_are_far_too_many_then_the_machine_keeps_some(zygote: TestZygote) -> None:
    roomy = Limits(wall_seconds=120, cpu_seconds=60, data_bytes=4 << 30)
    assert attempt(zygote, "many threads", 100, limits=roomy) == SURVIVED
    assert attempt(zygote, "many threads", 12_000, limits=roomy) == STOPPED


@pytest.mark.slow
def test_children_when_300_are_forked_then_none_hangs(zygote: TestZygote) -> None:
    assert [attempt(zygote, "thread") for _ in range(300)] == [SURVIVED] * 300
