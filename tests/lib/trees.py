"""File trees: unpacked by other means than ours, and compared in everything that a layer describes."""

import hashlib
import json
import os
import shutil
import stat
import subprocess
import tarfile

WHITEOUT, OPAQUE = ".wh.", ".wh..wh..opq"


def _remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def _make_way(target, member):
    """Deletes what the member takes from the layers below."""
    path = os.path.normpath(os.path.join(target, member.name))
    folder, name = os.path.split(path)
    if name == OPAQUE:
        for hidden in os.listdir(folder) if os.path.isdir(folder) else ():
            _remove(os.path.join(folder, hidden))
    elif name.startswith(WHITEOUT):
        _remove(os.path.join(folder, name.removeprefix(WHITEOUT)))
    elif member.isdir() != (os.path.isdir(path) and not os.path.islink(path)):
        _remove(path)


def apply_layer(layer, target):
    """By GNU tar, which knows nothing of whiteouts."""
    with tarfile.open(layer) as archive:
        for member in archive:
            _make_way(target, member)
    subprocess.run(
        ["tar", "--extract", "--file", layer, "-C", target, "--exclude=.wh.*", "--numeric-owner",
         "--same-owner", "--same-permissions", "--xattrs", "--xattrs-include=*",
         "--delay-directory-restore"],
        check=True,
    )


def unpack_image(directory, target):
    """An image as `skopeo copy` leaves it in dir:DIRECTORY."""
    os.makedirs(target)
    with open(os.path.join(directory, "manifest.json")) as file:
        manifest = json.load(file)
    for layer in manifest["layers"]:
        apply_layer(os.path.join(directory, layer["digest"].split(":")[1]), target)
    return len(manifest["layers"])


def mount_points(pid):
    """Where a process sees something else than its root file system."""
    with open(f"/proc/{pid}/mountinfo") as table:
        places = {line.split()[4].encode().decode("unicode_escape") for line in table}
    return places - {"/"}


def _content(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _describe(path):
    info = os.lstat(path)
    entry = {
        "type": stat.S_IFMT(info.st_mode),
        "mode": oct(stat.S_IMODE(info.st_mode)),
        "owner": (info.st_uid, info.st_gid),
        "time": info.st_mtime_ns,
        "attributes": {
            name: os.getxattr(path, name, follow_symlinks=False)
            for name in os.listxattr(path, follow_symlinks=False)
        },
    }
    if stat.S_ISREG(info.st_mode):
        entry["size"], entry["content"] = info.st_size, _content(path)
    if stat.S_ISLNK(info.st_mode):
        entry["target"] = os.readlink(path)
    if stat.S_ISCHR(info.st_mode) or stat.S_ISBLK(info.st_mode):
        entry["device"] = (os.major(info.st_rdev), os.minor(info.st_rdev))
    return entry, (info.st_dev, info.st_ino)


def describe(root, skipped):
    """Every entry by its path in the tree; `skipped` ones are left out with all below them."""
    entries, names = {}, {}

    def visit(inside):
        if inside in skipped:
            return
        entry, identity = _describe(root + inside)
        entries[inside] = entry
        if entry["type"] != stat.S_IFDIR:
            names.setdefault(identity, []).append(inside)
            return
        for name in sorted(os.listdir(root + inside)):
            visit(os.path.join(inside, name))

    visit("/")
    for same in names.values():
        for name in same:
            entries[name]["names"] = sorted(same)
    return entries


def differences(ours, theirs):
    """One line for each difference of two descriptions."""
    lines = []
    for path in sorted(ours.keys() | theirs.keys()):
        if path not in ours or path not in theirs:
            lines.append(f"{path}: only in {'theirs' if path in theirs else 'ours'}")
            continue
        for what in sorted(ours[path].keys() | theirs[path].keys()):
            here, there = ours[path].get(what), theirs[path].get(what)
            if here != there:
                lines.append(f"{path}: {what} is {here} in ours and {there} in theirs")
    return lines
