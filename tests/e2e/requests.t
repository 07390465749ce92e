#!/usr/bin/python3
# Proves: every path refuses what is no valid target of a request, and takes no parameter twice. HEAD is
# answered with the headers of GET and without a body. Requests in one packet are answered in their order.
import socket

import testbed

PATHS = ("/metrics", "/", "/v1/events", "/v1/devices", "/v1/status", "/-/healthy", "/-/ready")


def ask(exporter, request, seconds=20):
    """Everything that the exporter sends until it closes the connection."""
    answer = b""
    with socket.create_connection(exporter.address, timeout=seconds) as client:
        client.sendall(request)
        while True:
            more = client.recv(65536)
            if not more:
                return answer
            answer += more


def get(target, *headers):
    lines = [b"GET " + target + b" HTTP/1.1", b"Host: x", b"Connection: close", *headers, b"", b""]
    return b"\r\n".join(lines)


def status(exporter, target, *headers):
    return int(ask(exporter, get(target, *headers)).split(b" ", 2)[1])


def targets(bed, exporter):
    for path in PATHS:
        path = path.encode()
        wrong = [path + b"%00", path + b"\0", path + b"\0x", path + b"%0a", path + b"%zz", path + b"%4", path + b"#x",
                 path + b"?x=%00", path + b"?x=\0", path + b"?x=%", path + b"?x=%ff", path + b"?x=\xc3\xa9",
                 path + b"?x=1%0d%0aY:2", path + b" x", path.replace(b"/", b"%2f")]
        got = {target: status(exporter, target) for target in wrong}
        bed.tap.same({target: code for target, code in got.items() if code != 400}, {},
                     f"{path.decode()}: {len(wrong)} wrong targets get 400")
    for target, expected in ((b"/%6detrics", 200), (b"/METRICS", 404), (b"//metrics", 404), (b"/metrics/", 404),
                             (b"/v1/../metrics", 404), (b"http://any.host/metrics", 200), (b"*", 404),
                             (b"?x", 400), (b"http:///metrics", 400), (b"http://", 400), (b"http://?x", 400),
                             (b"http://any.host?x", 200), (b"HTTP://any.host:1/", 200),
                             (b"/metrics?collect[]=aer&x=1&x=2", 200), (b"/-/healthy?x", 200), (b"/?x", 200)):
        bed.tap.same(status(exporter, target), expected, f"{target.decode()} gets {expected}")


def parameters(bed, exporter):
    for query, expected in (
            (b"limit=1&limit=1", 400), (b"limit=1&limit=2", 400), (b"after=latest&after=", 400),
            (b"follow=0&follow=1", 400), (b"LIMIT=1", 400), (b"limit=0x1", 400), (b"limit=1;kind=aer", 400),
            (b"=1", 400), (b"device=a%0ab/c", 400), (b"device=%ff/%fe", 400), (b"&".join([b"limit=1"] * 2000), 400),
            (b"&".join([b"kind=aer"] * 2000) + b"&limit=1", 200), (b"kind=aer&kind=link&limit=1", 200),
            (b"limit=%31", 200), (b"&limit=1&", 200), (b"limit=1&since=2026-01-31T12:00:00+01:00", 200)):
        bed.tap.same(status(exporter, b"/v1/events?" + query), expected, f"{query[:60].decode()} gets {expected}")
    for path in (b"/v1/devices", b"/v1/status"):
        bed.tap.same(status(exporter, path + b"?color=red"), 400, f"{path.decode()} refuses an unknown parameter")
    for query, expected in ((b"coverage=1", 200), (b"coverage=1&coverage=1", 400), (b"Coverage=1", 400),
                            (b"coverage=2", 400), (b"coverage", 400), (b"coverage=%31", 200)):
        bed.tap.same(status(exporter, b"/v1/devices?" + query), expected, f"{query.decode()} gets {expected}")
    for headers in ((b"Content-Length: 5", b"Transfer-Encoding: chunked"), (b"Content-Length: 0", b"Content-Length: 5"),
                    (b"Content-Length : 5",), (b"Transfer-Encoding\t: chunked",), (b"X : y",),
                    (b"Transfer-Encoding: gzip, chunked",), (b"Transfer-Encoding: chunked", b"Transfer-Encoding: x")):
        bed.tap.same(status(exporter, b"/metrics", *headers), 400, f"{headers} are refused")


