"""Where everything runs: namespaces of our own, a directory, and cgroups whose name tells whose they are."""

import ctypes
import os
import shutil
import subprocess
import tempfile
import time

import images
import sandbox
from stack import Stack

CGROUPS = "/sys/fs/cgroup"
_libc = ctypes.CDLL(None, use_errno=True)


def mount(source, target, kind, flags=0, options=None):
    text = None if options is None else options.encode()
    if _libc.mount(source.encode(), target.encode(), kind.encode(), flags, text) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"mounting {kind} at {target}: {os.strerror(number)}")


def unmount_below(top):
    """The deepest first; also what a daemon that was killed left."""
    with open("/proc/self/mountinfo") as table:
        targets = [line.split()[4] for line in table]
    for target in sorted((t for t in targets if t.startswith(top + "/")), reverse=True):
        _libc.umount2(target.encode(), 2)  # MNT_DETACH


class Place:
    def __init__(self):
        sandbox.enter()
        self.home = tempfile.mkdtemp(prefix="stave-bench-")
        self.name = os.path.basename(self.home)
        self.root_files = os.path.join(self.home, "rootfs")
        self.archive = images.busybox_archive(os.path.join(self.home, "busybox.tar"))
        self.completed = False  # whether a controller is mounted as version 1
        self._unpack_root()
        self._make_run_directory()
        self._hide_cni_state()

    def path(self, name):
        return os.path.join(self.home, name)

    def run_path(self, name):
        """For what does not survive a reboot, in memory as a system's /run is."""
        return os.path.join(self.home, "run", name)

    def stack(self, build):
        return Stack(build, run=tempfile.mkdtemp(dir=self.run_path("")))

    def cgroup(self, name):
        """The name of a cgroup in the hierarchies' top folder."""
        return f"{self.name}-{name}"

    def _unpack_root(self):
        os.makedirs(self.root_files)
        subprocess.run(
            ["tar", "-x", "-C", self.root_files], input=images.busybox_layer(), check=True
        )

    def _make_run_directory(self):
        os.makedirs(self.run_path(""))
        mount("stave-bench", self.run_path(""), "tmpfs")

    def _hide_cni_state(self):
        """podman's network writes below these, wherever podman's own directories are."""
        for folder in ("/var/lib/cni", "/etc/cni/net.d"):
            if not os.path.isdir(folder):
                continue
            kept = {name: open(os.path.join(folder, name), "rb").read()
                    for name in os.listdir(folder) if os.path.isfile(os.path.join(folder, name))}
            mount("stave-bench", folder, "tmpfs")
            for name, content in kept.items():
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(content)

    def complete_cgroups(self):
        """crun 1.8 refuses a mixture of versions 1 and 2 while the second still has a controller.
        Here that can only be hugetlb, which then is mounted as version 1, in our namespace alone."""
        controllers = os.path.join(CGROUPS, "unified", "cgroup.controllers")
        if not os.path.exists(controllers) or "hugetlb" not in open(controllers).read().split():
            return
        cover = self.path("cgroup")
        os.makedirs(cover)
        mount("stave-bench", cover, "tmpfs")
        for entry in os.listdir(CGROUPS):
            source, target = os.path.join(CGROUPS, entry), os.path.join(cover, entry)
            if os.path.islink(source):
                os.symlink(os.readlink(source), target)
                continue
            os.makedirs(target)
            mount(source, target, "none", 0x1000)  # MS_BIND
        os.makedirs(os.path.join(cover, "hugetlb"))
        mount("stave-bench", os.path.join(cover, "hugetlb"), "cgroup", 0, "hugetlb")
        self.completed = True
        mount(cover, CGROUPS, "none", 0x5000)  # MS_BIND | MS_REC

    def close(self):
        for _ in range(50):
            if not self._remove_cgroups():
                break
            time.sleep(0.1)
        unmount_below(self.home)
        if self.completed:
            _libc.umount2(CGROUPS.encode(), 2)  # the cover
            self._return_controller()
        shutil.rmtree(self.home, ignore_errors=True)

    def _return_controller(self):
        """A hierarchy stays, without a mount, if cgroups of it are still on their way out when it is
        unmounted; then it has to be mounted and unmounted again."""
        point = self.path("hugetlb")
        os.makedirs(point)
        for _ in range(50):
            time.sleep(0.2)  # it goes a little after its unmounting
            with open("/proc/cgroups") as table:
                if any(line.split()[:2] == ["hugetlb", "0"] for line in table):
                    return
            mount("stave-bench", point, "cgroup", 0, "hugetlb")
            _libc.umount2(point.encode(), 0)
        print("== hugetlb is still mounted as version 1", flush=True)

    def _remove_cgroups(self):
        """Ours, and the one that podman always makes. Returns what is still there."""
        left = []
        for hierarchy in os.listdir(CGROUPS):
            top = os.path.join(CGROUPS, hierarchy)
            for name in os.listdir(top) if os.path.isdir(top) else []:
                if name.startswith(self.name) or name == "libpod_parent":
                    left += _remove_groups(os.path.join(top, name))
        return left


def _remove_groups(top):
    left = []
    for folder, _, _ in os.walk(top, topdown=False):
        try:
            os.rmdir(folder)
        except OSError:
            left.append(folder)
    return left
