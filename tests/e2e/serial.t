#!/usr/bin/python3
# Proves: without --metrics.serial no client of TCP gets a serial number, on no path and in no format, from memory
# or from the store. Clients of the unix socket do, and with the flag everybody.
import gzip
import http.client
import os
import re
import socket
import struct

import stream
import testbed

METRICS = ("text/plain", "application/openmetrics-text", "application/vnd.google.protobuf; "
           "proto=io.prometheus.client.MetricFamily; encoding=delimited")
PAGES = [("/metrics", accept) for accept in METRICS] + \
    [(path, accept) for path in ("/v1/devices", "/v1/devices?coverage=1")
     for accept in ("application/json", "application/x-protobuf")] + \
    [("/v1/events?limit=40", accept) for accept in stream.READERS] + [("/v1/status", "application/json")]


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


def fetch(connection, path, accept):
    """The body of an answer, and of the same answer compressed if there is one."""
    bodies = b""
    for encoding in ("identity", "gzip"):
        connection.request("GET", path, headers={"Accept": accept, "Accept-Encoding": encoding})
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise testbed.Error(f"{path}: {response.status} {body}")
        bodies += gzip.decompress(body) if response.headers["Content-Encoding"] == "gzip" else body
    connection.close()
    return bodies


def varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7f | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def spellings(serial):
    return (str(serial).encode(), bytes(f"{serial:016x}", "ascii"), struct.pack("<Q", serial), struct.pack(">Q", serial),
            varint(serial), "-".join(f"{byte:02x}" for byte in struct.pack(">Q", serial)).encode())


def found(serials, body):
    return {serial for serial in serials if any(text in body for text in spellings(serial))}


def check(bed, exporter, path, serials, shown, what):
    """@shown: whether clients of TCP see serial numbers."""
    for page, accept in PAGES:
        expected = set() if page == "/v1/status" else serials
        bed.tap.same(found(serials, fetch(exporter.connect(), page, accept)), expected if shown else set(),
                     f"{what}: TCP, {page} as {accept.partition(';')[0]}: {len(expected) if shown else 0} numbers")
        bed.tap.same(found(serials, fetch(UnixConnection(path), page, accept)), expected,
                     f"{what}: the unix socket, {page}: {len(expected)} numbers")


def test(bed):
    standin = bed.start_standin()
    standin.ask("load")
    path, store = os.path.join(bed.dir, "exporter.sock"), os.path.join(bed.dir, "events")
    flags = ["--web.unix-socket=" + path, "--storage.path=" + store]
    exporter = bed.start_exporter(standin, *flags, "--metrics.serial")
    bed.wait(exporter.is_ready, "an exporter with --metrics.serial is ready")
    standin.ask("publish 40")
    bed.wait(lambda: exporter.has(40), "and has events")
    serials = {int(number) for number in re.findall(r'"serial":\{"value":"(\d+)"', exporter.get("/v1/devices")[1])}
    bed.tap.result(len(serials) > 1, f"{len(serials)} devices have a serial number")
    check(bed, exporter, path, serials, True, "with the flag")
    exporter.check_stop()
    exporter = bed.start_exporter(standin, *flags, "--metrics.serial=false")
    bed.wait(exporter.is_ready, "an exporter with --metrics.serial=false is ready")
    check(bed, exporter, path, serials, False, "from the window")
    bed.tap.result('serial=""' in exporter.get("/metrics")[1], "the label is empty, and the same for all")
    standin.ask("publish 17000 100000")
    bed.wait(lambda: exporter.has(17040), "more events come than memory holds")
    check(bed, exporter, path, serials, False, "from the store")
    exporter.check_stop()


if __name__ == "__main__":
    testbed.run(test, seconds=180)
