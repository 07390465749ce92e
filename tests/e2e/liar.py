"""Plays a kernel module that lies, over NETLINK_USERSOCK like the stand-in. A test changes its members
to make it contradict itself, and sends whatever it likes:

    liar = Liar()
    exporter = bed.start_exporter(liar)
    liar.publish(3)             # honest: retained, then sent
    liar.head = 1               # now STATUS_GET says 1
    liar.send(liar.event(2))    # a multicast that nothing follows from
    liar.requests               # what the exporter has asked for, by command
"""
import collections
import socket
import struct
import threading
import time

CONTROLLER, FAMILY = 0x10, 0x31
NOTIFY, EVENTS = 1, 2  # multicast groups
STATUS_GET, DEVICE_GET, EVENT_GET, EVENT_NTF = 1, 2, 3, 4
ERROR, DONE = 2, 3
MULTI, ACK = 2, 4
NESTED = 0x8000


def attr(number, data):
    return struct.pack("=HH", 4 + len(data), number) + data + bytes(-len(data) % 4)


def u8(number, value):
    return attr(number, bytes([value]))


def u32(number, value):
    return attr(number, struct.pack("=I", value))


def u64(number, value):
    return attr(number, struct.pack("=Q", value))


def text(number, value):
    return attr(number, value.encode() + b"\0")


def nest(number, *attrs):
    return attr(number | NESTED, b"".join(attrs))


def message(kind, flags, seq, port, payload):
    return struct.pack("=IHHII", 16 + len(payload), kind, flags, seq, port) + payload + bytes(-len(payload) % 4)


def command(number, *attrs):
    return struct.pack("=BBH", number, 1, 0) + b"".join(attrs)


def counter(faults):
    """Faults by reading; see the nest counter of kmod/faultcast.yaml."""
    return nest(7, u32(2, 1), u32(3, 1), u64(4, faults))


def device(slot, bdf=None, name=None, faults=1):
    return (u32(2, slot) + (u32(3, 0) + u32(4, bdf) if bdf is not None else b"") +
            (text(5, name) if name is not None else b"") + counter(faults) + u64(8, faults))


class Liar:
    """instance, head, tail  what STATUS_GET says
    events           {seq: the event's attribute}: what EVENT_GET sends
    devices          the payloads of DEVICE_GET
    mute             commands that are not answered
    endless          commands whose dumps repeat their last message without end
    status           the payload of STATUS_GET, if it is not made from the members above"""

    def __init__(self, instance=0xabc):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_USERSOCK)
        self.socket.bind((0, 0))
        self.port = self.socket.getsockname()[0]
        self.instance = instance
        self.head = self.tail = 0
        self.events = {}
        self.devices = []
        self.mute = set()
        self.endless = set()
        self.status = None
        self.requests = collections.Counter()
        threading.Thread(target=self.serve, daemon=True).start()

    @staticmethod
    def event(seq):
        return nest(4, u64(2, seq), u32(3, 1), u32(5, 0), u32(6, 0), u32(7, 0x300), u64(9, time.monotonic_ns()),
                    u64(10, time.time_ns()))

    def publish(self, number):
        for _ in range(number):
            self.head += 1
            self.tail = self.tail or 1
            self.events[self.head] = self.event(self.head)
            self.send(self.events[self.head])

    def send(self, *attrs, instance=None):
        """Sends one batch by multicast."""
        batch = command(EVENT_NTF, u64(3, self.instance if instance is None else instance), *attrs)
        self.multicast(message(FAMILY, 0, 0, 0, batch), EVENTS)

    def multicast(self, data, group):
        try:
            self.socket.sendto(data, (0, 1 << (group - 1)))
        except ConnectionRefusedError:
            pass  # it concerns the unicast half, see netlink_broadcast()

    def answer(self, port, data):
        while True:
            try:
                self.socket.sendto(data, socket.MSG_DONTWAIT, (port, 0))
                return True
            except BlockingIOError:
                time.sleep(0.001)
            except OSError:
                return False  # the exporter has closed its socket

    def serve(self):
        while True:
            data, (port, _) = self.socket.recvfrom(65536)
            _, kind, flags, seq, _ = struct.unpack("=IHHII", data[:16])
            if kind == CONTROLLER:
                self.resolve(port, seq, flags, data)
                continue
            number = data[16]
            self.requests[number] += 1
            if number not in self.mute:
                self.serve_family(number, port, seq, data)

    def resolve(self, port, seq, flags, data):
        family = ("nlctrl", CONTROLLER, "notify", NOTIFY) if b"nlctrl" in data else \
            ("faultcast", FAMILY, "events", EVENTS)
        name, number, group, group_number = family
        reply = command(1, text(2, name), attr(1, struct.pack("=H", number)), u32(3, 1), u32(4, 0), u32(5, 0),
                        attr(7, attr(1, u32(2, group_number) + text(1, group))))
        self.answer(port, message(CONTROLLER, 0, seq, port, reply))
        if flags & ACK:
            self.acknowledge(port, seq, data)

    def acknowledge(self, port, seq, data):
        self.answer(port, message(ERROR, 0x100, seq, port, struct.pack("=i", 0) + data[:16]))

    def serve_family(self, number, port, seq, data):
        if number == STATUS_GET:
            self.answer(port, message(FAMILY, 0, seq, port, command(number, self.status_payload())))
            self.acknowledge(port, seq, data)
            return
        if number == EVENT_GET:
            at = data.find(struct.pack("=HH", 12, 2), 20)
            first = struct.unpack("=Q", data[at + 4:at + 12])[0] if at > 0 else 1
            payloads = [u64(3, self.instance) + self.events[n] for n in range(first, self.head + 1) if n in self.events]
        else:
            payloads = self.devices
        for payload in payloads:
            self.answer(port, message(FAMILY, MULTI, seq, port, command(number, payload)))
        while number in self.endless and payloads and \
                self.answer(port, message(FAMILY, MULTI, seq, port, command(number, payloads[-1]))):
            pass
        self.answer(port, message(DONE, MULTI, seq, port, struct.pack("=i", 0)))

    def status_payload(self):
        if self.status is not None:
            return self.status
        return (u64(2, self.instance) + text(3, "liar") + u32(4, 4) + u64(6, self.head) + u64(7, self.tail) +
                u64(8, self.head) + u64(9, self.head))
