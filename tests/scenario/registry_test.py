"""The way of an image: Debian's files through a registry into containers, and back into the registry."""

import json
import os
import subprocess
import sys
import tarfile
import tempfile
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import debian
import images
import leaks
import sandbox
import trees
from cgroups import Limits
from registry import Registry
from stack import Failure, Stack, wait_until

NAME = "test/debian:web"
CONFIG = {
    "Cmd": ["busybox", "httpd", "-f", "-vv", "-p", "80", "-h", "/var/www"],
    "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
    "ExposedPorts": {"80/tcp": {}},
}


def setUpModule():
    global work, registry, stack, image, digest
    work = tempfile.TemporaryDirectory(prefix="stave-debian-")
    unittest.addModuleCleanup(work.cleanup)
    layers = debian.make_layers(work.name)
    sandbox.enter()
    registry = Registry("alice", "wonder land")
    unittest.addModuleCleanup(registry.close)
    layout = images.Layout(os.path.join(work.name, "layout"))
    digest = layout.add("web", layers, CONFIG, level=1)
    image = registry.push_layout(layout.path, "web", NAME)
    credentials = registry.docker_config(work.name)
    overrides = f'[registry.oci.settings]\ncredentials = "{credentials}"\n'
    stack = Stack.under_test(overrides)
    unittest.addModuleCleanup(stack.destroy)
    stack.start()
    stack("pull", image)
    stack("run", "--rm", image, "true")  # what the first container makes for all stays


def fetch(address):
    try:
        return urllib.request.urlopen(address, timeout=2).read()
    except OSError:
        return None


class Base(unittest.TestCase):
    def setUp(self):
        self.before = leaks.count(stack)

    def tearDown(self):
        stack.remove_all()
        try:
            wait_until(lambda: leaks.count(stack) == self.before, "nothing to be left")
        except Failure:
            self.assertEqual(leaks.count(stack), self.before)


class PulledTest(Base):
    def test_the_object_says_what_was_pulled(self):
        (pulled,) = [each for each in stack.objects("images") if each["metadata"]["name"] == image]
        self.assertEqual(pulled["status"]["manifestDigest"], digest)
        self.assertEqual(pulled["status"]["phase"], "ready")
        self.assertEqual(len(pulled["status"]["layers"]), 4)

    def test_files_are_those_that_another_client_unpacks(self):
        directory, unpacked = os.path.join(work.name, "copied"), os.path.join(work.name, "unpacked")
        registry.fetch(NAME, directory)
        self.assertEqual(trees.unpack_image(directory, unpacked), 4)
        stack("run", "-d", "--name", "seen", image, "sleep", "1000")
        pid = stack.pods()["seen"]["status"]["containers"][0]["pid"]
        elsewhere = trees.mount_points(pid)
        ours = trees.describe(f"/proc/{pid}/root", elsewhere)
        theirs = trees.describe(unpacked, elsewhere)
        lines = trees.differences(ours, theirs)
        print(f"{len(ours)} entries compared, {len(lines)} differences")
        self.assertEqual([ascii(line) for line in lines[:50]], [])
        self.assert_rich(ours)

    def assert_rich(self, files):
        """The comparison has met what it is for."""
        self.assertGreater(len(files), 3000)
        self.assertEqual(files["/usr/local/bin/raised"]["mode"], oct(0o4755))
        self.assertEqual(
            files["/usr/local/bin/bound"]["attributes"],
            {"security.capability": debian.capability_to_bind()},
        )
        self.assertEqual(files["/usr/local/bin/unbound"]["attributes"], {})
        self.assertIn("user.colour", files["/srv/marked"]["attributes"])
        self.assertEqual(files["/srv/nodes/far"]["device"], (259, 70_000))
        self.assertEqual(files["/srv/links/a"]["names"], ["/srv/links/a", "/srv/other/c"])
        self.assertEqual(files["/srv/sparse"]["size"], 5 << 20)
        for gone in ("/etc/debian_version", "/srv/going", "/srv/links/b", "/srv/hidden/below"):
            self.assertNotIn(gone, files)
        documents = [path for path in files if os.path.dirname(path) == "/usr/share/doc"]
        self.assertEqual(documents, ["/usr/share/doc/README"])


