"""call: what one call costs, in process, between processes and through the daemon."""

import json
import os
import subprocess

from measure import CannotRun

WAYS = {
    "inline": "client and plug-in in one process",
    "process": "a plug-in in stave-host",
    "daemon": "the daemon itself, through its socket",
    "through": "client, daemon, stave-host and back",
}


def measure(report, place, build, rounds):
    report.begin("call", "call: one trivial RPC call (Storage.hasLayer, Kernel.info)")
    with place.stack(build) as stack:
        stack.start()
        program = os.path.join(build, "bench", "bench-rpc")
        plugin = os.path.join(build, "lib", "stave", "storage-overlay.so")
        host = os.path.join(build, "bin", "stave-host")
        result = subprocess.run(
            [program, plugin, "unix://" + stack.socket],
            capture_output=True, text=True, env={**os.environ, "STAVE_HOST": host},
        )
        if result.returncode != 0:
            raise CannotRun(f"bench-rpc: {result.stderr.strip()[-600:]}")
        measured = json.loads(result.stdout)
    for way, note in WAYS.items():
        report.figure(f"{way}, one by one", [us / 1e6 for us in measured[way]["single"]], "us", note)
    for way, note in WAYS.items():
        report.figure(f"{way}, calls/s, 64 at once", [1e6 / us for us in measured[way]["many"]], "", note)
