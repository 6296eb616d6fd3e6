"""Disks that are too small: a clear error in time, and nothing left behind once there is room again."""

import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import images
from bad_registry import BadRegistry, Pause
from stack import wait_until
from stack_case import IMPATIENT, StackCase


class SmallDisk(StackCase):
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


if __name__ == "__main__":
    unittest.main(verbosity=2)
