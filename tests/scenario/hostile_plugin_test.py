"""A plug-in that behaves badly: a clear error, and all else goes on working."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import sandbox
from stack import Stack, wait_until
from stack_case import BUILD, IMAGE


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
