#!/usr/bin/python3
# Proves: behind a proxy with the settings of docs/stream.md, which are its defaults, each event arrives at once
# in every encoding, and the links of the start page lead to its paths below any prefix.
import os
import re
import urllib.parse
import zlib

import stream
import testbed

PORT, PREFIX = 8080, "/node1/faultcast/"
NGINX = """
worker_processes 1; daemon off; master_process off; pid {dir}/nginx.pid; error_log {dir}/nginx.log;
events {{ worker_connections 64; }}
http {{
	access_log off; client_body_temp_path {dir}/b; proxy_temp_path {dir}/p; fastcgi_temp_path {dir}/f;
	uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
	server {{
		listen 127.0.0.1:{port}; gzip {gzip}; gzip_types application/x-ndjson text/event-stream;
		location / {{ proxy_pass http://127.0.0.1:{upstream}; }}
		location {prefix} {{ proxy_pass http://127.0.0.1:{upstream}/; }}
	}}
}}
"""
HAPROXY = """
defaults
	mode http
	timeout connect 5s
	timeout client 60s
	timeout server 60s
frontend front
	bind 127.0.0.1:{port}
	default_backend exporter
backend exporter
	http-request replace-path {prefix}(.*) /\\1
	server local 127.0.0.1:{upstream}
"""


class Proxy(testbed.Process, testbed.Served):
    def __init__(self, bed, name, command, text):
        path = os.path.join(bed.dir, name + ".conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        testbed.Served.__init__(self, ("127.0.0.1", PORT))
        testbed.Process.__init__(self, bed, [*command, path])


def proxies(bed, exporter):
    """(name, function that starts it) for each proxy that is installed."""
    values = {"dir": bed.dir, "port": PORT, "prefix": PREFIX, "upstream": exporter.address[1]}
    log = os.path.join(bed.dir, "nginx.log")
    for gzip in ("off", "on"):
        yield f"nginx, gzip {gzip}", lambda text=NGINX.format(**values, gzip=gzip): Proxy(
            bed, "nginx", ["/usr/sbin/nginx", "-e", log, "-c"], text)
    yield "HAProxy", lambda: Proxy(bed, "haproxy", ["/usr/sbin/haproxy", "-f"], HAPROXY.format(**values))


def events(bed, standin, name):
    """Each event must arrive before the next one is published."""
    for encoding in stream.READERS:
        with stream.Stream(("127.0.0.1", PORT), "follow=1&after=latest", encoding) as client:
            for _ in range(3):
                head = standin.ask("publish 1")["head"]
                got = client.read_until(lambda m: m.seq == head, 20)  # pylint: disable=cell-var-from-loop
                bed.tap.result(got, f"{name}: event {head} as {encoding} before the next one")
            client.cut()


def compressed(bed, standin, proxy):
    """A proxy that compresses the stream passes each event on at once too."""
    connection = proxy.connect()
    connection.request("GET", "/v1/events?follow=1&after=latest", headers={"Accept-Encoding": "gzip"})
    response = connection.getresponse()
    bed.tap.same(response.headers["Content-Encoding"], "gzip", "the proxy compresses the stream")
    unpacked, unpack = b"", zlib.decompressobj(16 + zlib.MAX_WBITS).decompress
    for _ in range(3):
        head = standin.ask("publish 1")["head"]
        while f'"seq":"{head}"'.encode() not in unpacked:
            unpacked += unpack(response.read1(65536))
        bed.tap.result(True, f"event {head}, compressed, before the next one")
    connection.close()


def links(bed, proxy, name):
    _, page = proxy.get(PREFIX)
    found = re.findall('href="([^"]*)"', page)
    bed.tap.result(len(found) > 5, f"{name}: the start page has {len(found)} links")
    for link in found:
        url = urllib.parse.urlsplit(urllib.parse.urljoin(f"http://127.0.0.1:{PORT}{PREFIX}", link))
        connection = proxy.connect()
        connection.request("GET", f"{url.path}?{url.query}")
        response = connection.getresponse()  # a stream has no end
        bed.tap.result(url.path.startswith(PREFIX) and response.status == 200, f"{name}: {link} leads to {url.path}")
        connection.close()


def test(bed):
    standin = bed.start_standin()
    standin.ask("load")
    exporter = bed.start_exporter(standin)
    bed.wait(exporter.is_ready, "the exporter is ready")
    for name, start in proxies(bed, exporter):
        proxy = bed.started(start())
        bed.wait(proxy.is_ready, f"{name} passes requests on")
        events(bed, standin, name)
        if "gzip on" in name:
            compressed(bed, standin, proxy)
        links(bed, proxy, name)
        proxy.kill()


if __name__ == "__main__":
    testbed.run(test, seconds=180)
