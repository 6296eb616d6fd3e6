"""A Debian image: what debootstrap gives, and above it layers with all that a layer can hold."""

import os
import stat
import struct
import subprocess
import sys

RELEASES = "/usr/share/debootstrap/scripts"
SETTLED = 1_700_000_000_123_456_789  # nanoseconds: a time that cannot be that of the test
CAPABILITY_VERSION_2, EFFECTIVE, NET_BIND_SERVICE = 0x02000000, 1, 1 << 10


def mirror():
    """The first Debian archive and its release in apt's configuration."""
    listing = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE) $(COMPONENT)",
         "Created-By: Packages"],
        check=True, capture_output=True, text=True,
    ).stdout
    for line in listing.splitlines():
        site, release, component = line.split()
        if component == "main" and os.path.exists(os.path.join(RELEASES, release)):
            return site, release
    raise RuntimeError(f"apt knows no Debian archive that debootstrap could use:\n{listing}")


def bootstrap(root):
    site, release = mirror()
    result = subprocess.run(
        ["debootstrap", "--variant=minbase", "--include=busybox-static", release, root, site],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    if result.returncode != 0:
        raise RuntimeError(f"debootstrap {release} from {site} failed:\n{result.stdout[-2000:]}")
    subprocess.run(["chroot", root, "apt-get", "clean"], check=True)


def tar(tree, *arguments):
    """Members of `tree` as a layer: with owners, times, attributes and holes as they are."""
    return subprocess.run(
        ["tar", "--create", "--format=pax", "--pax-option=delete=atime,delete=ctime", "--sparse",
         "--numeric-owner", "--xattrs", "--xattrs-include=*", "--sort=name", "-C", tree, *arguments],
        check=True, stdout=subprocess.PIPE,
    ).stdout


def system_layers(root):
    """The installed system as two layers: /usr/share, and all else."""
    return [
        tar(root, "--exclude=./usr/share", "."),
        tar(root, "--no-recursion", ".", "./usr", "--recursion", "./usr/share"),
    ]


class Tree:
    """A layer in the making. Directories that it shares with the system look as they do there."""

    def __init__(self, path, system):
        self.path, self.system = path, system
        os.mkdir(path)
        self._like(".")

    def _like(self, name):
        there, here = os.path.join(self.system, name), self.at(name)
        info = os.stat(there)
        os.chown(here, info.st_uid, info.st_gid)
        os.chmod(here, stat.S_IMODE(info.st_mode))

    def at(self, name):
        return os.path.join(self.path, name)

    def folder(self, name, mode=0o755, owner=(0, 0)):
        parent = os.path.dirname(name)
        if parent and not os.path.isdir(self.at(parent)):
            self.folder(parent)
        os.mkdir(self.at(name))
        if os.path.isdir(os.path.join(self.system, name)):
            self._like(name)
        else:
            self._settle(name, mode, owner)

    def _make_room(self, name):
        parent = os.path.dirname(name)
        if parent and not os.path.isdir(self.at(parent)):
            self.folder(parent)

    def _settle(self, name, mode, owner, attributes=()):
        os.chown(self.at(name), *owner)
        os.chmod(self.at(name), mode)
        for attribute, value in dict(attributes).items():
            os.setxattr(self.at(name), attribute, value)

    def file(self, name, data=b"", mode=0o644, owner=(0, 0), attributes=()):
        self._make_room(name)
        with open(self.at(name), "wb") as file:
            file.write(data)
        self._settle(name, mode, owner, attributes)

    def node(self, name, kind, device=0, mode=0o600):
        self._make_room(name)
        os.mknod(self.at(name), kind | mode, device)
        self._settle(name, mode, (0, 0))

    def symlink(self, target, name):
        self._make_room(name)
        os.symlink(target, self.at(name))
        os.chown(self.at(name), 7, 8, follow_symlinks=False)

    def link(self, target, name):
        self._make_room(name)
        os.link(self.at(target), self.at(name))

    def tar(self):
        """Every entry gets a time of its own."""
        number = 0
        for folder, folders, files in os.walk(self.path, topdown=False):
            for name in sorted(files) + sorted(folders):
                path = os.path.join(folder, name)
                if not os.path.isdir(path) or os.path.islink(path):
                    number += 1
                    when = SETTLED + number * 1_000_000_001
                    os.utime(path, ns=(when, when), follow_symlinks=False)
            number += 1
            os.utime(folder, ns=(SETTLED + number, SETTLED + number))
        return tar(self.path, ".")


def capability_to_bind():
    """The attribute that setcap cap_net_bind_service=ep writes."""
    return struct.pack("<IIIII", CAPABILITY_VERSION_2 | EFFECTIVE, NET_BIND_SERVICE, 0, 0, 0)


def rich_layer(path, system):
    """Of every type of entry one, and of every attribute."""
    tree = Tree(path, system)
    for name in ("etc/hosts", "etc/hostname", "etc/resolv.conf"):
        tree.file(name)  # so that nothing has to be made for what is mounted there
    tree.file("var/www/index.html", b"hello from Debian\n")
    tree.file("usr/local/bin/raised", b"#!/bin/sh\n", 0o4755, (0, 42))
    for name in ("bound", "unbound"):
        tree.file("usr/local/bin/" + name, b"#!/bin/sh\n", 0o755,
                  attributes={"security.capability": capability_to_bind()})
    tree.file("srv/marked", b"marked\n", owner=(1000, 300_000),
              attributes={"user.colour": b"blue", "trusted.bytes": bytes(range(1, 256))})
    tree.folder("srv/shared", 0o3775, (1000, 1000))
    os.setxattr(tree.at("srv/shared"), "user.kind", b"directory")
    tree.node("srv/nodes/null", stat.S_IFCHR, os.makedev(1, 3), 0o666)
    tree.node("srv/nodes/far", stat.S_IFBLK, os.makedev(259, 70_000))
    tree.node("srv/nodes/pipe", stat.S_IFIFO)
    tree.file("srv/links/a", b"one file, three names\n")
    tree.link("srv/links/a", "srv/links/b")
    tree.link("srv/links/a", "srv/other/c")
    tree.symlink("/nowhere/at/all", "srv/links/dangling")
    tree.symlink("../../etc/passwd", "srv/links/up")
    tree.file("srv/names/" + "n" * 255, b"long\n")
    tree.file("/".join(["srv/names"] + ["d" * 100] * 4 + ["deep"]), b"deep\n")
    tree.file("srv/names/blank and \u00fcml\u00e4ut", b"named\n")
    tree.file(os.fsdecode(b"srv/names/no-utf8-\xff\xfe"), b"named\n")
    tree.file("srv/going/file", b"goes with the next layer\n")
    tree.file("srv/hidden/below", b"hidden by the next layer\n")
    tree.file("srv/changing/file", b"becomes a directory\n")
    tree.file("srv/turning", b"a file that becomes a directory\n")
    with open(tree.at("srv/sparse"), "wb") as file:
        file.seek(3 << 20)
        file.write(b"after a hole")
        file.truncate(5 << 20)
    return tree.tar()


def taking_layer(path, system):
    """Whiteouts, an opaque directory, and entries in the place of others."""
    tree = Tree(path, system)
    tree.file("etc/.wh.debian_version")
    tree.file("srv/.wh.going")
    tree.file("srv/links/.wh.b")
    tree.file("srv/hidden/.wh..wh..opq")
    tree.file("srv/hidden/above", b"all that is here\n")
    tree.file("usr/share/doc/.wh..wh..opq")
    tree.file("usr/share/doc/README", b"documents are elsewhere\n")
    tree.file("srv/turning/file", b"in a directory that was a file\n")
    tree.file("srv/changing", b"a file that was a directory\n")
    tree.file("usr/local/bin/unbound", b"#!/bin/sh\necho without the capability\n", 0o700)
    return tree.tar()


def _make(work):
    """In a mount namespace of its own: the trees are in memory and go with it."""
    trees = os.path.join(work, "trees")
    os.makedirs(trees)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "trees", trees], check=True)
    system = os.path.join(trees, "system")
    bootstrap(system)
    layers = system_layers(system)
    layers.append(rich_layer(os.path.join(trees, "rich"), system))
    layers.append(taking_layer(os.path.join(trees, "taking"), system))
    for number, layer in enumerate(layers):
        with open(os.path.join(work, f"{number}.tar"), "wb") as file:
            file.write(layer)


def make_layers(work):
    """All layers, the lowest first. Needs the network, so it comes before a test gives it up."""
    command = ["unshare", "--mount", sys.executable, os.path.abspath(__file__), work]
    subprocess.run(command, check=True)
    layers = []
    while os.path.exists(path := os.path.join(work, f"{len(layers)}.tar")):
        with open(path, "rb") as file:
            layers.append(file.read())
    return layers


if __name__ == "__main__":
    _make(sys.argv[1])
