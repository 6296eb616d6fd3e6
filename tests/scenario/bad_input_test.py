"""Bad input of every kind: a clear error, nothing left behind, and all else goes on working."""

import gzip
import os
import socket
import subprocess
import sys
import tarfile
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import images
import leaks
import sandbox
from bad_registry import BadRegistry, Pause, always, cut_off, other_bytes, stall, status
from stack import TOP, Failure, Stack, wait_until

BUILD = os.environ["STAVE_BUILD"]
IMAGE = "busybox:test"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
IMPATIENT = "[registry.oci.settings]\nattempts = 3\nbackoff = 50\nstallTimeout = 500\n"


class ConfigurationTest(unittest.TestCase):
    """What `staved --check-config` says of a few lines that follow the shipped stack."""

    def check(self, lines):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(f'include = ["{TOP}/config/single.toml"]\n{lines}\n')
            file.flush()
            command = [BUILD + "/bin/staved", "--config", file.name, "--check-config"]
            result = subprocess.run(command, capture_output=True, text=True, timeout=60)
            return result, os.path.basename(file.name)

    def test_good_one(self):
        result, _ = self.check(IMPATIENT)
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_bad_ones(self):
        cases = [
            ("a string without end", '[daemon]\nroot = "/x\nrun = "/y"', ":3:", "string"),
            ("a date", "[daemon]\nroot = 1979-05-27", ":3:", "dates"),
            ("a half date", "[daemon]\n\nroot = 1979-05-", ":4:", "date"),
            ("a key twice", '[daemon]\nroot = "/x"\nroot = "/y"', ":4:", "root"),
            ("a table without end", "[daemon\n", ":2:", "table"),
            ("an unknown key", '[daemon]\nrooot = "/x"', ":3:", '"rooot"', 'did you mean "root"?'),
            ("an unknown table", '[daemonn]\nroot = "/x"', ":3:", "daemonn", 'mean "daemon"?'),
            ("an unknown setting", "[registry.oci.settings]\nstallTimeot = 7", ":3:",
             "registry/oci", '"stallTimeot"', 'did you mean "stallTimeout"?'),
            ("a text for a number", '[registry.oci.settings]\nattempts = "many"', ":3:", "attempts",
             "expected a number, got text"),
        ]
        for name, lines, place, *words in cases:
            with self.subTest(name):
                result, file = self.check(lines)
                self.assertEqual(result.returncode, 1)
                for word in (file + place, *words):
                    self.assertIn(word, result.stderr)


class StackTest(unittest.TestCase):
    """One stack a class, in namespaces of its own: what an earlier one left would be seen here."""

    overrides = ""

    @classmethod
    def setUpClass(cls):
        if cls is StackTest:
            raise unittest.SkipTest("only what is derived from it")
        sandbox.enter()
        cls.stack = Stack(BUILD, overrides=cls.overrides)
        cls.addClassCleanup(cls.stack.destroy)
        cls.prepare()
        cls.stack.start_with_busybox()
        # The first container brings up what then stays for all: the bridge and its addresses.
        cls.stack("run", "--rm", IMAGE, "true")

    @classmethod
    def prepare(cls):
        pass

    def setUp(self):
        self.before = self.holdings()

    def tearDown(self):
        try:
            wait_until(lambda: self.holdings() == self.before, "nothing left behind", timeout=3)
        except Failure:
            self.assertEqual(self.holdings(), self.before)

    def holdings(self):
        layers = self.stack.root + "/plugins/storage-overlay/layers"
        return {
            **leaks.count(self.stack),
            "images": self.stack("get", "images", "--json").splitlines(),
            "pods": sorted(self.stack.pods()),
            "layers": sorted(os.listdir(layers)),
            "usage": self.stack("system", "df").splitlines()[:4],  # not the blobs, which are kept
        }

    def fails(self, code, words, *arguments):
        """Runs `stave` and wants this exit code, and all of `words` on standard error."""
        result = self.stack.run_stave(*arguments, check=False, timeout=30)
        self.assertEqual(result.returncode, code, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)
        self.assertNotIn(": :", result.stderr)
        return result


