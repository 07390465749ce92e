#!/usr/bin/python3
# Proves: the exporter listens on all addresses that it is given: both families of an empty host, all
# addresses of a name, several settings. With none it serves the unix socket alone. An exporter that
# ends removes the file of its own unix socket, and never that of another one.
import os
import re
import signal
import socket
import subprocess

import testbed

# 192.0.2.0/24 is for documentation: no machine has such an address.
HOSTS = "127.0.0.1 both.test partly.test\n::1 both.test\n192.0.2.1 partly.test absent.test\n"
LISTEN = "0A"  # in /proc/net/tcp


def serves(where):
    """Whether an exporter answers at @where: (host, port) or the path of a unix socket."""
    try:
        with socket.socket(socket.AF_UNIX) if isinstance(where, str) else \
                socket.create_connection(where, timeout=10) as client:
            client.settimeout(10)
            if isinstance(where, str):
                client.connect(where)
            client.sendall(b"GET /-/healthy HTTP/1.0\r\n\r\n")
            return client.recv(100).startswith(b"HTTP/1.1 200 ")
    except OSError:
        return False


def served(port, *hosts):
    return [serves((host, port)) for host in hosts]


def ended(exporter):
    """The exit status of an exporter that does not start."""
    return testbed.wait_for(lambda: exporter.popen.poll() is not None, 20) and exporter.popen.poll()


def families(bed, standin):
    for number, (address, expected) in enumerate((
            (":{}", [True, True]), ("[::]:{}", [True, True]), ("0.0.0.0:{}", [True, False]),
            ("[::1]:{}", [False, True]), ("both.test:{}", [True, True]), ("[::0]:{}", [True, True]),
            ("[0:0:0:0:0:0:0:0]:{}", [True, True]), ("[::ffff:127.0.0.1]:{}", [True, False]),
            ("[::ffff:0.0.0.0]:{}", [True, False]))):
        port = 10300 + number
        exporter = bed.start_exporter(standin, "--web.listen-address=" + address.format(port))
        bed.wait(exporter.is_ready, f"an exporter starts with {address.format(port)}, and with another address")
        bed.tap.same(served(port, "127.0.0.1", "::1"), expected, "it listens on the families of the address")
        warned = re.search(r'msg="other hosts can reach (.*), and no', exporter.log())
        bed.tap.same(bool(warned), address in (":{}", "[::]:{}", "0.0.0.0:{}", "[::0]:{}", "[0:0:0:0:0:0:0:0]:{}",
                                               "[::ffff:0.0.0.0]:{}"), "a warning tells what others can reach")
        if warned and address == ":{}":
            bed.tap.same(sorted(warned.group(1).split(", ")), [f"0.0.0.0:{port}", f"[::]:{port}"], "both addresses")
        exporter.check_stop()


def any_port(bed, standin):
    exporter = bed.start_exporter(standin, "--web.listen-address=:0")
    bed.wait(exporter.is_ready, "an exporter starts with :0")
    port = int(re.search(r"serves HTTP on .*\[::\]:(\d+)", exporter.log()).group(1))
    bed.tap.same(served(port, "127.0.0.1", "::1"), [True, True], f"both families have the same port, {port}")
    exporter.check_stop()


def parts_of_a_name(bed, standin):
    exporter = bed.start_exporter(standin, "--web.listen-address=partly.test:10310")
    bed.wait(exporter.is_ready, "an exporter starts with a name that has an address of another machine")
    bed.tap.same(served(10310, "127.0.0.1"), [True], "it listens on the other address of the name")
    bed.tap.result("cannot listen on 192.0.2.1:10310" in exporter.log(), "the log names the address that is left out")
    exporter.check_stop()
    exporter = bed.start_exporter(standin, "--web.listen-address=absent.test:10310")
    bed.tap.same(ended(exporter), 1, "a name without any address of this machine is an error")


