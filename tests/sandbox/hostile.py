"""A job for children in tests: it does what the test says, and answers with one word of eight bytes."""

import ctypes
import json
import mmap
import os
import platform
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from grader.sandbox import channel as wire
from grader.sandbox.syscalls import number

SURVIVED = b"survived"
"""It did what it was asked to and was not stopped."""
STOPPED = b"stopped!"
"""It was refused."""

_LIBC = ctypes.CDLL(None, use_errno=True)
_ = (subprocess, threading)


def serve(channel: socket.socket) -> None:
    request = json.loads(wire.receive_block(channel))
    name, values = request["attempt"], request["values"]
    if name in ON_THE_CHANNEL:
        ON_THE_CHANNEL[name](channel)
        return
    try:
        ATTEMPTS[name](*values)
    except (OSError, MemoryError, ValueError):
        wire.send(channel, STOPPED)
    else:
        wire.send(channel, SURVIVED)


def loop() -> None:
    while True:
        pass


def read(path: str) -> None:
    with Path(path).open("rb") as file:
        if not file.read(1):
            raise OSError


def read_open_parent(path: str) -> None:
    """Through a descriptor of a folder, with a relative name."""
    folder = os.open(Path(path).parent, os.O_PATH)
    os.close(os.open(Path(path).name, os.O_RDONLY, dir_fd=folder))


def allocate() -> None:
    bytearray(8 << 30)


def descriptors() -> None:
    """All but the channel and /dev/null are to be closed."""
    found = []
    for each in range(3, 256):
        try:
            os.fstat(each)
        except OSError:
            continue
        found.append(each)
    if len(found) <= 1:
        raise OSError


def raise_limit() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))


def thread() -> None:
    """Threads are allowed: TensorFlow has some."""
    seen: list[int] = []
    started = threading.Thread(target=lambda: seen.append(1))
    started.start()
    started.join()
    if not seen:
        raise OSError


def many_threads(number_: int) -> None:
    """Threads that only wait, with stacks as small as they can be."""
    threading.stack_size(32 * 1024)
    wait = threading.Event()
    try:
        for _each in range(number_):
            threading.Thread(target=wait.wait, daemon=True).start()
    except RuntimeError as error:
        raise MemoryError from error
    finally:
        wait.set()


def fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def call(name: str, *values: int) -> None:
    """Any system call, by name."""
    wanted = number(name, platform.machine())
    assert wanted is not None
    checked(_LIBC.syscall(ctypes.c_long(wanted), *(ctypes.c_long(each) for each in values)))


def clone(flags: int) -> None:
    call("clone", flags, 0, 0, 0, 0)


def raw(number_: int) -> None:
    checked(_LIBC.syscall(ctypes.c_long(number_), 0, 0, 0, 0, 0, 0))


def checked(result: int) -> None:
    if result == -1:
        raise OSError(ctypes.get_errno(), "refused")


def prctl(option: int, value: int) -> None:
    checked(_LIBC.prctl(option, value, 0, 0, 0))


def executable_memory() -> None:
    """Allowed: oneDNN makes its kernels while it runs."""
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()


def connect(host: str, port: int) -> None:
    socket.socket(socket.AF_INET).connect((host, port))


def unix_socket(path: str) -> None:
    socket.socket(socket.AF_UNIX).connect(path)


def ordinary_user() -> None:
    """Stopped means: it is not root's."""
    if 0 not in {os.getuid(), os.geteuid(), os.getgid(), os.getegid()}:
        raise OSError


def dribble(channel: socket.socket) -> None:
    """Answer so slowly that every single byte is in time and the whole is not."""
    for each in range(len(SURVIVED)):
        time.sleep(0.5)
        wire.send(channel, SURVIVED[each : each + 1])


def hang_up(channel: socket.socket) -> None:
    """Close the channel and live on."""
    channel.close()
    time.sleep(60)


def flood(channel: socket.socket) -> None:
    """A gigabyte on standard output and standard error, then an answer."""
    piece = b"x" * (1 << 20)
    for _each in range(512):
        for stream in (1, 2):
            os.write(stream, piece)
    wire.send(channel, SURVIVED)


ATTEMPTS = {
    "nothing": lambda: None,
    "loop": loop,
    "abort": os.abort,
    "end": lambda: os._exit(0),
    "allocate": allocate,
    "descriptors": descriptors,
    "raise limit": raise_limit,
    "thread": thread,
    "many threads": many_threads,
    "read": read,
    "read beside": read_open_parent,
    "list": os.listdir,
    "open to write": lambda path: os.close(os.open(path, os.O_WRONLY)),
    "create": lambda path: os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)),
    "truncate at opening": lambda path: os.close(os.open(path, os.O_TRUNC | os.O_WRONLY)),
    "unnamed file": lambda path: os.close(os.open(path, os.O_TMPFILE | os.O_WRONLY)),
    "make folder": os.mkdir,
    "remove": os.unlink,
    "rename": lambda path: Path(path).rename(path + "2"),
    "symlink": lambda path: Path(path).symlink_to("/etc/passwd"),
    "hard link": lambda path: os.link(path, path + "2"),
    "chmod": lambda path: Path(path).chmod(0o777),
    "truncate": lambda path: os.truncate(path, 0),
    "socket": lambda: socket.socket(socket.AF_INET).close(),
    "connect": connect,
    "unix socket": unix_socket,
    "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close(),
    "fork": fork,
    "clone": clone,
    "execute": lambda: os.execv(sys.executable, [sys.executable, "-c", ""]),
    "shell": lambda: os.system("true"),
    "subprocess": lambda: subprocess.run(["/bin/true"], check=True),
    "signal parent": lambda: os.kill(os.getppid(), 0),
    "signal everybody": lambda: os.kill(-1, 0),
    "stop caring for the parent": lambda: prctl(1, 0),
    "dumpable": lambda: prctl(4, 1),
    "queue signal": lambda: signal.pidfd_send_signal(os.pidfd_open(os.getppid()), 0),
    "become root": lambda: os.setuid(0),
    "memory file": lambda: os.close(os.memfd_create("x")),
    "executable memory": executable_memory,
    "call": call,
    "raw": raw,
    "prctl": prctl,
    "ordinary user": ordinary_user,
}
ON_THE_CHANNEL = {"dribble": dribble, "hang up": hang_up, "flood": flood}
