#!/usr/bin/python3
# Proves: faultcastctl events treats the server as a stranger. No text of the server controls the
# terminal, an answer that never ends does not fill the memory, and no server is waited for without
# limit.
import concurrent.futures
import os
import resource
import socket
import subprocess
import threading
import time

import testbed
from stream import stream_pb2

STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nConnection: close\r\n\r\n"
JSON = STREAM.replace(b"x-protobuf", b"x-ndjson")
ERROR = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
# OSC and CSI as C0, CSI as C1 in UTF-8, CSI as a byte, right-to-left override.
TRICKS = "a/\x1b]0;owned\x07\x1b[2J\u009b2J\u202e"
MEMORY = 300000  # KiB that faultcastctl with the sanitizers may use
MUCH = 10000 * (b"x" * 65536,)


class Server:
    """Answers one request with the pieces of @answer, then holds the connection."""

    def __init__(self, answer, hold=60):
        self.answer = answer
        self.hold = hold
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        connection, _ = self.listener.accept()
        try:
            connection.recv(65536)
            for piece in self.answer:
                connection.sendall(piece)
            end = time.monotonic() + self.hold
            while time.monotonic() < end and self.hold:
                time.sleep(0.05)
        except OSError:
            pass
        connection.close()


def ctl(answer, *flags, hold=0):
    """Returns (exit status, standard output, standard error, seconds)."""
    program = os.path.join(testbed.BUILD, "san/faultcastctl")
    start = time.monotonic()
    done = subprocess.run([program, "events", "--timeout=1s", *flags, f"--exporter={Server(answer, hold).url}"],
                          capture_output=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr, time.monotonic() - start


def delimited(message):
    packed = message.SerializeToString()
    length, prefix = len(packed), b""
    while length >= 128:
        prefix += bytes([length & 127 | 128])
        length >>= 7
    return prefix + bytes([length]) + packed


def event(name):
    message = stream_pb2.StreamMessage(cursor="abc.1.0")
    message.event.instance, message.event.seq, message.event.kind = 0xabc, 1, 1
    message.event.device.name = name
    message.event.io_page_fault.iova = 4096
    return delimited(message)


def health(name):
    message = stream_pb2.StreamMessage(cursor="abc.1.7")
    message.health.device.name, message.health.to, message.health.rule = name, 3, "rule\x1b[0m"
    return delimited(message)


def heartbeat():
    message = stream_pb2.StreamMessage(cursor="abc.1.0")
    message.heartbeat.SetInParent()
    return delimited(message)


def controls(text):
    """The characters in @text that a terminal may obey."""
    return [c for c in text.decode(errors="surrogateescape")
            if c != "\n" and (c < " " or "\x7f" <= c <= "\x9f" or "\udc80" <= c <= "\udcff" or c == "\u202e")]


def says_nothing_to_the_terminal(bed):
    answers = {
        "an event": ([STREAM, event(TRICKS)], (), 2),
        "a health change": ([STREAM, health(TRICKS)], (), 2),
        "a device with a line break": ([STREAM, event("a/b\n2026-01-01 00:00:00 FAKE")], (), 2),
        "an error": ([ERROR, TRICKS.encode() + b"\x9b2J\r\nmore"], (), 0),
        "JSON": ([JSON, b'{"a":"' + TRICKS.encode()[:-1], TRICKS.encode()[-1:] + b'\x9b"}\n'], ("--json",), 1),
        "a status without a word": ([b"HTTP/1.1 200 \x1b[2J\r\nConnection: close\r\n\r\n", b"\xff\xff\xff"], (), 0),
    }
    for name, (answer, flags, lines) in answers.items():
        _, out, err, _ = ctl(answer, *flags)
        bed.tap.same((controls(out + err), out.count(b"\n"), b"Sanitizer" in err), ([], lines, False),
                     f"{name} with control characters is printable: {(out + err)[-80:]!r}")
    out = ctl([JSON, b'{"a":"\x1b\xc2\x9b\xf0\x9f\x92\xa5\xf3\xa0\x80\x81\xff"}\n'], "--json")[1]
    bed.tap.same(out.decode(), '{"a":"\\u001b\\u009b\U0001f4a5\\udb40\\udc01\\ufffd"}\n', "JSON keeps its meaning")


def says_something(bed):
    for name, body in (("no text", b""), ("empty lines", b"\n\n\n"), ("zeros", b"\0\0")):
        code, out, err, _ = ctl([ERROR, body])
        bed.tap.same((code, out, b"status 400" in err, b"null" in err), (1, b"", True, False),
                     f"an error with {name}: {err.decode().strip()}")


def is_a_stream(bed):
    """A login page of a proxy, and an answer that was cut, are no events."""
    line = b'{"a":1}\n'
    for name, answer, flags in (
            ("a page", [STREAM.replace(b"application/x-protobuf", b"text/html"), b"<html>login</html>\n"], ["--json"]),
            ("a page, without --json", [STREAM.replace(b"application/x-protobuf", b"text/html"), event("a/b")], []),
            ("another encoding", [STREAM, line], ["--json"]),
            ("no type", [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", line], ["--json"]),
            ("half a line", [JSON, line, line[:4]], ["--json"])):
        code, out, err, _ = ctl(answer, *flags)
        bed.tap.same((code, b"not a stream of events" in err, b"login" in out, b"a/b" in out), (1, True, False, False),
                     f"{name} is refused: {err.decode().strip()}")
    for kind in (b"application/x-ndjson; charset=utf-8", b"Application/X-NDJSON ;a=b"):
        code, out, err, _ = ctl([JSON.replace(b"application/x-ndjson", kind), line], "--json")
        bed.tap.same((code, out), (0, line), f"{kind.decode()} is a stream")


def is_bounded(bed):
    code, _, err, _ = ctl((ERROR, *MUCH))
    bed.tap.same((code, len(err) < 400), (1, True), "an error that never ends is cut")
    code, _, err, _ = ctl((STREAM, b"\xff\xff\xff\x7f", *MUCH))
    bed.tap.same((code, b"not a stream" in err), (1, True), "a message that never ends is refused")
    ctl((JSON, *MUCH), "--json")
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    bed.tap.result(most < MEMORY, f"all of them need little memory: {most} KiB")


def is_not_waited_for(bed):
    def trickle(first, piece):
        yield first
        while True:
            time.sleep(0.2)
            yield piece
    silent = {
        "nothing": [], "half a header": [STREAM[:20]], "headers alone": [STREAM], "half a message": [STREAM, event("a/b")[:9]],
        "headers without end": trickle(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
        "an error without end": trickle(ERROR, b"x"),
        "a message byte by byte": trickle(STREAM + b"\xff\x7f", b"x"),
        "100 Continue again and again": trickle(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    }
    with concurrent.futures.ThreadPoolExecutor() as pool:
        results = list(pool.map(lambda answer: ctl(answer, hold=60), silent.values()))
    for name, (code, _, err, seconds) in zip(silent, results):
        bed.tap.result(code == 1 and seconds < 30 and err.startswith(b"faultcastctl: http"),
                       f"a server that sends {name} is given up: {err.decode().strip()}")
    code, _, err, seconds = ctl(trickle(JSON, b"x"), "--json", hold=60)
    bed.tap.result(code == 1 and seconds < 30, "the same for JSON without line breaks")

    def beat():
        yield STREAM
        for _ in range(3):
            yield heartbeat()
            time.sleep(1.5)
        yield event("a/b")
    code, out, err, _ = ctl(beat(), "--follow")
    bed.tap.same((code, b"a/b" in out, err), (0, True, b""), "with --follow, the time between messages may be longer")


def test(bed):
    says_nothing_to_the_terminal(bed)
    says_something(bed)
    is_a_stream(bed)
    is_bounded(bed)
    is_not_waited_for(bed)


if __name__ == "__main__":
    testbed.run(test, seconds=180)
