"""Registries that misbehave and images that are broken: a clear error, and nothing left behind."""

import gzip
import os
import subprocess
import sys
import tarfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import images
from bad_registry import BadRegistry, Pause, always, cut_off, other_bytes, stall, status
from stack import wait_until
from stack_case import IMPATIENT, StackCase

LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


class RegistryTest(StackCase):
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


if __name__ == "__main__":
    unittest.main(verbosity=2)
