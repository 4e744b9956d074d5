import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import wait_for
from base import Case

from lib_run import Deadline, Failed, Wrong, wait_until


class Web(BaseHTTPRequestHandler):
    statuses = [503, 503, 401]

    def do_GET(self):
        self.send_response(self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class WaitFor(Case):
    def run_it(self, *urls, timeout="2", **environ):
        return self.call(wait_for.main, ["--timeout", timeout, "--interval", "0.02", *urls], environ)

    def listen(self, answers):
        """A TCP server that sends one answer a line it got."""
        listening = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listening.close)
        self.got = []

        def serve():
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    for answer in list(answers):
                        self.got.append(connection.recv(1024))
                        connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        return f"127.0.0.1:{listening.getsockname()[1]}"

    def test_a_web_server_answers_once_it_is_not_unavailable_any_more(self):
        Web.statuses = [503, 404, 401]
        server = HTTPServer(("127.0.0.1", 0), Web)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        out = self.run_it(f"http://127.0.0.1:{server.server_port}/geoserver/")
        self.assertIn("it answers 503.", out)
        self.assertIn("it answers 404.", out)
        self.assertTrue(out.endswith("/geoserver/ answers.\n"))

    def test_the_same_reason_is_told_once(self):
        with self.assertRaises(Failed) as raised:
            self.run_it("tcp://127.0.0.1:9", timeout="0.3")
        self.assertIn("Gave up waiting for tcp://127.0.0.1:9: Connection refused.", str(raised.exception))

    def test_redis_is_logged_in_to_and_its_password_never_printed(self):
        place = self.listen([b"+OK\r\n", b"+PONG\r\n"])
        out = self.run_it(f"redis://:p%40ss@{place}/0")
        self.assertEqual(self.got[0], b"*2\r\n$4\r\nAUTH\r\n$4\r\np@ss\r\n")
        self.assertIn("redis://:***@", out)
        self.assertNotIn("p%40ss", out)

    def test_a_redis_that_loads_is_waited_for(self):
        place = self.listen([b"-LOADING Redis is loading the dataset\r\n"])
        with self.assertRaisesRegex(Failed, "LOADING"):
            self.run_it(f"redis://{place}", timeout="0.1")

    def test_postgresql_is_known_by_its_first_word(self):
        self.assertIn("answers", self.run_it(f"postgis://{self.listen([b'N'])}/x"))
        with self.assertRaisesRegex(Failed, "does not speak PostgreSQL"):
            self.run_it(f"postgis://{self.listen([b'H'])}/x", timeout="0.1")

    def test_urls_may_come_from_the_environment_or_a_file(self):
        place = self.listen([b"+PONG\r\n"])
        self.assertIn("answers", self.run_it("env:BROKER", BROKER=f"redis://{place}"))
        self.write(f"redis://{place}\n", "url")
        self.assertIn("answers", self.run_it("env:BROKER", BROKER_FILE=self.path("url")))

    def test_wrong_urls_are_refused_at_once(self):
        with self.assertRaisesRegex(Wrong, "amqp://u:\\*\\*\\*@h cannot be waited for"):
            self.run_it("amqp://u:secret@h")
        with self.assertRaisesRegex(Wrong, "names no port"):
            self.run_it("tcp://localhost")
        with self.assertRaisesRegex(Wrong, "NOTHING is not set"):
            self.run_it("env:NOTHING")


class WaitUntil(Case):
    def test_it_tells_each_reason_once_and_gives_back_what_came(self):
        reasons, told = iter(["a", "a", "b"]), []

        def check():
            reason = next(reasons, None)
            if reason:
                raise Failed(reason)
            return 7

        deadline = Deadline(60, now=lambda: 0)
        self.assertEqual(wait_until(check, "it", deadline, sleep=lambda _: None, tell=told.append), 7)
        self.assertEqual(told, ["Waiting for it: a.", "Waiting for it: b."])