def headers_of(exporter, method, path, accept):
    connection = exporter.connect()
    connection.request(method, path, headers={"Accept": accept, "Accept-Encoding": "gzip"})
    response = connection.getresponse()
    headers = {name: value for name, value in response.getheaders() if name not in ("Date", "Connection")}
    connection.close()
    return response.status, headers


def heads(bed, exporter):
    for path in (*PATHS, "/v1/events?follow=1", "/v1/events?limit=0", "/nothing"):
        for accept in ("*/*", "application/x-protobuf", "text/event-stream", "application/openmetrics-text"):
            code, headers = headers_of(exporter, "GET", path, accept)
            # The framing of a body that has no end yet. RFC 9110 9.3.2 lets HEAD leave it out.
            headers.pop("Transfer-Encoding", None)
            length = int(headers.pop("Content-Length", 0))
            head_code, head_headers = headers_of(exporter, "HEAD", path, accept)
            head_length = int(head_headers.pop("Content-Length", 0))
            bed.tap.same((head_code, head_headers), (code, headers), f"HEAD {path} as {accept} has the headers of GET")
            # A metrics page has counters that grow by a digit.
            bed.tap.result(abs(head_length - length) <= length // 20, f"its length is {head_length} of {length}")
    for path in (*PATHS, "/v1/events?follow=1", "/nothing"):
        answer = ask(exporter, b"HEAD " + path.encode() + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        bed.tap.same(answer.partition(b"\r\n\r\n")[2], b"", f"HEAD {path} ends, and has no body")
    bed.wait(lambda: exporter.metric("faultcast_stream_clients") == 0, "HEAD of a stream opens no stream")


def responses(answer, methods):
    """[(status, length of the body)] of the responses to requests with these methods."""
    got = []
    for method in methods:
        head, _, answer = answer.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        size = 0
        if method == "GET" and "Content-Length" in headers:
            size = int(headers["Content-Length"])
            answer = answer[size:]
        while method == "GET" and headers.get("Transfer-Encoding") == "chunked":
            number, _, answer = answer.partition(b"\r\n")
            answer = answer[int(number, 16) + 2:]
            if not int(number, 16):
                break
            size += int(number, 16)
        got.append((int(first.split(" ")[1]), size))
    return got, answer


def pipeline(bed, exporter):
    requests = [get(path.encode()).replace(b"Connection: close\r\n", b"") for path in
                ("/-/healthy", "/v1/devices", "/metrics", "/v1/events?limit=2", "/nothing", "/v1/status?x=%00")] * 5
    head = requests[0].replace(b"GET", b"HEAD")
    answer = ask(exporter, b"".join(requests) + head + get(b"/-/ready"))
    got, rest = responses(answer, ["GET"] * len(requests) + ["HEAD", "GET"])
    bed.tap.same([code for code, _ in got], [200, 200, 200, 200, 404, 400] * 5 + [200, 200],
                 "32 requests in one packet are answered in order")
    bed.tap.same(([bool(size) for _, size in got], rest), ([True] * 30 + [False, True], b""), "all but HEAD with a body")


def test(bed):
    standin = bed.start_standin()
    standin.ask("load")
    exporter = bed.start_exporter(standin)
    bed.wait(exporter.is_ready, "the exporter is ready")
    standin.ask("publish 100")
    bed.wait(lambda: exporter.has(100), "and has 100 events")
    targets(bed, exporter)
    parameters(bed, exporter)
    heads(bed, exporter)
    pipeline(bed, exporter)


if __name__ == "__main__":
    testbed.run(test, seconds=180)
