"""What each fuzz target begins with: a few good inputs and a few odd ones, by target and name."""

import io
import json
import os
import struct
import tarfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DIGEST = "sha256:" + "0123456789abcdef" * 4


def references():
    return {
        "short": "debian",
        "full": "docker.io/library/debian:12",
        "port": "localhost:5000/a/b_c/d-e:v1.2",
        "digest": f"quay.io/x/y@{DIGEST}",
        "both": f"registry.example.com:443/x:tag@{DIGEST}",
        "platform": "linux/arm64/v8",
        "address": "[::1]:5000/x",
    }


def manifests():
    descriptor = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": DIGEST, "size": 7}
    layer = dict(descriptor, mediaType="application/vnd.oci.image.layer.v1.tar+gzip", annotations={"a": "b"})
    platform = {"architecture": "arm64", "os": "linux", "variant": "v8"}
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor,
        "layers": [layer, layer],
    }
    index = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.list.v2+json",
        "manifests": [dict(descriptor, mediaType=manifest["mediaType"], platform=platform)],
    }
    config = {
        "architecture": "amd64",
        "os": "linux",
        "created": "2024-02-29T23:59:60.123456789+01:00",
        "config": {
            "Cmd": ["sh"], "Entrypoint": None, "Env": ["A=b"], "User": "1:2", "WorkingDir": "/x",
            "ExposedPorts": {"80/tcp": {}}, "Volumes": {"/v": {}}, "Labels": {"a": "b"}, "StopSignal": "SIGINT",
            "Healthcheck": {"Test": ["CMD", "true"], "Interval": 30000000000, "Retries": 3},
        },
        "rootfs": {"type": "layers", "diff_ids": [DIGEST]},
        "history": [{"created_by": "x", "empty_layer": True, "created": "2024-01-01T00:00:00Z"}],
    }  # fmt: skip
    return {"manifest": json.dumps(manifest), "index": json.dumps(index), "config": json.dumps(config)}


def archive(entries, form=tarfile.PAX_FORMAT):
    """Entries: (name, type, content or target, further header fields)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
        for name, kind, text, more in entries:
            info = tarfile.TarInfo(name)
            info.type, info.mode, info.mtime = kind, 0o755, 1_700_000_000
            regular = kind == tarfile.REGTYPE
            if regular:
                info.size = len(text)
            else:
                info.linkname = text
            for key, value in more.items():
                setattr(info, key, value)
            tar.addfile(info, io.BytesIO(text.encode()) if regular else None)
    return buffer.getvalue()


def tars():
    file, folder, link, hard = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
    attributes = {"pax_headers": {"SCHILY.xattr.user.a": "b", "mtime": "-5.000000007", "uid": "70000"}}
    sparse = {"pax_headers": {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.map": "4,2",
                              "GNU.sparse.size": "9", "GNU.sparse.name": "holes"}}  # fmt: skip
    return {
        "plain": archive([("d", folder, "", {}), ("d/f", file, "x" * 700, {})]),
        "links": archive([("s", link, "/etc", {}), ("s/f", file, "x", {}), ("h", hard, "s/f", {})]),
        "escape": archive([("../f", file, "x", {}), ("/g", file, "x", {}), ("d/../../h", file, "x", {})]),
        "whiteouts": archive([("d/f", file, "", {}), ("d/.wh.f", file, "", {}), ("d/.wh..wh..opq", file, "", {})]),
        "extended": archive([("x", file, "abc", attributes), ("n" * 300, tarfile.FIFOTYPE, "", {})]),
        "sparse": archive([("GNUSparseFile.0/holes", file, "ab", sparse)]),
        "device": archive([("null", tarfile.CHRTYPE, "", {"devmajor": 1, "devminor": 3})], tarfile.USTAR_FORMAT),
        "gnu": archive([("l" * 200, link, "t" * 200, {}), ("m" * 120, file, "y", {})], tarfile.GNU_FORMAT),
    }


def configurations():
    folder = os.path.join(TOP, "config")
    found = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".toml"):
            with open(os.path.join(folder, name)) as file:
                found[name] = file.read()
    found["all"] = (
        '[daemon]\nroot = "/r"\nrun = "/s"\nlog = "debug"\n[endpoint]\nsocket = "/s/x"\n'
        '[plugins]\nisolation = "inline"\n[stack]\nstore = "memory"\nnetwork = ["a", "b"]\n'
        '[network.a]\nfile = "/a.so"\ngrants = ["content"]\npolicy = "fallback"\nfallback = "b"\n'
        'deadline = "10s"\n[network.a.settings]\nx = {y = [1, 2.5, true], "z z" = "\\u0041"}\n[network.b]\n'
    )
    found["odd"] = "a.b.c = inf\nd = nan\ne = 1979-05-27T07:32:00Z\nf = 0xff\ng = '''x\ny'''\n[[h]]\n[[h]]\n"
    return found


def challenges():
    return {
        "bearer": 'Bearer realm="https://auth.example.com/token",service="r",scope="repository:a/b:pull,push"',
        "basic": "Basic realm=\"a \\\"quoted\\\" place\"",
        "several": 'Negotiate, Basic realm=x, Bearer realm="y" , error=invalid_token',
        "token68": "NTLM TlRMTVNTUAAB==",
        "spaces": "Bearer  realm = \"x\"  ,, scope = \"\"",
    }


def dns():
    def question(name, kind, flags=0x0100, additional=b""):
        labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label)
        head = struct.pack(">6H", 0x1234, flags, 1, 0, 0, 1 if additional else 0)
        return head + labels + b"\0" + struct.pack(">2H", kind, 1) + additional

    edns = b"\0" + struct.pack(">2HIH", 41, 1232, 0, 0)
    return {
        "a": question("web.backend", 1),
        "aaaa": question("web", 28, additional=edns),
        "reverse": question("2.0.88.10.in-addr.arpa", 12),
        "reverse6": question(".".join("1" + "0" * 31) + ".ip6.arpa", 12),
        "response": question("web", 1, flags=0x8180),
        "pointer": struct.pack(">6H", 1, 0x0100, 1, 0, 0, 0) + b"\xc0\x0c\0\1\0\1",
    }


SEEDS = {
    "reference": references,
    "manifest": manifests,
    "tar": tars,
    "config": configurations,
    "challenge": challenges,
    "dns": dns,
}


def write(target, folder):
    os.makedirs(folder, exist_ok=True)
    for name, content in SEEDS[target]().items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
