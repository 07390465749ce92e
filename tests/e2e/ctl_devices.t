#!/usr/bin/python3
# Proves: faultcastctl devices --exporter shows what the exporter has counted, as a table and as JSON,
# over TCP and the unix socket. A server that is none cannot control the terminal, and gets an error.
import json
import os
import socket
import subprocess
import threading

import testbed

ESCAPE = "\x1b[2J"


def ctl(where, *flags):
    program = os.path.join(testbed.BUILD, "san/faultcastctl")
    done = subprocess.run([program, *flags, "devices", f"--exporter={where}"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60, check=False)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def varint(number):
    out = b""
    while number > 0x7f:
        out += bytes([number & 0x7f | 0x80])
        number >>= 7
    return out + bytes([number])


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


class Server:
    """Answers each request with the same bytes, then closes or goes on for ever."""

    def __init__(self, status, body, length=None):
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.sock.getsockname()[1]}"
        size = len(body) if length is None else length
        self.answer = f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n\r\n".encode() + body
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection, _ = self.sock.accept()
            connection.recv(4096)
            connection.sendall(self.answer)
            connection.close()


def rows(exporter):
    """Address and raised faults of each device, as /v1/devices has them."""
    return sorted((d["address"]["name"], d["published"]) for d in exporter.json("/v1/devices")["devices"])


def shown(bed, exporter, where, what):
    code, out, err = ctl(where)
    table = sorted((line.split()[0], line.split()[6]) for line in out.splitlines()[1:])
    bed.tap.same([code, table, err], [0, rows(exporter), ""], f"the table has what the exporter counted, {what}")
    code, out, err = ctl(where, "--json")
    bed.tap.same([code, json.loads(out)["devices"], err], [0, exporter.json("/v1/devices")["devices"], ""],
                 f"the JSON is the exporter's, {what}")


def hostile(bed):
    address = field(1, field(1, f"platform/{ESCAPE}".encode()))
    code, out, _ = ctl(Server("200 OK", field(1, address)).url)
    bed.tap.result(code == 0 and "platform/?[2J" in out and "\x1b" not in out, "a name cannot control the terminal")
    for what, server in (("bytes that are no message", Server("200 OK", b"\xff\xff\xff")),
                         ("a device without an address", Server("200 OK", field(1, b""))),
                         ("an answer that ends early", Server("200 OK", b"\x0a", 1000)),
                         ("an error", Server(f"500 {ESCAPE}", ESCAPE.encode()))):
        code, out, err = ctl(server.url)
        bed.tap.result(code == 1 and server.url in err and "\x1b" not in out + err, f"{what}: an error")


def test(bed):
    standin = bed.start_standin()
    standin.ask("load")
    path = os.path.join(bed.dir, "exporter.sock")
    exporter = bed.start_exporter(standin, f"--web.unix-socket={path}")
    bed.wait(exporter.is_ready, "an exporter is ready")
    standin.ask("publish 160")
    bed.wait(lambda: sum(int(published) for _, published in rows(exporter)) == 160, "all faults are counted")
    shown(bed, exporter, f"http://127.0.0.1:{exporter.address[1]}", "over TCP")
    shown(bed, exporter, path, "over the unix socket")
    hostile(bed)


if __name__ == "__main__":
    testbed.run(test, seconds=120)
