"""Two hundred containers at once: all run, all are reachable, and all that they took is given back."""

import os
import sys
import threading
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import leaks
import sandbox
from stack import Stack, settled, wait_until

IMAGE = "busybox:test"
COUNT = int(os.environ.get("STAVE_MANY", "200"))
AT_ONCE = 16  # clients; the daemon gets as many requests at the same time as these make
FIRST_PORT = 20000


def setUpModule():
    global stack
    sandbox.enter()
    stack = Stack.under_test()
    stack.start_with_busybox()
    unittest.addModuleCleanup(stack.destroy)
    stack("run", "--rm", "-p", "19999:80", IMAGE, "true")


def in_parallel(job):
    """job(i) for every container; what it raises comes back as a list."""
    numbers, failures = iter(range(COUNT)), []
    lock = threading.Lock()

    def work():
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            try:
                job(number)
            except Exception as error:
                failures.append(f"{number}: {error}")

    threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def start(number):
    port = f"127.0.0.1:{FIRST_PORT + number}:80"
    stack(
        "run", "-d", "--name", f"many-{number}", "-p", port, IMAGE,
        "sh", "-c", f"echo {number} > /var/www/number; exec httpd -f -h /var/www", timeout=300,
    )


def fetch(number):
    def once():
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{FIRST_PORT + number}/number", timeout=5).read()
        except OSError:
            return None

    body = wait_until(once, f"container {number}", 60)
    if body.decode().strip() != str(number):
        raise AssertionError(f"answered {body!r}")


def held():
    numbers = leaks.count(stack)
    numbers["descriptors"] = {pid: leaks.descriptors(pid) for pid in stack.processes()}
    return numbers


class ManyTest(unittest.TestCase):
    def test_all_run_are_reachable_and_go(self):
        before = settled(held)
        self.assertEqual(in_parallel(start), [])
        running = [p for p in stack.pods().values() if p["status"].get("phase") == "running"]
        self.assertEqual(len(running), COUNT)
        self.assertEqual(in_parallel(fetch), [])
        print("with all of them:", leaks.count(stack))
        failures = in_parallel(lambda number: stack("rm", "-f", f"many-{number}", timeout=300))
        self.assertEqual(failures, [])
        wait_until(lambda: held() == before, lambda: f"what was: {before} but {held()}", 120, interval=1)
        print("before and after:", leaks.count(stack))


if __name__ == "__main__":
    unittest.main(verbosity=2)
