"""A running stack is changed: a plug-in swapped for another file, the configuration read again."""

import os
import shutil
import signal
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import sandbox
from stack import Stack, settled, wait_until

IMAGE = "busybox:test"
SETTINGS = "[content.local.settings]\ninterval = 60000\n"


def setUpModule():
    global stack
    sandbox.enter()
    stack = Stack.under_test(SETTINGS)
    stack.start_with_busybox()
    unittest.addModuleCleanup(stack.destroy)


class LiveChangeTest(unittest.TestCase):
    """With a container that must not notice any of it."""

    def setUp(self):
        stack("run", "-d", "--name", "web", IMAGE, "sleep", "1000")
        self.pid = self.container_pid()

    def tearDown(self):
        self.assertEqual(self.container_pid(), self.pid)
        self.assertEqual(stack("exec", "web", "echo", "here").strip(), "here")
        stack("rm", "-f", "web")
        self.assertEqual(stack("run", "--rm", IMAGE, "echo", "anew").strip(), "anew")

    def container_pid(self):
        return stack("inspect", "--format", "{{.State.Pid}}", "web").strip()

    def plugin(self, name):
        return stack.json("plugin", "inspect", name)[0]

    def copy_of(self, name):
        """The plug-in's file under another name, as a newer build of it would come."""
        file = os.path.join(stack.home, "newer-" + os.path.basename(self.plugin(name)["spec"]["file"]))
        shutil.copy(self.plugin(name)["spec"]["file"], file)
        return file

    # -- swap

    def swapped(self, name, file):
        wait_until(lambda: self.plugin(name)["spec"]["file"] == file, "the file to be told")

    def test_swap_moves_callers_across(self):
        self.addCleanup(stack, "system", "reload")
        for name in ("storage/overlay", "network/bridge", "runtime/native", "engine/node", "volume/local"):
            with self.subTest(name):
                before = self.plugin(name)["status"]
                file = self.copy_of(name)
                self.assertEqual(stack("plugin", "swap", name, file).strip(), name)
                self.swapped(name, file)
                after = self.plugin(name)["status"]
                self.assertEqual(after["state"], "loaded")
                self.assertGreater(after["loadedAt"], before["loadedAt"])
                self.assertEqual(after.get("restarts", 0), before.get("restarts", 0))
                self.assertEqual(stack("exec", "web", "echo", "here").strip(), "here")

    def test_swap_takes_a_path_relative_to_the_caller(self):
        file = self.copy_of("registry/layout")
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        os.chdir(stack.home)
        stack("plugin", "swap", "layout", "./" + os.path.basename(file))
        self.swapped("registry/layout", file)
        self.assertEqual(stack("system", "reload"), "applied: registry/layout: restarted\n")
        wait_until(lambda: self.plugin("registry/layout")["spec"]["file"] != file, "the configured file")

    def test_swap_to_what_does_not_come_up_keeps_the_old(self):
        before = self.plugin("storage/overlay")
        other = self.plugin("volume/local")["spec"]["file"]
        for file, words in ((other, "is the plug-in volume/local, not storage/overlay"),
                            ("/no/such/storage.so", "/no/such/storage.so does not exist")):
            result = stack.run_stave("plugin", "swap", "storage/overlay", file, check=False)
            self.assertEqual(result.returncode, 1)
            self.assertIn(words, result.stderr)
        after = self.plugin("storage/overlay")
        for field in ("state", "pid", "loadedAt"):
            self.assertEqual(after["status"].get(field), before["status"].get(field))
        self.assertEqual(after["spec"]["file"], before["spec"]["file"])

    # -- the configuration

    def change(self, old, new):
        with open(stack.config) as file:
            text = file.read()
        self.assertIn(old, text)
        with open(stack.config, "w") as file:
            file.write(text.replace(old, new))

        def back():
            with open(stack.config, "w") as file:
                file.write(text)
            stack("system", "reload")

        self.addCleanup(back)

    def loading_times(self):
        """When they are written down: that is after the reload has been answered."""
        return settled(lambda: {name: self.plugin(name)["status"].get("loadedAt") for name in stack.plugin_states()})

    def test_reload_without_changes_does_nothing(self):
        before = self.loading_times()
        self.assertEqual(stack("system", "reload"), "")
        self.assertEqual(self.loading_times(), before)

    def test_a_changed_setting_is_applied_to_its_plugin_alone(self):
        before = self.loading_times()
        self.change("interval = 60000", "interval = 50000")
        self.assertEqual(stack("system", "reload"), "applied: content/local: restarted\n")
        after = self.loading_times()
        self.assertEqual([name for name in before if after[name] != before[name]], ["content/local"])

    def test_sighup_is_a_reload(self):
        before = self.plugin("content/local")["status"]["loadedAt"]
        self.change("interval = 60000", "interval = 40000")
        stack.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "reload: content/local: restarted" in stack.log(), "the reload")
        self.assertNotEqual(self.plugin("content/local")["status"]["loadedAt"], before)

    def test_a_plugin_comes_and_goes(self):
        self.change("[daemon]\n", '[stack]\nvolume = []\nstorage = ["overlay", "copy"]\n[daemon]\n')
        report = stack("system", "reload").splitlines()
        self.assertEqual(sorted(report), ["applied: storage/copy: added", "applied: volume/local: removed"])
        self.assertEqual(self.plugin("storage/copy")["status"]["state"], "loaded")
        self.assertNotIn("volume/local", stack.plugin_states())

    def test_what_cannot_be_applied_live_is_told(self):
        self.change("[plugins]\n", "[plugins]\nstartDeadline = 31000\n")
        report = stack("system", "reload")
        self.assertRegex(report, r"^needs a restart: .*stave\.toml:\d+: plugins\.startDeadline\n$")

    def test_a_bad_configuration_changes_nothing(self):
        self.change("interval = 60000", 'intervall = 1\n[daemon]\nroot = "/elsewhere"')
        result = stack.run_stave("system", "reload", check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("stave.toml:", result.stderr)
        self.assertEqual(self.plugin("content/local")["status"]["state"], "loaded")

    def test_a_bad_setting_changes_nothing(self):
        before = self.plugin("content/local")["status"]["loadedAt"]
        self.change("interval = 60000", "interval = 5")
        result = stack.run_stave("system", "reload", check=False)
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn("interval: must be at least 100 ms, not 5", result.stderr)
        self.assertEqual(self.plugin("content/local")["status"]["loadedAt"], before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
