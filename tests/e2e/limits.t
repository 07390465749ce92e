#!/usr/bin/python3
# Proves: no client keeps others waiting. A connection without a complete request gives way to a new one. A request, an
# answer and an idle connection have deadlines. One address has a limit of connections and of requests for metrics,
# which leaves enough to others. Clients that are gone are noticed at once. The exporter keeps descriptors for its own
# work. Each refusal is counted.
import fcntl
import os
import re
import resource
import select
import socket
import struct
import time

import stream
import sysfs
import testbed

SIOCSIFADDR, LOOPBACK = 0x8916, 1
NOBODY = 65534

HEADERS = b" HTTP/1.1\r\nHost: x\r\n"
SCRAPE = b"GET /metrics" + HEADERS + b"\r\n"
FOLLOW = b"GET /v1/events?follow=1&after=latest" + HEADERS + b"\r\n"
REPLAY = b"GET /v1/events?follow=1" + HEADERS + b"\r\n"
HEALTHY = b"GET /-/healthy" + HEADERS + b"\r\n"
BODIES = (b"GET /metrics" + HEADERS + b"Content-Length: 1\r\n\r\n",
          b"GET /metrics" + HEADERS + b"Transfer-Encoding: chunked\r\n\r\n",
          b"HEAD /metrics" + HEADERS + b"Content-Length: 1\r\n\r\n")


def connect(address, source, data=b"", rcvbuf=None):
    """A connection from the address @source that has sent @data, or was refused meanwhile."""
    sock = socket.socket(socket.AF_INET6 if ":" in source else socket.AF_INET)
    if rcvbuf:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
    sock.settimeout(20)
    sock.bind((source, 0))
    try:
        sock.connect(address)
        sock.sendall(data)
    except ConnectionError:
        pass
    return sock


def status(sock):
    """The status of the answer, or "refused" if the exporter closed the connection instead."""
    try:
        return sock.recv(12).decode()[9:] or "refused"
    except TimeoutError:
        return "no answer"
    except OSError:
        return "refused"


def ended(sock):
    """Whether the exporter has closed the connection."""
    sock.setblocking(False)
    try:
        while sock.recv(1 << 20):
            pass
        return True
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        sock.settimeout(20)


def all_ended(socks):
    return all([ended(sock) for sock in socks])


def close_all(socks):
    for sock in socks:
        sock.close()


def from_address(exporter, source, path="/metrics"):
    """The status of a request of a new client."""
    sock = connect(exporter.address, source, f"GET {path}".encode() + HEADERS + b"Connection: close\r\n\r\n")
    answer = status(sock)
    sock.close()
    return answer


def closed(exporter, reason):
    return exporter.metric(f'faultcast_http_connections_closed_total{{reason="{reason}"}}')


def refused(exporter, resource_name):
    return exporter.metric(f'faultcast_http_requests_refused_total{{resource="{resource_name}"}}')


