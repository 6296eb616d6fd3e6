"""What the cgroup of a process allows it, whichever version is mounted."""

import os


def is_version_2(root="/sys/fs/cgroup"):
    return os.path.exists(os.path.join(root, "cgroup.controllers"))


def hierarchies(root="/sys/fs/cgroup"):
    """The top of each; version 2 has one."""
    if is_version_2(root):
        return {root}
    return {os.path.realpath(os.path.join(root, entry)) for entry in os.listdir(root)}


class Limits:
    def __init__(self, pid, root="/sys/fs/cgroup", proc="/proc"):
        self.root = root
        with open(f"{proc}/{pid}/cgroup") as file:
            lines = [line.rstrip("\n").split(":", 2) for line in file]
        self.paths = {name: path for _, names, path in lines for name in names.split(",")}

    def memory(self):
        """Bytes."""
        if is_version_2(self.root):
            return int(self._read("memory", "memory.max"))
        return int(self._read("memory", "memory.limit_in_bytes"))

    def processors(self):
        """How many; a half is one for half of the time."""
        if is_version_2(self.root):
            quota, period = self._read("cpu", "cpu.max").split()
        else:
            quota = self._read("cpu", "cpu.cfs_quota_us")
            period = self._read("cpu", "cpu.cfs_period_us")
        return int(quota) / int(period)

    def processes(self):
        return int(self._read("pids", "pids.max"))

    def _read(self, controller, name):
        if is_version_2(self.root):
            folder = self.root + self.paths[""]
        else:
            folder = f"{self.root}/{controller}{self.paths[controller]}"
        with open(os.path.join(folder, name)) as file:
            return file.read()