class ContainerTest(Base):
    def test_life_of_a_web_server(self):
        stack(
            "run", "-d", "--name", "web", "-p", "127.0.0.1:8080:80", "--memory", "128m",
            "--cpus", "0.5", image,
        )
        address = "http://127.0.0.1:8080/index.html"
        body = wait_until(lambda: fetch(address), "the web server")
        self.assertEqual(body, b"hello from Debian\n")
        self.check_limits()
        inside = stack("exec", "web", "sh", "-c", ". /etc/os-release; echo $ID; stat -c %a /tmp")
        self.assertEqual(inside.split(), ["debian", "1777"])
        self.check_statistics()
        with subprocess.Popen(
            stack.command("logs", "-f", "web"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True,
        ) as follower:
            self.check_following_logs(follower)
            stack("stop", "-t", "1", "web")
            self.assertEqual(follower.wait(timeout=20), 0)
        self.assertIsNone(fetch(address))
        self.assertEqual(stack.pods()["web"]["status"]["phase"], "stopped")
        stack("rm", "web")
        self.assertEqual(stack.pods(), {})

    def check_limits(self):
        limits = Limits(stack.pods()["web"]["status"]["containers"][0]["pid"])
        self.assertEqual(limits.memory(), 128 << 20)
        self.assertEqual(limits.processors(), 0.5)

    def check_following_logs(self, follower):
        """What is asked of the server only now arrives at who has been following."""
        fetch("http://127.0.0.1:8080/asked-while-following")
        lines = iter(follower.stdout.readline, "")
        self.assertTrue(any("/asked-while-following" in line for line in lines))

    def check_statistics(self):
        row = stack.json("stats", "--no-stream", "--json", "web")
        self.assertEqual(row["Name"], "web")
        self.assertTrue(row["MemUsage"].endswith("/ 128MiB"), row)
        self.assertGreaterEqual(int(row["PIDs"]), 1)

    def test_containers_on_one_network_find_each_other(self):
        stack("network", "create", "behind")
        stack("run", "-d", "--name", "left", "--network", "behind", image)
        stack("run", "-d", "--name", "right", "--network", "behind", image)
        for one, other in (("left", "right"), ("right", "left")):
            get = ("busybox", "wget", "-q", "-O", "-", f"http://{other}/index.html")
            self.assertEqual(stack("exec", one, *get), "hello from Debian\n")
        stack("rm", "-f", "left", "right")
        stack("network", "rm", "behind")


class PushedTest(Base):
    def test_another_name_has_the_same_image(self):
        pushed = stack("push", image, f"{registry.host}/other/name:two").split()[-1]
        self.assertEqual(pushed, digest)
        self.assertEqual(registry.inspect("other/name:two", "--format", "{{.Digest}}").strip(), digest)
        ours = json.loads(registry.inspect("other/name:two"))
        theirs = json.loads(registry.inspect(NAME))
        self.assertEqual(ours["Layers"], theirs["Layers"])
        self.assertEqual(
            registry.inspect("other/name:two", "--raw"), registry.inspect(NAME, "--raw")
        )

    def test_a_commit_arrives_as_one_more_layer(self):
        stack("run", "--name", "changed", image, "sh", "-c", "rm /srv/marked; echo new > /srv/new")
        name = f"{registry.host}/test/changed:1"
        stack("commit", "changed", name)
        stack("push", name)
        before = json.loads(registry.inspect(NAME))["Layers"]
        layers = json.loads(registry.inspect("test/changed:1"))["Layers"]
        self.assertEqual(layers[:-1], before)
        directory = os.path.join(work.name, "changed")
        registry.fetch("test/changed:1", directory)
        with tarfile.open(os.path.join(directory, layers[-1].split(":")[1])) as archive:
            names = {os.path.normpath(name) for name in archive.getnames()}
            self.assertTrue({"srv/.wh.marked", "srv/new"} <= names, names)
            self.assertNotIn("srv/links", names)
        stack("rm", "changed")
        stack("rmi", name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
