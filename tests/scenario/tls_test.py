"""The daemon over TCP: with the right certificates as good as its socket, and clear words without."""

import os
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import sandbox
from stack import Stack, wait_until

IMAGE = "busybox:test"
PORT = 7070


class Authority:
    """Signs certificates; all of its files are in one directory."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-subj", f"/CN={name}", "-days", "2", "-keyout", self.key, "-out", self.certificate)

    key = property(lambda self: self.path(self.name + ".key"))
    certificate = property(lambda self: self.path(self.name + ".pem"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)

    def sign(self, name, days=2):
        """The files of a certificate whose common name and DNS name is `name`, and of its key."""
        key, request, certificate, more = (self.path(f"{self.name}-{name}.{kind}") for kind in
                                           ("key", "csr", "pem", "ext"))
        with open(more, "w") as file:
            file.write(f"subjectAltName=DNS:{name}\n")
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        self.openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
                     "-CAcreateserial", "-days", str(days), "-extfile", more, "-out", certificate)
        return certificate, key


def setUpModule():
    global stack, authority, stranger, folder
    sandbox.enter()
    folder = tempfile.TemporaryDirectory(prefix="stave-tls-")
    unittest.addModuleCleanup(folder.cleanup)
    authority, stranger = Authority(folder.name, "ours"), Authority(folder.name, "theirs")
    certificate, key = authority.sign("localhost")
    stack = Stack(
        os.environ["STAVE_BUILD"],
        overrides=f'[endpoint.tls]\naddress = "127.0.0.1:{PORT}"\ncertificate = "{certificate}"\n'
                  f'key = "{key}"\nclientCa = "{authority.certificate}"\n'
                  '[[endpoint.rights]]\nuser = "admin"\nrights = "full"\n'
                  '[[endpoint.rights]]\nuser = "guest"\nrights = "read"\n',
    )
    stack.start_with_busybox()
    unittest.addModuleCleanup(stack.destroy)


def stave(user, *arguments, host=f"tls://localhost:{PORT}", by=None, trusts=None, name=None):
    certificate, key = (by or authority).sign(user)
    flags = ["-H", host, "--tls-ca", (trusts or authority).certificate, "--tls-cert", certificate,
             "--tls-key", key]
    if name:
        flags += ["--tls-name", name]
    return run(*flags, *arguments)


def run(*arguments, environment=None):
    program = os.path.join(stack.build, "bin", "stave")
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60,
                          env={**os.environ, **(environment or {})})


class TlsTest(unittest.TestCase):
    def good(self, result):
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def refused(self, result, *words):
        self.assertNotEqual(result.returncode, 0, result.stdout)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)

    def test_commands_work_as_over_the_socket(self):
        self.assertIn("busybox", self.good(stave("admin", "images")))
        self.good(stave("admin", "run", "-d", "--name", "web", IMAGE, "sleep", "1000"))
        self.assertIn("web", self.good(stave("admin", "ps")))
        self.assertIn("sleep", self.good(stave("admin", "top", "web")))
        self.good(stave("admin", "logs", "web"))
        self.good(stave("admin", "cp", "web:/etc/passwd", folder.name))
        self.assertTrue(os.path.exists(folder.name + "/passwd"))
        archive = folder.name + "/busybox.tar"
        self.good(stave("admin", "save", IMAGE, "-o", archive))
        self.assertIn(IMAGE, self.good(stave("admin", "load", "-i", archive)))
        self.good(stave("admin", "rm", "-f", "web"))
        self.assertEqual(stack.pods(), {})

    def test_streams_of_processes_do_not_cross_and_nothing_is_left(self):
        self.refused(stave("admin", "run", "--rm", IMAGE, "true"), "only over its Unix socket")
        self.assertEqual(stack.pods(), {})

    def test_the_environment_names_the_files(self):
        certificate, key = authority.sign("admin")
        result = run("ps", environment={
            "STAVE_HOST": f"tls://localhost:{PORT}", "STAVE_TLS_CA": authority.certificate,
            "STAVE_TLS_CERT": certificate, "STAVE_TLS_KEY": key})
        self.good(result)

    def test_rights_are_those_of_the_common_name(self):
        self.good(stave("guest", "images"))
        self.refused(stave("guest", "volume", "create", "data"), "certificate/guest", "may only read")
        self.refused(stave("nobody", "images"), "certificate/nobody")

    def test_a_client_of_another_authority_is_refused(self):
        self.refused(stave("admin", "ps", by=stranger), "does not accept this client's certificate")
        wait_until(lambda: "a client's connection failed" in stack.log(), "the daemon to tell")

    def test_a_daemon_of_another_authority_is_refused(self):
        self.refused(stave("admin", "ps", trusts=stranger), f"tls://localhost:{PORT} is not accepted")

    def test_the_daemons_name_must_be_in_its_certificate(self):
        there = f"tls://127.0.0.1:{PORT}"
        self.refused(stave("admin", "ps", host=there), "is not accepted", "mismatch")
        self.good(stave("admin", "ps", host=there, name="localhost"))

    def test_mistakes_are_told(self):
        certificate, key = authority.sign("admin")
        host = ("-H", f"tls://localhost:{PORT}")
        self.refused(run(*host, "ps"), "--tls-ca FILE")
        ours = (*host, "--tls-ca", authority.certificate)
        self.refused(run(*ours, "ps"), "--tls-key FILE")
        self.refused(run(*ours, "--tls-cert", key, "--tls-key", key, "ps"), key, "no certificate")
        self.refused(run(*ours, "--tls-cert", certificate, "--tls-key", certificate, "ps"), "no private key")
        self.refused(run(*ours, "--tls-cert", "/no/such.pem", "--tls-key", key, "ps"), "/no/such.pem")
        other = stranger.sign("admin")[1]
        self.refused(run(*ours, "--tls-cert", certificate, "--tls-key", other, "ps"), "is not the key of")
        self.refused(stave("admin", "ps", host="tls://localhost:1"), "does not answer", "refused")
        self.refused(stave("admin", "ps", host="tls://no.such.host.invalid"), "does not answer")
        self.refused(run("-H", "tls://", "ps"), "tls://HOST:PORT")
        self.refused(run("-H", f"tcp://localhost:{PORT}", "ps"), "tls://HOST:PORT")

    def test_who_speaks_no_tls_disturbs_nobody(self):
        with socket.create_connection(("127.0.0.1", PORT)) as silent, \
                socket.create_connection(("127.0.0.1", PORT)) as loud:
            loud.sendall(b"GET / HTTP/1.0\r\n\r\n")
            self.good(stave("admin", "ps"))
            silent.close()
        self.good(stave("admin", "ps"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
