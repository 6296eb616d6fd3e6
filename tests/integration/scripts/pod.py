"""Creates, watches and deletes a pod through RPC with nothing but Python's standard library:
JSON lines over `stave call --stdio`, in which a field that has its default value is left out.
Arguments: NAME IMAGE STAVE-COMMAND..."""

import json
import subprocess
import sys


class Conversation:
    def __init__(self, command):
        self.process = subprocess.Popen(
            [*command, "call", "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.events = []
        self.last = 0

    def _line(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the conversation ended")
        return json.loads(line)

    def call(self, method, **params):
        self.last += 1
        request = {"id": self.last, "call": method, "params": params}
        print(json.dumps(request), file=self.process.stdin, flush=True)
        while True:
            message = self._line()
            if message.get("id") != self.last:
                self.events.append(message)
            elif "error" in message:
                raise RuntimeError(f"{method}: {message['error']['message']}")
            else:
                return message["result"]

    def follow(self, wanted):
        """The first event for which wanted(event) holds."""
        while True:
            message = self.events.pop(0) if self.events else self._line()
            for event in message.get("params", {}).get("events", []):
                if wanted(event):
                    return event

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def main(name, image, *command):
    rpc = Conversation(command)
    revision = rpc.call("Objects.list", query={"kind": "Pod"})["revision"]
    rpc.call("Objects.watch", query={"kind": "Pod"}, **{"from": revision}, sink={"$sink": "pods"})

    container = {"name": "main", "image": image, "command": ["sleep", "1000"]}
    pod = {"metadata": {"kind": "Pod", "name": name}, "spec": {"containers": [container]}}
    rpc.call("Objects.commit", changes=[{"op": "create", "object": pod}])
    rpc.follow(lambda event: event["object"].get("status", {}).get("phase") == "running")
    print("running")

    try:
        rpc.call("Objects.commit", changes=[{"op": "create", "object": pod}])
    except RuntimeError as error:
        print(f"refused: {error}")

    rpc.call("Objects.commit", changes=[{"op": "delete", "object": {"metadata": pod["metadata"]}}])
    rpc.follow(lambda event: event.get("type") == "removed")
    print("removed")
    rpc.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
