"""A plug-in that misbehaves: its callers hear of it soon, it is started anew, and all else goes on."""

import os
import signal
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import sandbox
from stack import Stack, wait_until

BUILD = os.environ["STAVE_BUILD"]
HOSTILE = BUILD + "/tests/plugins/volume-hostile.so"
BEHAVIOUR = '[volume.hostile.settings]\nbehaviour = "{}"\n'


def setUpModule():
    sandbox.enter()


class GarbageTest(unittest.TestCase):
    def setUp(self):
        overrides = (
            f'[stack]\nvolume = ["local", "hostile"]\n[volume.hostile]\nfile = "{HOSTILE}"\n'
            + BEHAVIOUR.format("garbage")
        )
        self.stack = Stack(BUILD, overrides=overrides)
        self.addCleanup(self.stack.destroy)
        self.stack.start()

    def behave(self):
        with open(self.stack.config) as file:
            text = file.read()
        with open(self.stack.config, "w") as file:
            file.write(text.replace('"garbage"', '"serve"'))
        self.stack.process.send_signal(signal.SIGHUP)

    def test_removal_fails_soon_and_is_done_when_the_driver_behaves(self):
        self.stack("volume", "create", "--driver", "hostile", "bad")
        result = self.stack.run_stave("volume", "rm", "bad", check=False, timeout=30)
        self.assertEqual(result.returncode, 1, result.stderr)
        for word in ("bad could not be removed yet", "volume/hostile", "not the protocol"):
            self.assertIn(word, result.stderr)
        again = self.stack.run_stave("volume", "rm", "bad", check=False, timeout=30)
        self.assertIn("not the protocol", again.stderr)

        plugin = self.stack.json("plugin", "inspect", "volume/hostile")[0]
        self.assertIn("not the protocol", plugin["status"]["lastEnd"])
        self.assertGreater(plugin["status"]["restarts"], 0)
        self.stack("volume", "create", "good")
        self.stack("volume", "rm", "good")

        self.behave()
        wait_until(lambda: self.stack("volume", "ls", "-q") == "", "the volume to go", timeout=40)


if __name__ == "__main__":
    unittest.main(verbosity=2)
