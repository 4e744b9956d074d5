"""The HTTP of the primary's sidecar."""

import hmac
import json
import signal
import socket
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from lib_archive import pack
from lib_catalog import compared, object_of
from lib_run import Failed, say
from lib_tree import Gone, read_changes


class Handler(BaseHTTPRequestHandler):
    """One a request; the class made by `server` below holds token, journal and snapshots."""

    protocol_version = "HTTP/1.1"
    timeout = 300

    def do_GET(self):
        path = urlsplit(self.path).path
        if path == "/healthz":
            self._json(200, {"status": "ok", "moment": self.journal.clock()})
        elif path not in ("/changes", "/delta"):
            self._json(404, {"error": "There is /healthz, /snapshot, /changes and /delta."})
        elif self._may():
            self._since({"/changes": self._changes, "/delta": self._delta}[path])

    def do_POST(self):
        # no body is expected, and none is left to be taken for the next request
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if urlsplit(self.path).path != "/snapshot":
            self._json(404, {"error": "There is POST /snapshot."})
        elif self._may():
            try:
                self._json(200, self.snapshots.take())
            except (Failed, OSError) as error:
                say(f"A snapshot failed: {error}")
                self._json(500, {"error": str(error)})

    def _may(self):
        given = (self.headers.get("Authorization") or "").encode()
        if hmac.compare_digest(given, f"Bearer {self.token}".encode()):
            return True
        self._json(401, {"error": "A token is needed."})
        return False

    def _since(self, answer):
        text = parse_qs(urlsplit(self.path).query).get("since", [""])[0]
        try:
            since = float(text)
            if not 0 <= since < 1e12:
                raise ValueError
        except ValueError:
            self._json(400, {"error": "since is a number of seconds, or 0 for everything."})
            return
        try:
            moment, changes = self.journal.changes(since)
        except Gone:
            self._json(410, {"error": "What went before is forgotten: ask with since=0."})
            return
        with changes:
            answer(moment, changes)

    def _changes(self, moment, changes):
        """NDJSON: a catalog object a line, and a last line with the moment, by which a whole answer is known."""
        out = self._stream("application/x-ndjson")
        tree = self.journal.tree
        for path, gone in read_changes(changes):
            found = object_of(path)
            if found is None:
                continue
            if not gone:
                data = tree.read(path)
                if data is None:
                    continue
                found["shows"] = compared(data)
            out.write(json.dumps({**found, "gone": gone}).encode() + b"\n")
        out.write(json.dumps({"moment": moment}).encode() + b"\n")
        out.end()

    def _delta(self, moment, changes):
        out = self._stream("application/gzip")
        pack(self.journal.tree, changes, moment, out)
        out.end()

    def _stream(self, content_type):
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        # an answer that breaks off must not look whole: only end() writes the last chunk
        self.close_connection = True
        return _Chunks(self.wfile)

    def _json(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


class _Chunks:
    def __init__(self, file):
        self.file = file
        self.buffer = bytearray()

    def write(self, data):
        self.buffer += data
        if len(self.buffer) >= 65536:
            self._send()
        return len(data)

    def flush(self):
        pass

    def end(self):
        self._send()
        self.file.write(b"0\r\n\r\n")
        self.file.flush()

    def _send(self):
        if self.buffer:
            self.file.write(b"%x\r\n%s\r\n" % (len(self.buffer), self.buffer))
            self.buffer.clear()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    address_family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET

    def server_bind(self):
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        # HTTPServer would ask the DNS for its own name
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "sidecar", self.server_address[1]

    def handle_error(self, request, client_address):
        # who asked went away, or the disk failed: the answer broke off, which the other side sees
        say(f"An answer to {client_address[0]} broke off: {sys.exc_info()[1]!r}")


def bound(handler, port, **members):
    """A server that listens on all addresses, whose handler has these members; port 0 takes a free one."""
    return Server(("", port), type("Bound", (handler,), members))


def server(port, token, journal, snapshots):
    return bound(Handler, port, token=token, journal=journal, snapshots=snapshots)


def serve(port, token, journal, snapshots):
    """Until SIGTERM."""
    run_until_told(server(port, token, journal, snapshots))


def run_until_told(made):
    def stop(*_):
        # shutdown() waits for the loop that this signal interrupted
        threading.Thread(target=made.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    say(f"Listening on port {made.server_address[1]}.")
    made.serve_forever(0.2)
    made.server_close()
