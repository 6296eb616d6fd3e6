"""Debian's docker-registry on a free loopback port, with Basic auth if wanted."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Registry:
    def __init__(self, user=None, password=None):
        self.home = tempfile.mkdtemp(prefix="stave-registry-")
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.user, self.password = user, password
        config = [
            "version: 0.1",
            "log: {level: error}",
            f"storage: {{filesystem: {{rootdirectory: {self.home}/data}}, delete: {{enabled: true}}}}",
            f"http: {{addr: '{self.host}', secret: test}}",
        ]
        if user:
            line = subprocess.run(
                ["htpasswd", "-nbB", user, password], check=True, capture_output=True, text=True
            ).stdout
            with open(f"{self.home}/htpasswd", "w") as file:
                file.write(line)
            config.append(f"auth: {{htpasswd: {{realm: test, path: {self.home}/htpasswd}}}}")
        with open(f"{self.home}/config.yml", "w") as file:
            file.write("\n".join(config) + "\n")
        self.process = subprocess.Popen(
            ["docker-registry", "serve", f"{self.home}/config.yml"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        self._wait()

    def _wait(self):
        for _ in range(500):
            try:
                urllib.request.urlopen(f"http://{self.host}/v2/", timeout=1)
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError("docker-registry did not come up")

    def docker_config(self, directory):
        """Writes a docker config.json with the credentials; returns its path."""
        import base64
        import json

        secret = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        path = os.path.join(directory, "config.json")
        with open(path, "w") as file:
            json.dump({"auths": {self.host: {"auth": secret}}}, file)
        return path

    def skopeo(self, *arguments):
        result = subprocess.run(["skopeo", *arguments], capture_output=True, text=True)
        if result.returncode != 0:
            raise RuntimeError(f"skopeo {' '.join(arguments)}: {result.stderr}")
        return result.stdout

    def credentials(self, prefix=""):
        return [f"--{prefix}creds", f"{self.user}:{self.password}"] if self.user else []

    def inspect(self, name, *options):
        """What skopeo says of an image here; NAME:TAG."""
        return self.skopeo(
            "inspect", "--tls-verify=false", *self.credentials(), *options, f"docker://{self.host}/{name}"
        )

    def fetch(self, name, directory):
        """Copies an image by skopeo into a plain directory: manifest.json and a file for each blob."""
        self.skopeo(
            "--insecure-policy", "copy", "--src-tls-verify=false", *self.credentials("src-"),
            f"docker://{self.host}/{name}", f"dir:{directory}",
        )

    def push_layout(self, layout, tag, name):
        self.skopeo(
            "--insecure-policy", "copy", "--dest-tls-verify=false", *self.credentials("dest-"),
            f"oci:{layout}:{tag}", f"docker://{self.host}/{name}",
        )
        return f"{self.host}/{name}"

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()
