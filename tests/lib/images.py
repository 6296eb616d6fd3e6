"""Images for tests, made from what Debian ships: busybox-static, and tars written here."""

import gzip
import hashlib
import io
import json
import os
import tarfile

BUSYBOX = "/bin/busybox"
APPLETS = (
    "sh ls cat echo sleep true false id env ps kill httpd wget nc head tail grep ip ping hostname mount "
    "touch mkdir rm ln chmod chown stat date dd yes wc seq stty test tar df free nslookup sync trap printf"
).split()


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _add(archive, name, data=b"", kind=tarfile.REGTYPE, mode=0o644, **more):
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.mtime = kind, mode, 1_700_000_000
    info.size = len(data) if kind == tarfile.REGTYPE else 0
    for key, value in more.items():
        setattr(info, key, value)
    archive.addfile(info, io.BytesIO(data) if info.size else None)


def tar(entries):
    """A tar of (name, keyword arguments of _add)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, arguments in entries:
            _add(archive, name, **arguments)
    return buffer.getvalue()


def busybox_layer():
    with open(BUSYBOX, "rb") as file:
        busybox = file.read()
    folder = {"kind": tarfile.DIRTYPE, "mode": 0o755}
    entries = [(name, folder) for name in ("bin", "etc", "proc", "sys", "dev", "root", "var", "var/www")]
    entries.append(("tmp", {"kind": tarfile.DIRTYPE, "mode": 0o1777}))
    entries.append(("bin/busybox", {"data": busybox, "mode": 0o755}))
    entries += [
        (f"bin/{applet}", {"kind": tarfile.SYMTYPE, "linkname": "busybox", "mode": 0o777})
        for applet in APPLETS
    ]
    passwd = b"root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/tmp:/bin/sh\n"
    group = b"root:x:0:\nuser:x:1000:\nextra:x:2000:user\n"
    entries.append(("etc/passwd", {"data": passwd}))
    entries.append(("etc/group", {"data": group}))
    entries.append(("var/www/index.html", {"data": b"hello from a container\n"}))
    return tar(entries)


class Layout:
    """An OCI image layout directory."""

    def __init__(self, path):
        self.path = str(path)
        os.makedirs(os.path.join(self.path, "blobs", "sha256"), exist_ok=True)
        with open(os.path.join(self.path, "oci-layout"), "w") as file:
            json.dump({"imageLayoutVersion": "1.0.0"}, file)
        self.manifests = []

    def blob(self, data, claimed=None):
        name = claimed or digest(data)
        with open(os.path.join(self.path, "blobs", *name.split(":")), "wb") as file:
            file.write(data)
        return name

    def add(self, tag, layers, config=None, compress=True, level=6):
        """`layers`: uncompressed tars, lowest first. Returns the manifest's digest."""
        descriptors = []
        for layer in layers:
            data = gzip.compress(layer, level, mtime=0) if compress else layer
            kind = "application/vnd.oci.image.layer.v1.tar" + ("+gzip" if compress else "")
            descriptors.append({"mediaType": kind, "digest": self.blob(data), "size": len(data)})
        return self.add_raw(tag, descriptors, [digest(layer) for layer in layers], config)

    def add_raw(self, tag, descriptors, diff_ids, config=None):
        image = {
            "architecture": "amd64",
            "os": "linux",
            "created": "2024-01-01T00:00:00Z",
            "config": config or {"Cmd": ["sh"], "Env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]},
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
            "history": [{"created_by": f"layer {i}"} for i in range(len(diff_ids))],
        }
        text = json.dumps(image).encode()
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": self.blob(text),
                "size": len(text),
            },
            "layers": descriptors,
        }
        data = json.dumps(manifest).encode()
        self.manifests.append(
            {
                "mediaType": manifest["mediaType"],
                "digest": self.blob(data),
                "size": len(data),
                "annotations": {"org.opencontainers.image.ref.name": tag},
                "platform": {"architecture": "amd64", "os": "linux"},
            }
        )
        self._write_index()
        return digest(data)

    def _write_index(self):
        index = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": self.manifests,
        }
        with open(os.path.join(self.path, "index.json"), "w") as file:
            json.dump(index, file)


def busybox_archive(path, name="docker.io/library/busybox:test", config=None):
    """A docker-archive tar, as `docker save` writes it."""
    layer = busybox_layer()
    image = {
        "architecture": "amd64",
        "os": "linux",
        "created": "2024-01-01T00:00:00Z",
        "config": config or {"Cmd": ["sh"], "Env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
        "history": [{"created_by": "busybox"}],
    }
    text = json.dumps(image).encode()
    config_name = digest(text).split(":")[1] + ".json"
    manifest = [{"Config": config_name, "RepoTags": [name], "Layers": ["layer.tar"]}]
    data = tar(
        [
            (config_name, {"data": text}),
            ("layer.tar", {"data": layer}),
            ("manifest.json", {"data": json.dumps(manifest).encode()}),
        ]
    )
    with open(path, "wb") as file:
        file.write(data)
    return path
