"""Limits: what a worker may not do, whatever a stranger's experiment or file leads it to.

Its memory is bounded (``GARGALO_WORKER_MB``, by default half of the machine's), so is the time that a run trains
(``GARGALO_RUN_SECONDS``, by default six hours), and it speaks to nobody: on Linux the kernel refuses it any socket of
the internet's, elsewhere Python does. Its temporary files lie in a folder that goes with it.

References
----------
"Seccomp BPF (SECure COMPuting with filters)", the Linux kernel's documentation; getrlimit(2).
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import math
import os
import platform
import shutil
import socket
import struct
import sys
import tempfile
from pathlib import Path
from typing import Any

TEMPORARY = "gargalo-worker-"
HOURS = 6
_most = math.inf
# By machine: its number in the kernel's audit, and of the calls socket and io_uring_setup, which opens sockets too.
_CALLS = {"x86_64": (0xC000003E, 41, 425), "aarch64": (0xC00000B7, 198, 425)}
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER, _ALL_THREADS = 38, {"x86_64": 317, "aarch64": 277}, 1, 1
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
# Calls of the 32-bit manner of x86-64, which have other numbers.
_X32 = 0x40000000
_SAID = {"socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"}


def confine() -> bool:
    """Hold this process to the limits from now on; return whether the kernel keeps it from the network."""
    global _most
    _most = _seconds()
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # Unix's alone

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = memory()
        resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard < 0 else min(wanted, hard), hard))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    by_kernel = _refuse_sockets()
    sys.addaudithook(_refuse)
    return by_kernel


def memory() -> int:
    """Return the bytes that a worker may take."""
    with contextlib.suppress(ValueError):
        return int(1e6 * max(float(os.environ.get("GARGALO_WORKER_MB", "")), 500.0))
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def seconds() -> float:
    """Return the seconds that a run may train in this process; without end where it is not confined."""
    return _most


def _seconds() -> float:
    with contextlib.suppress(ValueError):
        return max(float(os.environ.get("GARGALO_RUN_SECONDS", "")), 1.0)
    return HOURS * 3600.0


def folder() -> tempfile.TemporaryDirectory[str]:
    """Return a new folder for a worker's temporary files."""
    return tempfile.TemporaryDirectory(prefix=TEMPORARY, ignore_cleanup_errors=True)


def leave() -> None:
    """Remove this worker's temporary files; for one whose parent has gone."""
    here = Path(os.environ.get("TMPDIR", ""))
    if here.name.startswith(TEMPORARY):
        shutil.rmtree(here, ignore_errors=True)


def _refuse(event: str, given: tuple[Any, ...]) -> None:
    if event in _SAID and not (given and getattr(given[0], "family", None) == getattr(socket, "AF_UNIX", -1)):
        raise PermissionError(errno.EPERM, "a worker speaks to nobody")


def _refuse_sockets() -> bool:
    """Let the kernel refuse sockets but those within this machine's files, in every thread of this process."""
    machine = platform.machine()
    if not sys.platform.startswith("linux") or machine not in _CALLS:
        return False
    number, opening, ring = _CALLS[machine]
    program = [
        (_LOAD, 0, 0, 4),  # the machine
        (_EQUAL, 0, 7, number),
        (_LOAD, 0, 0, 0),  # the call
        (_AT_LEAST, 5, 0, _X32),
        (_EQUAL, 4, 0, ring),
        (_EQUAL, 0, 2, opening),
        (_LOAD, 0, 0, 16),  # its first argument, the family
        (_EQUAL, 0, 1, socket.AF_UNIX),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    filled = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("lines", ctypes.c_void_p))

    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    whole = Program(len(program), ctypes.addressof(filled))
    return bool(library.syscall(_SECCOMP[machine], _FILTER, _ALL_THREADS, ctypes.byref(whole)) == 0)
