"""The process that imports a heavy library once and forks a locked child for every job.

Started by `grader.sandbox.zygotes` with a scrubbed environment, before any class data is read:
`python -I -m grader.sandbox.zygote MODULE CONTROL_DESCRIPTOR [--once CPU DATA]`.
`MODULE` has a function `serve(channel)`; importing it must run no operation and start no thread.
"""

import importlib
import json
import os
import selectors
import signal
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path

from grader.sandbox.lock import Limits, die_with_parent, lock

HELLO = struct.Struct("<4sI")
"""First bytes of a child: `HELLO_MAGIC` and the active `LockPart`s."""
HELLO_MAGIC = b"LOCK"
MAX_CONTROL_BYTES = 4096
"""Longest message on the control socket."""

Serve = Callable[[socket.socket], None]


def main(arguments: list[str]) -> None:
    """Import the job's module, then fork for whoever holds the other end of the control socket."""
    module, descriptor, *once = arguments
    parent_pid = os.getppid()
    die_with_parent(parent_pid)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve: Serve = importlib.import_module(module).serve
    control = socket.socket(fileno=int(descriptor))
    if once:
        limits = Limits(wall_seconds=0, cpu_seconds=int(once[1]), data_bytes=int(once[2]))
        _be_child(control, limits, serve, parent_pid)
    control.send(json.dumps({"event": "ready", "threads": _threads()}).encode())
    _fork_for_ever(control, serve)


def _threads() -> int:
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.is_dir() else 1


def _fork_for_ever(control: socket.socket, serve: Serve) -> None:
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
                pid = _fork(order, descriptors[0], control, serve)
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


def _fork(order: dict[str, int], descriptor: int, control: socket.socket, serve: Serve) -> int | None:
    """Return the process id of a new child; None when a second thread in this process makes forking unsafe."""
    if _threads() != 1:
        return None
    parent_pid = os.getpid()
    pid = os.fork()
    if pid == 0:
        control.close()
        limits = Limits(wall_seconds=0, cpu_seconds=order["cpu_seconds"], data_bytes=order["data_bytes"])
        _be_child(socket.socket(fileno=descriptor), limits, serve, parent_pid)
    return pid


def _be_child(channel: socket.socket, limits: Limits, serve: Serve, parent_pid: int) -> None:
    """Lock this process, say so, do the job and end without running anything else."""
    code = 1
    try:
        active = lock(channel.fileno(), limits, parent_pid)
        channel.sendall(HELLO.pack(HELLO_MAGIC, active))
        serve(channel)
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
