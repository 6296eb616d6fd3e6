"""A test case with a stack of its own, of which each test must leave what it found."""

import os
import unittest

import leaks
import sandbox
from stack import Failure, Stack, wait_until

BUILD = os.environ["STAVE_BUILD"]
IMAGE = "busybox:test"
IMPATIENT = "[registry.oci.settings]\nattempts = 3\nbackoff = 50\nstallTimeout = 500\n"


class StackCase(unittest.TestCase):
    """One stack a class, in namespaces of its own: what an earlier one left would be seen here."""

    overrides = ""

    @classmethod
    def setUpClass(cls):
        if cls is StackCase:
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
