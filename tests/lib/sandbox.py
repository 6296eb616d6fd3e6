"""Private namespaces for a test: its daemons never meet the machine's own network or mounts."""

import ctypes
import os
import subprocess
import sys

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000
MS_REC = 0x4000
MS_PRIVATE = 1 << 18

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def enter():
    """Moves this process into a network and a mount namespace of its own, with lo up."""
    if os.geteuid() != 0:
        sys.exit("this test makes namespaces and needs root; it was not run")
    _check(_libc.unshare(CLONE_NEWNET | CLONE_NEWNS), "unshare")
    _check(_libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "making / private")
    _bring_lo_up()


def renew_network():
    """Another network namespace, as empty as the first: two stacks cannot share one."""
    _check(_libc.unshare(CLONE_NEWNET), "unshare")
    _bring_lo_up()


def _bring_lo_up():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