class RunTest(StackTest):
    def test_missing_executable(self):
        words = ["/no/such/command", "no such file"]
        for how in ([], ["-d"]):
            self.fails(127, words, "run", "--rm", *how, IMAGE, "/no/such/command")

    def test_file_that_is_no_executable(self):
        words = ["/etc/passwd", "permission denied"]
        for how in ([], ["-d"]):
            self.fails(126, words, "run", "--rm", *how, IMAGE, "/etc/passwd")

    def test_container_without_removal(self):
        for code, command in ((127, "/no/such/command"), (126, "/etc/passwd")):
            self.fails(code, [command], "run", "-d", "--name", "kept", IMAGE, command)
            self.assertEqual(self.stack.pods()["kept"]["status"]["phase"], "failed")
            self.stack("rm", "kept")

    def test_port_in_use_by_another_container(self):
        self.stack("run", "-d", "--name", "first", "-p", "18081:80", IMAGE, "sleep", "1000")
        words = ["18081/tcp", "in use", "first"]
        self.fails(125, words, "run", "--rm", "-p", "18081:80", IMAGE, "true")
        self.assertEqual(list(self.stack.pods()), ["first"])
        self.stack("rm", "-f", "first")

    def test_port_in_use_by_the_host(self):
        with socket.create_server(("0.0.0.0", 0)) as server:
            port = server.getsockname()[1]
            words = [f"{port}/tcp", "in use by a process of the host"]
            self.fails(125, words, "run", "--rm", "-p", f"{port}:80", IMAGE, "true")
        self.stack("run", "--rm", "-p", f"{port}:80", IMAGE, "true")

    def test_unknown_network(self):
        words = ["network nowhere not found"]
        self.fails(125, words, "run", "--rm", "--network", "nowhere", IMAGE, "true")

    def test_unknown_image(self):
        words = ["no-such:1", "pull policy is never"]
        self.fails(125, words, "run", "--rm", "--pull", "never", "no-such:1", "true")


