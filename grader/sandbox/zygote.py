"""The process that imports a heavy library once and forks a locked child for every job.

Started by `grader.sandbox.zygotes` with a scrubbed environment, before any class data is read:
`python -I -m grader.sandbox.zygote MODULE DESCRIPTOR [ORDER]`: with an order, this process itself becomes the one child.
`MODULE` has a function `serve(channel)`; importing it must run no operation and start no thread.
"""

import encodings.ascii
import encodings.cp437
import encodings.latin_1
import encodings.utf_8_sig
import encodings.utf_16
import importlib
import json
import os
import selectors
import signal
import socket
import struct
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from grader.sandbox import channel as wire
from grader.sandbox import selftest
from grader.sandbox.lock import Limits, LockPart, die_with_parent, lock

_ENCODINGS = (encodings.ascii, encodings.cp437, encodings.latin_1, encodings.utf_8_sig, encodings.utf_16)
"""Imported up front: libraries name them late, when a locked child can no longer read Python's own files."""

HELLO = struct.Struct("<4sI")
"""First bytes of a child: `HELLO_MAGIC` and the active `LockPart`s."""
HELLO_MAGIC = b"LOCK"
MAX_CONTROL_BYTES = 4096
"""Longest message on the control socket."""

Serve = Callable[[socket.socket], None]


class Task(StrEnum):
    """What a child is for."""

    JOB = "job"
    """What the module of the zygote serves."""
    SELF_TEST = "self-test"
    """To see what the lock lets through."""


Tasks = Mapping[Task, Serve]


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a zygote is told about a child that it is to fork."""

    task: Task
    limits: Limits
    omitted: LockPart
    """Parts of the lock to leave out."""

    def pack(self) -> dict[str, int | str]:
        """Return it as JSON values; the wall clock stays with the parent."""
        return {
            "task": self.task,
            "cpu_seconds": self.limits.cpu_seconds,
            "data_bytes": self.limits.data_bytes,
            "omitted": int(self.omitted),
        }

    @classmethod
    def unpack(cls, values: Mapping[str, Any]) -> Self:
        """Return what `pack` packed."""
        limits = Limits(wall_seconds=0, cpu_seconds=values["cpu_seconds"], data_bytes=values["data_bytes"])
        return cls(task=Task(values["task"]), limits=limits, omitted=LockPart(values["omitted"]))


def main(arguments: list[str]) -> None:
    """Import the job's module, then fork for whoever holds the other end of the control socket."""
    module, descriptor, *once = arguments
    parent_pid = os.getppid()
    die_with_parent(parent_pid)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tasks: dict[Task, Serve] = {Task.SELF_TEST: selftest.serve}
    control = socket.socket(fileno=int(descriptor))
    if once:
        order = Order.unpack(json.loads(once[0]))
        if order.task is Task.JOB:
            tasks[Task.JOB] = importlib.import_module(module).serve
        _be_child(control, order, tasks, parent_pid)
    tasks[Task.JOB] = importlib.import_module(module).serve
    control.send(json.dumps({"event": "ready", "threads": _threads()}).encode())
    _fork_for_ever(control, tasks)


def _threads() -> int:
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.is_dir() else 1


def _fork_for_ever(control: socket.socket, tasks: Tasks) -> None:
    selector = selectors.DefaultSelector()
    selector.register(control, selectors.EVENT_READ)
    jobs: dict[int, tuple[int, int]] = {}
    while True:
        for key, _ in selector.select():
            if key.fileobj is control:
                message, descriptors, _, _ = socket.recv_fds(control, MAX_CONTROL_BYTES, 1)
                if not message:
                    return
                order = json.loads(message)
                if order["order"] == "kill":
                    if order["job"] in jobs:
                        os.kill(jobs[order["job"]][0], signal.SIGKILL)
                    continue
                pid = _fork(Order.unpack(order), descriptors[0], control, tasks)
                os.close(descriptors[0])
                if pid is not None:
                    pid_descriptor = os.pidfd_open(pid)
                    jobs[order["job"]] = (pid, pid_descriptor)
                    selector.register(pid_descriptor, selectors.EVENT_READ, order["job"])
                event = {"event": "refused" if pid is None else "forked", "job": order["job"]}
                control.send(json.dumps(event).encode())
            else:
                pid, pid_descriptor = jobs.pop(key.data)
                selector.unregister(pid_descriptor)
                os.close(pid_descriptor)
                _, status = os.waitpid(pid, 0)
                control.send(json.dumps({"event": "exited", "job": key.data, "status": status}).encode())


def _fork(order: Order, descriptor: int, control: socket.socket, tasks: Tasks) -> int | None:
    """Return the process id of a new child; None when a second thread in this process makes forking unsafe."""
    if _threads() != 1:
        return None
    parent_pid = os.getpid()
    pid = os.fork()
    if pid == 0:
        control.close()
        _be_child(socket.socket(fileno=descriptor), order, tasks, parent_pid)
    return pid


def _be_child(channel: socket.socket, order: Order, tasks: Tasks, parent_pid: int) -> None:
    """Hear which files may be read, lock this process, say so, do the task and end without running anything else."""
    code = 1
    try:
        readable = json.loads(wire.receive_block(channel))
        active = lock(channel.fileno(), order.limits, parent_pid, readable, order.omitted)
        channel.sendall(HELLO.pack(HELLO_MAGIC, active))
        tasks[order.task](channel)
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
