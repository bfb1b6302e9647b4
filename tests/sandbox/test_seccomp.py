"""The filter of system calls, run by an interpreter of its own for both machines, one of which is not this one."""

import re
import struct
from pathlib import Path

import pytest

from grader.sandbox.seccomp import filter_program
from grader.sandbox.syscalls import ALLOWED, CHECKED, FORBIDDEN, number
from tests.loops import every

PID = 4321
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
MACHINES = list(ARCHITECTURES)
ALLOW, KILL = "allow", "kill"
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


def decide(machine: str, call: int, *arguments: int, architecture: int | None = None) -> str | int:
    """What the kernel would do: "allow", "kill" or the number of an error (classic BPF, `man 2 seccomp`)."""
    padded = [*arguments, *[0] * (6 - len(arguments))]
    spoken = ARCHITECTURES[machine] if architecture is None else architecture
    data = struct.pack("<IIQ6Q", call, spoken, 0, *(each % 2**64 for each in padded))
    program = filter_program(machine, PID)
    accumulator, counter = 0, 0
    while True:
        code, if_true, if_false, operand = program[counter]
        counter += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, operand)
        elif code == 0x06:
            return {0x7FFF0000: ALLOW, 0x80000000: KILL}.get(operand, operand & 0xFFFF)
        else:
            is_true = {
                0x15: accumulator == operand,
                0x35: accumulator >= operand,
                0x45: bool(accumulator & operand),
            }
            counter += if_true if is_true[code] else if_false


def call(machine: str, name: str, *arguments: int) -> str | int:
    found = number(name, machine)
    assert found is not None
    return decide(machine, found, *arguments)


@every("machine", MACHINES)
def test_filter_when_a_call_is_in_a_table_then_its_decision_is_the_tables(machine: str) -> None:
    for table, wanted in ((ALLOWED, ALLOW), (FORBIDDEN, KILL)):
        for name in table:
            if number(name, machine) is not None:
                assert call(machine, name, 1, 2, 3, 4, 5, 6) == wanted, name


@every("machine", MACHINES)
def test_filter_when_a_number_is_in_no_table_then_the_call_does_not_exist(machine: str) -> None:
    known = {number(name, machine) for table in (ALLOWED, FORBIDDEN, CHECKED) for name in table}
    assert {decide(machine, each) for each in range(1000) if each not in known} == {38}


@every("machine", MACHINES)
def test_filter_when_the_call_speaks_another_architecture_then_it_ends_the_process(machine: str) -> None:
    read = number("read", machine)
    assert read is not None
    for other in (0x40000003, 0x40000028, *(set(ARCHITECTURES.values()) - {ARCHITECTURES[machine]})):
        assert decide(machine, read, architecture=other) == KILL
    assert decide(machine, 0x40000000 | read) == KILL


@every("machine", MACHINES)
@every(
    "flags, wanted",
    [
        (0, ALLOW),
        (0o2000000, ALLOW),  # O_CLOEXEC
        (0o200000, ALLOW),  # O_DIRECTORY on x86-64
        (0o10000000, ALLOW),  # O_PATH
        (1, 13),
        (2, 13),
        (3, 13),
        (0o101, KILL),  # O_CREAT
        (0o100, KILL),
        (0o1001, KILL),  # O_TRUNC
        (0o1000, KILL),
        (0o2001, KILL),  # O_APPEND
        (0o20200001, KILL),  # O_TMPFILE
    ],
)
def test_open_when_flags_are_given_then_only_reading_is_allowed(
    machine: str, flags: int, wanted: str | int
) -> None:
    assert call(machine, "openat", -100, 0x1234, flags) == wanted
    if machine == "x86_64":
        assert call(machine, "open", 0x1234, flags) == wanted


@every("machine", MACHINES)
@every(
    "flags, wanted",
    [(0x3D0F00, ALLOW), (0x7D0F00, ALLOW), (0x11, KILL), (0x4111, KILL), (0x3D0F00 | 0x40000000, KILL)],
    ids=["glibc's thread", "musl's thread", "fork", "vfork", "thread in a new network"],
)
def test_clone_when_flags_are_given_then_only_threads_are_allowed(
    machine: str, flags: int, wanted: str
) -> None:
    assert call(machine, "clone", flags) == wanted


@every("machine", MACHINES)
@every(
    "name, arguments, wanted",
    [
        ("tgkill", (PID, PID, 6), ALLOW),
        ("tgkill", (PID + 1, PID, 6), KILL),
        ("prlimit64", (0, 7, 0, 0x1000), ALLOW),
        ("prlimit64", (PID, 7, 0, 0x1000), ALLOW),
        ("prlimit64", (0, 7, 0x1000, 0), 1),
        ("prlimit64", (0, 7, 0x100000000, 0), 1),
        ("prlimit64", (1, 7, 0, 0x1000), 1),
        ("ioctl", (1, 0x5412, 0), 25),
        ("fcntl", (1, 3), ALLOW),
        ("fcntl", (1, 8), 22),
        ("prctl", (15, 0x1000), ALLOW),
        ("prctl", (1, 0), 22),
        ("prctl", (4, 1), 22),
        ("prctl", (22, 1), 22),
    ],
)
def test_call_when_its_arguments_decide_then_only_the_harmless_ones_pass(
    machine: str, name: str, arguments: tuple[int, ...], wanted: str | int
) -> None:
    assert call(machine, name, *arguments) == wanted


def test_filter_when_the_machine_is_not_known_then_there_is_none() -> None:
    with pytest.raises(KeyError):
        filter_program("riscv64", PID)


@every("machine", MACHINES)
def test_numbers_when_the_kernels_headers_are_here_then_they_are_the_kernels(machine: str) -> None:
    if not HEADERS[machine].exists():
        pytest.skip("the kernel's headers are not installed")
    text = HEADERS[machine].read_text()
    theirs = {name: int(value) for name, value in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)}
    for table in (ALLOWED, FORBIDDEN, CHECKED):
        for name in table:
            ours = number(name, machine)
            if name in theirs and name != "arch_specific_syscall":
                assert ours == theirs[name], name