class RegistryTest(StackTest):
    overrides = IMPATIENT

    @classmethod
    def prepare(cls):
        cls.layout = images.Layout(cls.stack.home + "/layout")
        cls.layout.add("good", [images.busybox_layer()])
        cls.registry = BadRegistry(cls.layout)
        cls.addClassCleanup(cls.registry.close)

    def setUp(self):
        self.registry.behave()
        super().setUp()

    def tearDown(self):
        super().tearDown()
        for folder, _, files in os.walk(self.stack.home):
            self.assertNotIn("escaped", files, folder)

    def name(self, tag):
        return f"{self.registry.host}/some/image:{tag}"

    def layer(self, *entries, keep=1):
        """One that nobody has seen, with this share of its bytes: descriptor and diff id."""
        tar = images.tar([("unique", {"data": os.urandom(2048)}), *entries])
        data = gzip.compress(tar, mtime=0)
        data = data[: int(len(data) * keep)]
        layer = {"digest": self.layout.blob(data), "size": len(data), "mediaType": LAYER}
        return layer, images.digest(tar)

    def fresh(self, tag, *entries, keep=1, diff_id=None):
        """An image nobody has seen, of one such layer. Returns the layer's digest."""
        layer, unpacked = self.layer(*entries, keep=keep)
        self.layout.add_raw(tag, [layer], [diff_id or unpacked])
        return layer["digest"]

    def parts(self):
        """For a manifest and a layer: the tag of a new image, and what its requests' path has."""
        for part in ("manifest", "layer"):
            with self.subTest(part):
                tag = f"{self.id().rsplit('.', 1)[1]}-{part}"
                layer = self.fresh(tag)
                self.registry.behave()
                yield tag, layer if part == "layer" else "/manifests/"

    def refused(self, tag, *words):
        self.fails(1, [self.name(tag), *words], "pull", self.name(tag))

    def pulled_and_removed(self, tag):
        self.stack("pull", self.name(tag))
        self.stack("rmi", self.name(tag))

    def test_unknown_tag(self):
        for _ in range(2):
            self.refused("none", self.name("none"), "404", "manifest unknown")
            self.assertNotIn(self.name("none"), self.stack("get", "images"))

    def test_container_of_an_unknown_tag(self):
        for options in (["--rm"], ["-d", "--rm"], ["--name", "kept"]):
            words = [self.name("none"), "404", "manifest unknown"]
            self.fails(125, words, "run", *options, self.name("none"), "true")
        self.stack("rm", "kept")

    def test_declared_image_that_there_is_not(self):
        """It is what somebody wants to be here, and says why it is not."""
        declared = f'kind = "Image"\nname = "{self.name("none")}"\n'
        self.stack("apply", "-f", "-", input=declared)
        wait_until(lambda: "404" in self.stack("get", "images", "--json"), "the failure")
        self.assertIn(self.name("none"), self.stack("get", "images"))
        self.stack("rmi", self.name("none"))

    def test_other_bytes_than_the_digest_says(self):
        layer = self.fresh("bytes")
        self.registry.on(layer, always(other_bytes))
        self.refused("bytes", layer, "has another digest")
        self.registry.behave()
        self.pulled_and_removed("bytes")

    def test_manifest_that_is_none(self):
        self.fresh("garbled")
        self.registry.on("/manifests/", always(other_bytes))
        self.refused("garbled", self.name("garbled"), "manifest", "not JSON")

    def test_wrong_diff_id(self):
        other = images.digest(b"another")
        layer = self.fresh("diff-id", diff_id=other)
        self.refused("diff-id", layer, other, "should have")

    def test_layer_that_ends_in_the_middle(self):
        layer = self.fresh("half", keep=0.5)
        self.refused("half", layer, "gzip data ends in the middle")

    def test_good_layers_below_a_bad_one(self):
        layers = [self.layer(), self.layer(), self.layer(keep=0.5)]
        descriptors, diff_ids = zip(*layers)
        self.layout.add_raw("top", list(descriptors), list(diff_ids))
        pause = Pause()
        self.registry.on(descriptors[2]["digest"], pause)
        command = self.stack.command("pull", "-q", self.name("top"))
        pull = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        self.addCleanup(pull.wait)
        self.addCleanup(pause.over.set)
        there = len(self.before["layers"]) + 2
        wait_until(lambda: len(self.holdings()["layers"]) == there, "the good ones, unpacked")
        pause.over.set()
        self.assertEqual(pull.wait(timeout=30), 1)

    def test_transfer_that_ends_in_the_middle(self):
        layer = self.fresh("cut-off")
        self.registry.on(layer, always(cut_off))
        self.refused("cut-off", layer, "transfer closed")
        self.assertEqual(self.registry.asked(layer), 3)
        self.registry.behave()
        self.pulled_and_removed("cut-off")

    def test_paths_that_lead_out(self):
        self.fresh("dots", ("../../escaped", {"data": b"out\n"}))
        self.refused("dots", "../../escaped", "leads out of the root file system")
        above = {"kind": tarfile.LNKTYPE, "linkname": "../../../../../../../../etc/passwd"}
        self.fresh("hard-link", ("hard", above))
        self.refused("hard-link", '"hard"', "etc/passwd", "leads out of the root file system")

    def test_links_that_lead_out(self):
        for tag, way in (("link", ""), ("link-above", "../../../../../../../..")):
            link = {"kind": tarfile.SYMTYPE, "linkname": way + self.stack.home}
            self.fresh(tag, ("out", link), ("out/escaped", {"data": b"out\n"}))
            self.refused(tag, "out/escaped", "symbolic link")

    def test_refusals_that_repeating_does_not_help(self):
        for tag, part in self.parts():
            for code in (401, 403, 404):
                self.registry.behave()
                self.registry.on(part, always(status(code, "not for you")))
                self.refused(tag, "/some/image", f"answered {code}", "not for you")
                self.assertEqual(self.registry.asked(part), 1)

    def test_too_many_requests(self):
        for tag, part in self.parts():
            self.registry.on(part, status(429, "slowly", Retry_After=1), status(429, "slowly"))
            self.pulled_and_removed(tag)
            self.assertEqual(self.registry.asked(part), 3)

    def test_failing_registry(self):
        for tag, part in self.parts():
            self.registry.on(part, always(status(500, "out of order")))
            self.refused(tag, "/some/image", "answered 500", "out of order")
            self.assertEqual(self.registry.asked(part), 3)

    def test_registry_that_falls_silent(self):
        for tag, part in self.parts():
            self.registry.on(part, always(stall))
            self.refused(tag, part, "no byte came for 500 ms")
            self.assertEqual(self.registry.asked(part), 3)
            self.registry.behave()
            self.pulled_and_removed(tag)


