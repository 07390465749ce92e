#!/usr/bin/python3
# Proves: nothing around the exporter stops it: a standard error that nobody reads or that is closed, and
# a limit for the size of files. It goes on to serve, counts what it drops, and ends on SIGTERM.
import os
import resource
import signal
import subprocess

import testbed

SIZE = 1000000  # bytes of a file


def fill(pipe):
    os.set_blocking(pipe, False)
    for size in (4096, 1):
        try:
            while True:
                os.write(pipe, b"x" * size)
        except BlockingIOError:
            pass
    os.set_blocking(pipe, True)


def drain(pipe):
    text = b""
    os.set_blocking(pipe, False)
    try:
        while True:
            text += os.read(pipe, 65536)
    except BlockingIOError:
        return text.lstrip(b"x")


def start(standin, port, *flags, **options):
    """Starts an exporter whose standard error is not a file. Returns the process and its HTTP side."""
    command = [os.path.join(testbed.BUILD, "faultcast_exporter"), f"--netlink.standin={standin.port}",
               f"--web.listen-address=127.0.0.1:{port}", *flags]
    # pylint: disable=consider-using-with,subprocess-popen-preexec-fn
    return subprocess.Popen(command, **options), testbed.Served(("127.0.0.1", port))


def ends(bed, process, name):
    process.terminate()
    try:
        code = process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        code = "still running"
    bed.tap.same(code, 0, name)


def stuck_log(bed, standin):
    read, write = os.pipe()
    process, exporter = start(standin, 10300, stderr=write, preexec_fn=testbed.die_with_parent)
    bed.wait(exporter.is_ready, "an exporter logs to a pipe")
    fill(write)
    for _ in range(3):
        process.send_signal(signal.SIGHUP)
        standin.unload()
        standin.ask("load")
        head = standin.ask("publish 10")["head"]
        bed.wait(lambda head=head: exporter.has(head), "it receives events although the pipe is full")
    bed.wait(lambda: exporter.metric("faultcast_log_lines_dropped_total") > 2, "lines are dropped and counted")
    drain(read)
    standin.unload()
    bed.wait(lambda: b"lines before this one were dropped" in drain(read), "the next line says so")
    standin.ask("load")
    fill(write)
    ends(bed, process, "it ends on SIGTERM with a full pipe")
    os.close(read)
    os.close(write)


def limited_files(bed, standin):
    def limit():
        testbed.die_with_parent()
        resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE, SIZE))
    path = os.path.join(bed.dir, "limited.db")
    process, exporter = start(standin, 10301, f"--storage.path={path}", stderr=subprocess.DEVNULL,
                              preexec_fn=limit)
    bed.wait(exporter.is_ready, "an exporter with a small limit for files is ready")
    head = standin.ask("publish 12000 20000")["head"]
    bed.wait(lambda: exporter.has(head), "it receives more events than its file may hold")
    bed.wait(lambda: exporter.metric("faultcast_store_up") == 0, "the store says that it is full")
    events = sum('"event"' in line for line in exporter.get("/v1/events")[1].splitlines())
    bed.tap.same(events, head, "all events are served")
    ends(bed, process, "it ends cleanly")


def closed_descriptors(bed, standin):
    """No socket or file gets the number of a closed standard descriptor: log lines would go there."""
    for number, closed in enumerate(((2,), (0, 1, 2))):
        def close(closed=closed):
            testbed.die_with_parent()
            for descriptor in closed:
                os.close(descriptor)
        process, exporter = start(standin, 10310 + number, preexec_fn=close)
        bed.wait(exporter.is_ready, f"an exporter starts with closed descriptors {closed}")
        bed.tap.same({os.readlink(f"/proc/{process.pid}/fd/{descriptor}") for descriptor in closed}, {"/dev/null"},
                     "they are taken by /dev/null")
        ends(bed, process, "it ends cleanly")


def test(bed):
    standin = bed.start_standin()
    standin.ask("load")
    closed_descriptors(bed, standin)
    stuck_log(bed, standin)
    standin.unload()
    standin.ask("load")
    limited_files(bed, standin)


if __name__ == "__main__":
    testbed.run(test, seconds=120)
