"""The virtual machine of chaos. It executes orders and returns their results."""
import json
import os
import shlex
import socket
import subprocess
import threading
import time

import testbed

CHAOS_DIR = os.path.dirname(os.path.realpath(__file__))
BOOT_SECONDS = 180


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Guest:
    """`address` is the HTTP address of its exporter. The output of tests/vm/run goes to @tap: the
    results first, and the plan when the guest has ended."""

    def __init__(self, tap, options):
        self.tap = tap
        self.unread = b""
        self.connection = None
        port = free_port()
        self.address = ("127.0.0.1", port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        command = [os.path.join(os.path.dirname(CHAOS_DIR), "run"), *options, "--hostfwd-port", str(port),
                   "--append", f"chaos.port={self.listener.getsockname()[1]}",
                   os.path.join(CHAOS_DIR, "machine.sh")]
        # A new session, so that the terminal's signals reach only this program.
        self.vm = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                   start_new_session=True, preexec_fn=testbed.die_with_parent)
        self.reader = threading.Thread(target=self.pass_on, daemon=True)
        self.reader.start()

    def pass_on(self):
        for line in self.vm.stdout:
            self.tap.feed(line)

    def boot(self):
        self.listener.settimeout(1)
        end = time.monotonic() + BOOT_SECONDS
        while not self.connection:
            if self.vm.poll() is not None or time.monotonic() > end:
                raise testbed.Error("the guest does not ask for orders")
            try:
                self.connection, _ = self.listener.accept()
            except TimeoutError:
                continue

    def ask(self, order, seconds=60):
        """Runs one line of shell. Returns (exit status, output)."""
        self.connection.settimeout(seconds)
        self.connection.sendall(order.encode() + b"\n")
        lines = []
        while True:
            *complete, self.unread = self.unread.split(b"\n")
            for i, line in enumerate(complete):
                if line.startswith(b"="):
                    self.unread = b"\n".join([*complete[i + 1:], self.unread])
                    return int(line[1:]), "\n".join(lines)
                lines.append(line.decode(errors="replace"))
            try:
                more = self.connection.recv(65536)
            except TimeoutError as error:
                raise testbed.Error(f"no answer within {seconds} s to: {order}") from error
            if not more:
                raise testbed.Error(f"the guest went away at: {order}")
            self.unread += more

    def do(self, order, seconds=60):
        """Runs a line of shell that must succeed. Returns its output."""
        status, output = self.ask(order, seconds)
        if status:
            raise testbed.Error(f"status {status} of {order}: {output}")
        return output

    def check(self, name, *command):
        """A check in the guest's part of the TAP."""
        self.ask(" ".join(["ok", shlex.quote(name), *command]))

    def module(self):
        """The module's STATUS, with numbers as int and the instance as in cursors."""
        raw = json.loads(self.do("faultcastctl --json status"))["module"]
        status = {key: int(value) for key, value in raw.items() if isinstance(value, (int, str)) and
                  str(value).isdigit() and key != "version"}
        status["instance"] = f"{status['instance']:x}"
        return status

    def end(self, seconds=120):
        """Ends the orders. The guest makes its last checks and powers off. Returns the exit status
        of run."""
        if self.connection:
            self.connection.close()
        try:
            code = self.vm.wait(seconds)
        except subprocess.TimeoutExpired:
            self.vm.terminate()
            code = self.vm.wait(30)
        self.reader.join(10)
        return code