class SmallDisk(StackTest):
    """The daemon's root is a file system of 32 MiB."""

    overrides = IMPATIENT
    folders = ("",)  # below the root: where the file systems are

    @classmethod
    def prepare(cls):
        if cls is SmallDisk:
            raise unittest.SkipTest("only what is derived from it")
        cls.places = [cls.stack.root + folder for folder in cls.folders]
        for place in cls.places:
            os.makedirs(place)
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "none", place], check=True)
        cls.addClassCleanup(cls.unmount)
        cls.filler = cls.stack.root + "/filler"
        cls.layout = images.Layout(cls.stack.home + "/layout")
        cls.registry = BadRegistry(cls.layout)
        cls.addClassCleanup(cls.registry.close)

    def setUp(self):
        """With an image that nobody has seen."""
        super().setUp()
        self.layer = images.tar([("noise", {"data": os.urandom(4 << 20)})])
        tag = self.id().rsplit(".", 1)[1]
        self.layout.add(tag, [images.busybox_layer(), self.layer], compress=False)
        self.image = f"{self.registry.host}/some/image:{tag}"

    @classmethod
    def unmount(cls):
        cls.stack.stop()
        for place in reversed(cls.places):
            subprocess.run(["umount", place], check=True)

    def free(self):
        space = os.statvfs(self.stack.root)
        return space.f_bavail * space.f_frsize

    def fill(self):
        with open(self.filler, "wb", buffering=0) as file:
            with self.assertRaisesRegex(OSError, "No space left"):
                while file.write(bytes(1 << 16)):
                    pass

    def fails_on_the_way(self, code, *command):
        """What pulls the image meets a full disk in the middle of it."""
        before, pause = self.free(), Pause()
        self.addCleanup(pause.over.set)
        self.registry.on(images.digest(self.layer), pause)
        pull = subprocess.Popen(self.stack.command(*command), stderr=subprocess.PIPE, text=True)
        self.addCleanup(pull.stderr.close)
        self.addCleanup(pull.wait)
        self.addCleanup(pull.kill)
        # Half of the layer is 2 MiB; unpacking, which is given up later, holds nearly as much.
        wait_until(lambda: self.free() < before - (7 << 19), "half a layer, also unpacked")
        self.fill()
        pause.over.set()
        errors = pull.communicate(timeout=30)[1]
        self.assertEqual(pull.returncode, code, errors)
        self.assertRegex(errors, "No space left on device|the file system has only|disk is full")
        self.assertIsNone(self.stack.process.poll())
        return errors

    def pulls_and_runs(self):
        self.stack("pull", self.image)
        self.stack("run", "--rm", self.image, "test", "-s", "/noise")
        self.stack("rmi", self.image)


