"""A registry that serves an OCI layout, and misbehaves as it is told.

    registry.on("/blobs/", status(503), status(503))     # the first two requests for blobs
    registry.on("/manifests/", always(stall))            # every one
"""

import http.server
import json
import os
import sys
import threading

_manifest_type = "application/vnd.oci.image.manifest.v1+json"


def status(code, message="", **headers):
    """A refusal; `message` in the words of the distribution specification."""

    def act(exchange, data):
        body = json.dumps({"errors": [{"code": "TEST", "message": message}]} if message else {})
        named = {name.replace("_", "-"): str(value) for name, value in headers.items()}
        exchange.reply(code, body.encode(), {"Content-Type": "application/json", **named})

    return act


def cut_off(exchange, data):
    """Announces all and hangs up after half of it."""
    exchange.reply(200, data[: len(data) // 2], announced=len(data))
    exchange.close_connection = True


def stall(exchange, data):
    """Announces all, sends half and then nothing, until the registry is closed."""
    exchange.reply(200, data[: len(data) // 2], announced=len(data))
    exchange.server.closing.wait()
    exchange.close_connection = True


class Pause:
    """Sends half and waits in the middle of it until it is told to go on."""

    def __init__(self):
        self.reached, self.over = threading.Event(), threading.Event()

    def __call__(self, exchange, data):
        exchange.reply(200, data[: len(data) // 2], announced=len(data))
        self.reached.set()
        self.over.wait()
        exchange.wfile.write(data[len(data) // 2 :])


def other_bytes(exchange, data):
    """As many bytes as there should be, with one that is wrong."""
    exchange.reply(200, bytes([data[0] ^ 1]) + data[1:])


def always(act):
    while True:
        yield act


class _Exchange(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.requests.append(self.path)
        kind, data = self._find()
        for part, acts in self.server.misbehaviours.items():
            act = next(acts, None) if part in self.path else None
            if act:
                return act(self, data)
        if data is None:
            return status(404, "manifest unknown")(self, data)
        self.reply(200, data, {"Content-Type": kind})

    do_HEAD = do_GET

    def reply(self, code, body, headers=None, announced=None):
        self.send_response(code)
        for name, value in (headers or {"Content-Type": _manifest_type}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if announced is None else announced))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
            self.wfile.flush()

    def _find(self):
        """What a request is for: its media type and its bytes."""
        if self.path.rstrip("/") == "/v2":
            return "application/json", b"{}"
        name = self.path.rsplit("/", 1)[1]
        if "/manifests/" in self.path:
            with open(os.path.join(self.server.layout, "index.json")) as file:
                for entry in json.load(file)["manifests"]:
                    tag = entry["annotations"]["org.opencontainers.image.ref.name"]
                    if name in (tag, entry["digest"]):
                        return entry["mediaType"], self._blob(entry["digest"])
            return _manifest_type, None
        return "application/octet-stream", self._blob(name)

    def _blob(self, digest):
        try:
            with open(os.path.join(self.server.layout, "blobs", *digest.split(":")), "rb") as file:
                return file.read()
        except OSError:
            return None

    def log_message(self, *arguments):
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # who asked may hang up at any time
            super().handle_error(request, address)


class BadRegistry:
    """On a free loopback port. `layout` is an images.Layout."""

    def __init__(self, layout):
        self.server = _Server(("127.0.0.1", 0), _Exchange)
        self.server.layout = layout.path
        self.server.closing = threading.Event()
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.behave()
        self.thread.start()

    def on(self, part, *acts):
        """Requests with `part` in their path meet `acts`, one each; later ones are served."""
        endless = len(acts) == 1 and not callable(acts[0])
        self.server.misbehaviours[part] = acts[0] if endless else iter(acts)

    def behave(self):
        """Forgets what it was told and what it was asked."""
        self.server.misbehaviours = {}
        self.server.requests = []

    def asked(self, part):
        """How many requests had `part` in their path since it last began to behave."""
        return sum(part in path for path in self.server.requests)

    def close(self):
        self.server.closing.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