def queues(address):
    """(send, receive): the bytes in the queues of each connection to @address, see /proc/net/tcp."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        lines = [line.split() for line in table.readlines()[1:]]
    return [tuple(int(size, 16) for size in line[4].split(":")) for line in lines
            if line[1].endswith(f":{address[1]:04X}") and line[3] == "01"]


def has_read_all(exporter):
    return not any(receive for _, receive in queues(exporter.address))


def start(bed, standin, *flags, **options):
    exporter = bed.start_exporter(standin, *flags, **options)
    bed.wait(exporter.is_ready, "an exporter with " + (" ".join(flags) or "default limits"))
    return exporter


def bodies(bed, standin):
    """Requests that announce a body and do not send it."""
    exporter = start(bed, standin, "--web.request-timeout=4s")
    socks = [connect(exporter.address, "127.0.0.2", BODIES[i % 3]) for i in range(60)]
    bed.tap.same([from_address(exporter, source) for source in ("127.0.0.3", "127.0.0.2")], ["200", "200"],
                 "60 requests whose body does not come take nothing from scrapes")
    bed.wait(lambda: all_ended(socks), "they are closed")
    bed.tap.same(closed(exporter, "request_timeout"), 60, "and counted")
    close_all(socks)
    exporter.check_stop()


def slow_readers(bed, standin):
    """Clients that ask for a page of metrics and do not read it."""
    exporter = start(bed, standin, "--web.max-requests=4", "--web.response-timeout=4s")
    socks = [connect(exporter.address, "127.0.0.2", SCRAPE, 4096) for _ in range(3)]
    bed.tap.result(testbed.wait_for(lambda: refused(exporter, "metrics")), "one address gets half of the pages")
    bed.tap.same(from_address(exporter, "127.0.0.3"), "200", "another address gets a page meanwhile")
    bed.wait(lambda: closed(exporter, "response_timeout") == 2, "clients that do not read their page are closed")
    bed.tap.same(from_address(exporter, "127.0.0.2"), "200", "then their address gets pages again")
    close_all(socks)
    exporter.check_stop()


def trickle(bed, standin):
    """Clients that send a byte from time to time."""
    exporter = start(bed, standin, "--web.request-timeout=3s", "--web.max-connections-per-address=8")
    # The time counts from the first byte on.
    early = connect(exporter.address, "127.0.0.4")
    socks = [connect(exporter.address, "127.0.0.2", b"GET /me") for _ in range(20)]
    bed.tap.same(from_address(exporter, "127.0.0.2"), "200", "their own address gets an answer")
    left = set(socks)
    end = time.monotonic() + 20
    while left and time.monotonic() < end:
        for sock in list(left):
            try:
                sock.send(b"t")
            except OSError:
                left.remove(sock)
        left = {sock for sock in left if not ended(sock)}
        time.sleep(0.1)
    bed.tap.result(not left, "a byte from time to time keeps no connection open")
    late = closed(exporter, "request_timeout")
    bed.tap.same((closed(exporter, "displaced") + late, late >= 7), (20, True),
                 "the oldest gave way to newer ones, the others took too long")
    early.sendall(HEALTHY)
    bed.tap.same(status(early), "200", "a connection may wait longer for its first byte")
    close_all([early, *socks])
    exporter.check_stop()


def idle(bed, standin):
    exporter = start(bed, standin, "--web.idle-timeout=2s")
    socks = [connect(exporter.address, "127.0.0.2"), connect(exporter.address, "127.0.0.2", HEALTHY)]
    follower = connect(exporter.address, "127.0.0.2", FOLLOW)
    bed.wait(lambda: all_ended(socks), "connections without a request are closed, before and after an answer")
    bed.tap.same(closed(exporter, "idle_timeout"), 2, "and counted")
    bed.tap.same(ended(follower), False, "a stream without events is not idle")
    close_all([*socks, follower])
    exporter.check_stop()


def descriptors(exporter):
    return len(os.listdir(f"/proc/{exporter.popen.pid}/fd"))


def gone(bed, standin):
    """Clients that close, each with what it sent before, and whether it waits for the answer."""
    exporter = start(bed, standin)
    rest = descriptors(exporter)
    for data in (b"", b"GET /me", b"\0\1\2\r\n\r\n", HEALTHY, HEALTHY * 2, SCRAPE, SCRAPE * 5, BODIES[0], FOLLOW, REPLAY,
                 b"GET /x" + HEADERS + b"\r\n", b"POST /metrics" + HEADERS + b"\r\n", b"GET / HTTP/2.0\r\n\r\n",
                 b"GET /" + b"a" * 40000, b"POST /x" + HEADERS + b"Content-Length: 500000\r\n\r\nab"):
        socks = [connect(exporter.address, "127.0.0.2", data) for _ in range(10)]
        for i, sock in enumerate(socks):
            if i % 2:
                try:
                    sock.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
            if i % 3 == 2:
                time.sleep(0.02)
        close_all(socks)
        bed.tap.result(testbed.wait_for(lambda: descriptors(exporter) <= rest),
                       f"10 clients that send {data[:24]} and close are noticed")
    sock = connect(exporter.address, "127.0.0.2", REPLAY)
    head = standin.ask("publish 3")["head"]
    sock.shutdown(socket.SHUT_WR)
    bed.wait(lambda: exporter.has(head), "events arrive")
    text = sock.makefile("rb").read()
    bed.tap.result(text.endswith(b"\r\n0\r\n\r\n") and b'"event"' in text,
                   "a stream ends completely when its client has ended its sending side")
    bed.tap.same([closed(exporter, reason) for reason in ("idle_timeout", "request_timeout", "response_timeout")],
                 [0, 0, 0], "none of them waited for a timeout")
    exporter.check_stop()


def totals(bed, standin):
    """All connections are taken."""
    exporter = start(bed, standin, "--web.max-connections=32", "--web.max-connections-per-address=8",
                     "--web.trusted-addresses=127.0.2.0/24")
    idlers = [connect(exporter.address, f"127.0.1.{i}") for i in range(1, 41)]
    bed.tap.same(from_address(exporter, "127.0.0.9"), "200", "40 addresses without requests keep nobody out")
    bed.tap.result(closed(exporter, "displaced") >= 9, "the oldest of them gave way")
    close_all(idlers)
    socks = [connect(exporter.address, f"127.0.0.{i}", FOLLOW) for i in (2, 3) for _ in range(8)]
    socks += [connect(exporter.address, "127.0.2.1", FOLLOW) for _ in range(8)]
    bed.tap.same({status(sock) for sock in socks}, {"200"}, "24 streams")
    bed.tap.same(from_address(exporter, "127.0.0.5", "/v1/events?follow=1"), "503", "another stream is refused")
    bed.tap.same(refused(exporter, "events"), 1, "and counted")
    bed.tap.same(from_address(exporter, "127.0.0.2"), "refused", "an address whose connections all have requests")
    bed.tap.same(closed(exporter, "address_limit"), 1, "is counted")
    bed.tap.same(from_address(exporter, "127.0.2.1"), "200", "a trusted address has no limit of its own")
    standin.pause()
    waiting = [connect(exporter.address, f"127.0.1.{i}", SCRAPE) for i in range(1, 9)]
    bed.wait(lambda: has_read_all(exporter), "the exporter has read 8 requests for metrics")
    last = connect(exporter.address, "127.0.0.9", SCRAPE)
    bed.tap.same(status(last), "refused", "with a request on each connection, a new connection is refused")
    standin.resume()
    bed.tap.same({status(sock) for sock in waiting}, {"200"}, "those with a request are answered")
    close_all([*waiting, last])
    bed.wait(lambda: from_address(exporter, "127.0.0.9") == "200", "there is room again when they leave")
    count = closed(exporter, "limit")
    bed.tap.result(count >= 1, f"{count} refused connections are counted")
    close_all(socks)
    exporter.check_stop()


def add_ipv6(address):
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, SIOCSIFADDR, socket.inet_pton(socket.AF_INET6, address) + struct.pack("Ii", 128, LOOPBACK))

    # The kernel assigns it a moment later.
    def is_there():
        with socket.socket(socket.AF_INET6) as sock:
            try:
                sock.bind((address, 0))
                return True
            except OSError:
                return False
    if not testbed.wait_for(is_there):
        raise testbed.Error(f"cannot use {address}")


def ipv6_and_unix(bed, standin):
    """One network of 64 bits counts as one address, and so does a user of the unix socket."""
    path = os.path.join(bed.dir, "socket")
    exporter = start(bed, standin, "--web.listen-address=[::1]:99", "--web.max-connections-per-address=4",
                     "--web.unix-socket=" + path)
    sources = ["fd00:0:0:1::1", "fd00:0:0:1:8::2", "fd00:0:0:2::1"]
    for source in sources:
        add_ipv6(source)
    address = ("::1", 99)
    socks = [connect(address, sources[i % 2], FOLLOW) for i in range(4)]
    bed.tap.same({status(sock) for sock in socks}, {"200"}, "two addresses of a network have 4 connections")
    others = [connect(address, source, HEALTHY) for source in (sources[0], sources[2])]
    bed.tap.same([status(sock) for sock in others], ["refused", "200"], "a fifth one is refused, another network's is not")
    users = [socket.socket(socket.AF_UNIX) for _ in range(6)]
    answers = []
    os.chmod(bed.dir, 0o755)
    for i, user in enumerate(users):
        try:
            os.seteuid(NOBODY if i == 5 else 0)
            user.connect(path)
        except OSError as error:
            bed.tap.diag(f"not tested with a second user: {error}")
            continue
        finally:
            os.seteuid(0)
        user.sendall(FOLLOW)
        answers.append(status(user))
    bed.tap.same(answers[:5], ["200"] * 4 + ["refused"], "a user has 4 connections")
    bed.tap.same(answers[5:], ["200"] * len(answers[5:]), "another user has its own")
    bed.tap.same(from_address(exporter, "127.0.0.2"), "200", "and so has an address")
    close_all([*socks, *others, *users])
    exporter.check_stop()


def streams(bed, standin):
    """Clients of the stream that do not read."""
    exporter = start(bed, standin, "--web.response-timeout=4s", san=False)
    standin.ask("publish 16384")
    quiet = connect(exporter.address, "127.0.0.2", FOLLOW.replace(b"=latest", b"=latest&device=0000:00:1f.7"))
    socks = [connect(exporter.address, "127.0.0.2", REPLAY, 1 << 20) for _ in range(20)]
    bed.wait(lambda: sum(1 for send, _ in queues(exporter.address) if send > 10000) == 20, "streams that nobody reads")
    bed.tap.result(max(queues(exporter.address))[0] <= 131072, "the kernel keeps at most 128 KiB of each")
    bed.wait(lambda: closed(exporter, "response_timeout") == 20, "they are closed")
    bed.tap.same(ended(quiet), False, "a stream that has nothing to send is not")
    close_all([quiet, *socks])
    exporter.check_stop()


def driver(exporter, device):
    match = re.search(rf'^faultcast_device_info{{[^}}]*device="{device}"[^}}]*driver="(\w*)"',
                      exporter.get("/metrics")[1], re.MULTILINE)
    return match and match[1]


def few_descriptors(bed, standin):
    fake = sysfs.Sysfs(os.path.join(bed.dir, "sys"))
    exporter = start(bed, standin, "--path.sysfs=" + fake.root, "--storage.path=" + os.path.join(bed.dir, "events.db"),
                     wrapper=("/usr/bin/prlimit", "--nofile=64:128"))
    bed.tap.same((exporter.metric("faultcast_http_connections_max"), exporter.metric("process_max_fds")), (64, 128),
                 "the soft limit of open files is raised, and the connections follow")
    bed.tap.result("allows only 64 connections" in exporter.log(), "the log says so")
    rest = descriptors(exporter)
    with stream.Stream(exporter.address, "follow=1&after=latest") as client:
        socks = [connect(exporter.address, f"127.0.{i % 8}.7") for i in range(150)]
        fake.add("pci0000:00/0000:00:05.0", driver="first", domain="DMA")
        fake.tell("add", "0000:00:05.0")
        bed.wait(lambda: driver(exporter, "0000:00:05.0") == "first", "a new device is known while 150 clients are idle")
        head = standin.ask("publish 10")["head"]
        client.read_until(lambda m: m.seq == head, 20)
        bed.tap.same(closed(exporter, "no_descriptor"), 0, "no descriptor was missing")
    close_all(socks)
    bed.wait(lambda: descriptors(exporter) <= rest, "they leave")
    no_descriptor(bed, exporter, fake)
    exporter.check_stop()


def no_descriptor(bed, exporter, fake):
    """Somebody lowers the limit to what is open."""
    pid = exporter.popen.pid
    highest = max(int(name) for name in os.listdir(f"/proc/{pid}/fd"))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (highest + 1, 128))
    socks = []
    while "cannot accept" not in exporter.log() and len(socks) < 30:
        socks.append(connect(exporter.address, "127.0.0.2", FOLLOW))
        testbed.wait_for(lambda: select.select(socks[-1:], [], [], 0)[0] or "cannot accept" in exporter.log())
    began = time.monotonic()
    bed.tap.result("cannot accept" in exporter.log(), "the log says that a connection cannot be accepted")
    fake.bind("0000:00:05.0", "second")
    fake.tell("bind", "0000:00:05.0")
    bed.wait(lambda: "read later" in exporter.log(), "the log says that a device cannot be read yet")
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (128, 128))
    bed.tap.same(status(socks[-1]), "200", "the client that could not be accepted is served later")
    count = closed(exporter, "no_descriptor")
    bed.tap.result(0 < count < 10 + 20 * (time.monotonic() - began), f"the exporter did not spin: {count} attempts")
    bed.wait(lambda: driver(exporter, "0000:00:05.0") == "second", "the device is read again")
    close_all(socks)


def test(bed):
    standin = bed.start_standin()
    standin.ask("load fleet=2048")
    standin.ask("publish 4096")
    for part in (bodies, slow_readers, trickle, idle, gone, totals, ipv6_and_unix, streams, few_descriptors):
        part(bed, standin)


if __name__ == "__main__":
    testbed.run(test, seconds=180)
