#!/usr/bin/python3
# Proves: however many clients ask for the devices of a large host at the same time, they share one page, and
# the exporter's memory does not grow with their number. Beyond the limit they get 503. Every format says the
# same, and a scrape is answered meanwhile.
import gzip
import http.client
import json
import os
import re
import socket

import stream  # noqa: F401, makes the messages of proto/ known
import testbed
from faultcast.v1 import device_pb2
from google.protobuf import json_format

FLEET = 4096
LIMIT = 40


def rss(exporter):
    """Resident memory in bytes."""
    with open(f"/proc/{exporter.popen.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) * 1024


def cpu(exporter):
    """Used processor time in seconds."""
    with open(f"/proc/{exporter.popen.pid}/schedstat", encoding="ascii") as times:
        return int(times.read().split()[0]) / 1e9


def ask(exporter, path, source, buffer=None):
    """A connection that has sent a request and has read nothing."""
    client = socket.socket()
    if buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    client.settimeout(60)
    client.bind((source, 0))
    client.connect(exporter.address)
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    return client


def read(client):
    """(status, body)"""
    response = http.client.HTTPResponse(client)
    response.begin()
    return response.status, response.read()


def close(clients):
    for client in clients:
        client.close()


def fetch(exporter, **headers):
    connection = exporter.connect(60)
    connection.request("GET", "/v1/devices", headers={name.replace("_", "-"): text for name, text in headers.items()})
    response = connection.getresponse()
    return response, response.read()


def without_health(devices):
    """A device's health may change from one page to the next."""
    return [{name: value for name, value in device.items() if name != "health"} for device in devices["devices"]]


def formats(bed, exporter):
    response, body = fetch(exporter)
    plain = json.loads(body)
    names = [device["address"]["name"] for device in plain["devices"]]
    bed.tap.same((len(set(names)), len(names)), (FLEET, FLEET), "JSON has each device once")
    bed.tap.same(response.headers["Vary"], "Accept, Accept-Encoding", "caches are told what the answer depends on")
    response, body = fetch(exporter, Accept_Encoding="gzip")
    bed.tap.same(response.headers["Content-Encoding"], "gzip", "it is compressed for clients that can read that")
    bed.tap.result(without_health(json.loads(gzip.decompress(body))) == without_health(plain), "it says the same then")
    _, body = fetch(exporter, Accept="application/x-protobuf")
    message = device_pb2.DeviceList.FromString(body)
    parsed = json_format.ParseDict(plain, device_pb2.DeviceList())
    bed.tap.result(without_health(json_format.MessageToDict(message)) ==
                   without_health(json_format.MessageToDict(parsed)), "and as protobuf")


def is_shared(bed, exporter):
    one = min(timed(exporter, 1) for _ in range(5))
    many = min(timed(exporter, LIMIT // 2) for _ in range(5))
    # They share two pages: the first one finds nobody else.
    bed.tap.result(many < 10 * one, f"{LIMIT // 2} requests take {many / one:.1f} times the processor time of one")


def timed(exporter, number):
    begin = cpu(exporter)
    clients = [ask(exporter, "/v1/devices", "127.0.0.1") for _ in range(number)]
    sizes = {len(read(client)[1]) for client in clients}
    close(clients)
    return cpu(exporter) - begin if len(sizes) == 1 else float("inf")


def is_limited(bed, exporter):
    for path, other in (("/v1/devices", "/metrics"), ("/metrics", "/v1/devices")):
        before = rss(exporter)
        clients = [ask(exporter, path, f"127.0.0.{2 + i % 2}", 4096) for i in range(LIMIT)]
        bed.wait(lambda: read(ask(exporter, path, "127.0.0.4"))[0] == 503,  # pylint: disable=cell-var-from-loop
                 f"{path}: with {LIMIT} requests that are not read, others get 503")
        grown = rss(exporter) - before
        bed.tap.result(grown < 64 << 20, f"{LIMIT} clients that do not read cost {grown >> 20} MiB")
        bed.tap.same(read(ask(exporter, other, "127.0.0.2"))[0], 200, f"{other} is answered meanwhile")
        close(clients)
        bed.wait(lambda: read(ask(exporter, path, "127.0.0.2"))[0] == 200,  # pylint: disable=cell-var-from-loop
                 "after they have gone, requests are answered")


def test(bed):
    standin = bed.start_standin()
    standin.ask(f"load fleet={FLEET}")
    exporter = bed.start_exporter(standin, san=False)
    bed.wait(exporter.is_ready, "the exporter is ready")
    standin.ask(f"publish {4 * FLEET}")
    bed.wait(lambda: exporter.has(4 * FLEET), f"{FLEET} devices have faults")
    formats(bed, exporter)
    is_shared(bed, exporter)
    is_limited(bed, exporter)


if __name__ == "__main__":
    testbed.run(test, seconds=300)