def several(bed, standin):
    path = os.path.join(bed.dir, "several.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write("web: {listen-address: ['127.0.0.1:10320', '[::1]:10321']}\n")
    program = os.path.join(testbed.BUILD, "san/faultcast_exporter")
    for arguments, variable in (
            (["--web.listen-address=127.0.0.1:10320", "--web.listen-address", "[::1]:10321"], None),
            (["--config.file=" + path], None), ([], "127.0.0.1:10320, [::1]:10321")):
        env = {**os.environ, "FAULTCAST_WEB_LISTEN_ADDRESS": variable} if variable else None
        with subprocess.Popen([program, f"--netlink.standin={standin.port}", *arguments], env=env,
                              stderr=subprocess.DEVNULL, preexec_fn=testbed.die_with_parent) as popen:
            bed.wait(lambda: serves(("127.0.0.1", 10320)) and serves(("::1", 10321)),
                     f"two addresses from {arguments or 'the environment'}")
            bed.tap.same(served(10186, "127.0.0.1"), [False], "they replace the default")
            popen.terminate()
            bed.tap.same(popen.wait(20), 0, "the exporter ends cleanly")


def conflicts(bed, standin):
    exporter = bed.start_exporter(standin, "--web.listen-address=both.test:10330",
                                  "--web.listen-address=127.0.0.1:10330", "--web.listen-address=both.test:10330")
    bed.wait(exporter.is_ready, "an address that is given twice is no error")
    other = bed.start_exporter(standin, "--web.listen-address=both.test:10330")
    bed.tap.same((ended(other), "Address already in use" in other.log()), (1, True),
                 "a port that another process has is one")
    exporter.check_stop()


def listening():
    """The number of TCP sockets that listen in this network namespace."""
    count = 0
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table, encoding="ascii") as lines:
            count += sum(line.split()[3] == LISTEN for line in lines.readlines()[1:])
    return count


def unix_socket_alone(bed, standin):
    path = os.path.join(bed.dir, "alone.sock")
    exporter = bed.start_exporter(standin, "--web.listen-address=none")
    bed.tap.same((ended(exporter), "there is no web.unix-socket" in exporter.log()), (1, True),
                 "none without a unix socket is refused")
    exporter = bed.start_exporter(standin, "--web.listen-address=none", "--web.unix-socket=" + path)
    bed.wait(lambda: serves(path), "with one it is served")
    bed.tap.same(listening(), 0, "no TCP port is open")
    exporter.check_stop()
    bed.tap.result(not os.path.exists(path), "the socket's file is removed")


def other_files_stay(bed, standin):
    path = os.path.join(bed.dir, "exporter.sock")
    first = bed.start_exporter(standin, "--web.unix-socket=" + path)
    bed.wait(lambda: serves(path), "an exporter serves a unix socket")
    refused = bed.start_exporter(standin, "--web.unix-socket=" + path)
    bed.tap.same((ended(refused), serves(path)), (1, True), "a second one does not take it away")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        os.unlink(path)
        client.sendall(b"GET /-/healthy HTTP/1.0\r\n\r\n")
        bed.tap.result(client.recv(100).startswith(b"HTTP/1.1 200 "), "a connection outlives the socket's file")
    second = bed.start_exporter(standin, "--web.unix-socket=" + path)
    bed.wait(lambda: serves(path), "when the file is gone another exporter takes the path")
    first.check_stop()
    bed.tap.result(serves(path), "the first one ends and leaves the file of the other")
    os.rename(path, path + ".moved")
    with open(path, "w", encoding="ascii") as file:
        file.write("not a socket")
    second.check_stop()
    bed.tap.result(os.path.exists(path), "a file that is no socket stays")
    refused = bed.start_exporter(standin, "--web.unix-socket=" + path)
    bed.tap.same((ended(refused), os.path.isfile(path)), (1, True), "it is not replaced")


def at_the_same_time(bed, standin):
    """Each of several exporters finds the file of one that was killed."""
    path = os.path.join(bed.dir, "race.sock")
    for _ in range(3):
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(path)
        exporters = [bed.start_exporter(standin, "--web.unix-socket=" + path, san=False) for _ in range(6)]
        testbed.wait_for(lambda: sum(e.popen.poll() is None for e in exporters) <= 1)  # pylint: disable=cell-var-from-loop
        running = [e for e in exporters if e.popen.poll() is None]
        bed.tap.same((len(running), testbed.wait_for(lambda: serves(path))), (1, True),
                     "one of six exporters that start at once has the socket")
        for exporter in running:
            exporter.popen.send_signal(signal.SIGTERM)
            exporter.popen.wait(20)
        if os.path.exists(path):
            os.unlink(path)


def test(bed):
    hosts = os.path.join(bed.dir, "hosts")
    with open(hosts, "w", encoding="ascii") as file:
        file.write(HOSTS)
    subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)
    standin = bed.start_standin()
    standin.ask("load")
    families(bed, standin)
    any_port(bed, standin)
    parts_of_a_name(bed, standin)
    several(bed, standin)
    conflicts(bed, standin)
    unix_socket_alone(bed, standin)
    other_files_stay(bed, standin)
    at_the_same_time(bed, standin)


if __name__ == "__main__":
    testbed.run(test, seconds=180)
