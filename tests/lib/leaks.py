"""What a machine holds, in numbers: the same before and after is what "no leaks" means."""

import json
import os
import pathlib
import subprocess

import cgroups


def _json(command):
    result = subprocess.run(command, capture_output=True, text=True)
    return json.loads(result.stdout or "[]") if result.returncode == 0 else []


def _nft_elements():
    ruleset = _json(["nft", "-j", "list", "ruleset"])
    entries = ruleset.get("nftables", []) if isinstance(ruleset, dict) else []
    elements = 0
    for entry in entries:
        for kind in ("set", "map"):
            elements += len(entry.get(kind, {}).get("elem", []) or [])
    return {"nft rules": sum("rule" in e for e in entries), "nft elements": elements}


def _cgroups(name):
    count = 0
    for hierarchy in cgroups.hierarchies():
        top = os.path.join(hierarchy, name)
        for _, folders, _ in os.walk(top):
            count += len(folders)
    return count


def _lasting_addresses(link):
    """Link-local ones come by themselves, a second after the link, and go with it."""
    return sum(address["scope"] != "link" for address in link.get("addr_info", []))


def _files(directory):
    return sum(len(files) + len(folders) for _, folders, files in os.walk(directory))


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def tree(pid):
    """The process and all below it."""
    children = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        current = waiting.pop()
        found.append(current)
        waiting += children.get(current, [])
    return found


def named(*names):
    """Processes whose executable has one of these names."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                executable = os.readlink(entry / "exe")
            except OSError:
                continue
            if os.path.basename(executable).removesuffix(" (deleted)") in names:
                found.append(int(entry.name))
    return found


def count(stack):
    """Everything that a stack may leave behind."""
    with open("/proc/self/mountinfo") as table:
        mounts = len(table.readlines())
    links = _json(["ip", "-j", "addr"])
    network_namespaces = set()
    monitors = [pid for pid in named("stave-monitor", "stave-init") if stack.owns(pid)]
    for pid in monitors:
        try:
            network_namespaces.add(os.readlink(f"/proc/{pid}/ns/net"))
        except OSError:
            pass
    numbers = {
        "monitors": len(monitors),
        "mounts": mounts,
        "interfaces": len(links),
        "addresses": sum(_lasting_addresses(link) for link in links),
        "cgroups": _cgroups(stack.cgroup),
        "run files": _files(stack.run),
        "snapshots": stack.snapshots(),
    }
    numbers.update(_nft_elements())
    return numbers