class DiskFullTest(SmallDisk):
    """The store has a file system of its own."""

    folders = ("", "/plugins/store-sqlite")

    def test_disk_that_fills_up_in_the_middle_of_a_pull(self):
        self.fails_on_the_way(1, "pull", self.image)
        os.unlink(self.filler)
        self.tearDown()  # what failed has left nothing
        self.pulls_and_runs()

    def test_disk_that_is_too_small_for_a_layer(self):
        with open(self.filler, "wb") as file:
            file.write(bytes(self.free() - (2 << 20)))
        self.fails(1, ["needs", "the file system has only"], "pull", self.image)
        os.unlink(self.filler)


class DiskFullUnderTheStoreTest(SmallDisk):
    """What has failed cannot be written down before there is room again, and is told nevertheless."""

    def check(self, code, *command):
        errors = self.fails_on_the_way(code, *command)
        self.assertIn("cannot be written down", errors)
        os.unlink(self.filler)
        wait_until(lambda: not self.stack.pods(), "the end of the container")
        self.pulls_and_runs()

    def test_pull(self):
        self.check(1, "pull", self.image)

    def test_run(self):
        self.check(125, "run", "--rm", self.image, "true")

    def test_run_in_the_background(self):
        self.check(125, "run", "-d", "--rm", self.image, "true")


class HostilePluginTest(unittest.TestCase):
    """A volume driver that behaves badly: the daemon and all other plug-ins go on."""

    def start(self, behaviour):
        sandbox.enter()
        overrides = (
            '[stack]\nvolume = ["local", "hostile"]\n[volume.hostile]\ndeadline = 2000\n'
            f'file = "{os.path.abspath(BUILD)}/tests/plugins/volume-hostile.so"\n'
            f'[volume.hostile.settings]\nbehaviour = "{behaviour}"\n'
        )
        self.stack = Stack(BUILD, overrides=overrides)
        self.addCleanup(self.stack.destroy)
        with open(self.stack.config) as file:
            config = file.read().replace("[plugins]", "[plugins]\nstartDeadline = 3000")
        with open(self.stack.config, "w") as file:
            file.write(config)
        self.stack.start_with_busybox()

    def line(self):
        lines = self.stack("plugin", "ls").splitlines()
        return next(line for line in lines if line.startswith("volume/hostile"))

    def others_work(self, reason):
        """A container with a local volume runs; one that needs the hostile driver is refused."""
        run = self.stack.run_stave("run", "--rm", "-v", "good:/data", IMAGE, "echo", "fine")
        self.assertEqual(run.stdout, "fine\n")
        self.stack("volume", "create", "--driver", "hostile", "bad")
        command = ["run", "--rm", "-v", "bad:/data", IMAGE, "true"]
        run = self.stack.run_stave(*command, check=False, timeout=60)
        self.assertEqual(run.returncode, 125, run.stderr)
        self.assertIn("volume bad is not ready: plug-in volume/hostile", run.stderr)
        self.assertIn(reason, run.stderr)
        self.assertEqual(self.stack.pods(), {})
        self.assertIsNone(self.stack.process.poll())
        states = self.stack.plugin_states()
        states.pop("volume/hostile")
        self.assertEqual(set(states.values()), {"loaded"})

    def test_exits_at_start(self):
        self.start("exitAtStart")
        reason = "exited with status 3 while starting the plug-in"
        self.assertRegex(self.line(), f"failed .*{reason}")
        self.others_work(reason)

    def test_hangs_at_start(self):
        self.start("hangAtStart")
        reason = "starting the plug-in did not finish within 3000 ms"
        self.assertRegex(self.line(), f"failed .*{reason}")
        self.others_work(reason)

    def test_answers_garbage(self):
        self.start("garbage")
        self.assertRegex(self.line(), "loaded")
        self.others_work("VolumeDriver.create")
        wait_until(lambda: "restarting" in self.line(), "the plug-in to be seen as restarting")
        self.assertIn("volume/hostile: is started again", self.stack.log())


if __name__ == "__main__":
    unittest.main(verbosity=2)
