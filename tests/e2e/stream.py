"""Clients of GET /v1/events that read as fast, as slowly or as briefly as a test needs.

    with stream.Stream(exporter.address, "follow=1", encoding=stream.PROTOBUF) as client:
        messages = client.read_until(lambda m: m.seq == 500, seconds=10)

A Stream reads only when told to, so a Stream that is not read is a slow client. cut() ends the
connection with a reset. The readers of the encodings do not use sockets, and share no code with
the exporter: they use json and python3-protobuf.
"""
import json
import os
import re
import select
import socket
import struct
import sys
import time

import testbed

# Make generates this directory from proto/.
sys.path.insert(1, os.path.join(testbed.BUILD, "gen/python"))

from google.protobuf import json_format  # noqa: E402
from faultcast.v1 import event_pb2, stream_pb2  # noqa: E402

NDJSON = "application/x-ndjson"
PROTOBUF = "application/x-protobuf"
SSE = "text/event-stream"

SUB_END = 2**63 - 1  # the last cursor of an instance

# The receive buffer of a slow client. Below one segment (65483 bytes on the loopback device), TCP
# asks less and less often whether there is room again.
SMALL_BUFFER = 65536


# The beginning of an event. The rest is decoded only when a test asks for it.
EVENT_LINE = re.compile(rb'\{"cursor":"([0-9a-f]+\.([0-9]+)\.0)","event":\{')
EVENT_PROTOBUF = re.compile(rb"\n[\0-\x7f]([0-9a-f]+\.([0-9]+)\.0)\x12")


class Message:
    """One StreamMessage in any encoding.

    cursor  as sent, "hex.dec.dec"
    body    "event", "gap", "heartbeat", ...; "" if it has none
    seq     the sequence number of an event, else None
    reason  the reason of a gap, else None
    missing (from, to) of a gap in the sequence numbers, else None
    unpublished
            the number of unpublished faults that a gap reports, else None
    """
    __slots__ = ("cursor", "body", "seq", "reason", "missing", "unpublished", "_content", "_raw")

    def __init__(self, content, raw, cursor, body):
        self._content = content
        self._raw = raw
        self.cursor = cursor
        self.body = body
        self.seq = self.reason = self.missing = self.unpublished = None

    @property
    def instance(self):
        return self.cursor.partition(".")[0]

    @property
    def raw(self):
        """The message, decoded by the encoding's own decoder."""
        if self._raw is None:
            json_text = self._content[:1] == b"{"
            self._raw = json.loads(self._content) if json_text else stream_pb2.StreamMessage.FromString(self._content)
            seq = int(self._raw["event"]["seq"]) if json_text else self._raw.event.seq
            if seq != self.seq:
                raise testbed.Error(f"event {seq} at {self.cursor}")
        return self._raw

    @property
    def summary(self):
        """Whether it is an event that only reports unpublished faults."""
        return self.body == "event" and self.protobuf().event.kind == event_pb2.KIND_SUPPRESSED

    def document(self):
        """The message in the protobuf JSON mapping. The encodings differ in which fields of value 0
        they omit."""
        if isinstance(self.raw, dict):
            return self.raw
        return json_format.MessageToDict(self.raw, including_default_value_fields=True)

    def protobuf(self):
        """The message as protobuf, the same from every encoding."""
        if isinstance(self.raw, dict):
            return json_format.ParseDict(self.raw, stream_pb2.StreamMessage())
        return self.raw

    @classmethod
    def of_event(cls, content, match):
        message = cls(content, None, match[1].decode(), "event")
        message.seq = int(match[2])
        return message

    @classmethod
    def of_json(cls, content):
        match = EVENT_LINE.match(content)
        if match:
            return cls.of_event(content, match)
        raw = json.loads(content)
        body = next((name for name in raw if name != "cursor"), "")
        message = cls(content, raw, raw.get("cursor", ""), body)
        if body == "event":
            message.seq = int(raw["event"]["seq"])
        elif body == "gap":
            message.reason = raw["gap"].get("reason", "GAP_REASON_UNSPECIFIED")
            missing = raw["gap"].get("missing")
            if missing is not None:
                message.missing = (int(missing["from"]), int(missing["to"]))
            elif "unpublished" in raw["gap"]:
                message.unpublished = int(raw["gap"]["unpublished"])
        return message

    @classmethod
    def of_protobuf(cls, content):
        match = EVENT_PROTOBUF.match(content)
        if match:
            return cls.of_event(content, match)
        raw = stream_pb2.StreamMessage.FromString(content)
        message = cls(content, raw, raw.cursor, raw.WhichOneof("body") or "")
        if message.body == "event":
            message.seq = raw.event.seq
        elif message.body == "gap":
            message.reason = stream_pb2.GapReason.Name(raw.gap.reason)
            size = raw.gap.WhichOneof("size")
            if size == "missing":
                message.missing = (getattr(raw.gap.missing, "from"), raw.gap.missing.to)
            elif size == "unpublished":
                message.unpublished = raw.gap.unpublished
        return message


class NdjsonReader:
    """feed() takes bytes as they come and yields the messages they complete. `unread` is the rest."""

    def __init__(self):
        self.unread = b""

    def feed(self, content):
        *lines, self.unread = (self.unread + content).split(b"\n")
        for line in lines:
            yield Message.of_json(line)


class ProtobufReader:
    """The same for messages with their length in front, as a varint."""

    def __init__(self):
        self.unread = b""

    def feed(self, content):
        content = self.unread + content
        at = 0
        while True:
            length, start = self.varint(content, at)
            if start is None or start + length > len(content):
                break
            at = start + length
            yield Message.of_protobuf(content[start:at])
        self.unread = content[at:]

    @staticmethod
    def varint(content, at):
        """Returns (value, offset behind it), or (0, None) if it is incomplete."""
        value = shift = 0
        for i in range(at, min(at + 10, len(content))):
            value |= (content[i] & 0x7F) << shift
            shift += 7
            if not content[i] & 0x80:
                return value, i + 1
        return 0, None


class SseReader:
    """The same for server-sent events whose data are lines of NDJSON (HTML Living Standard, 9.2.6).

    `last_id` is the Last-Event-ID that a browser would send, `retry` its delay in ms. A message
    whose id differs from its cursor is an error.
    """

    def __init__(self):
        self.unread = b""
        self.last_id = ""
        self.retry = None
        self.data = []

    def feed(self, content):
        *lines, self.unread = (self.unread + content).split(b"\n")
        for line in lines:
            message = self.line(line.rstrip(b"\r"))
            if message:
                yield message

    def line(self, line):
        """The message that this line completes, or None."""
        if not line:
            data, self.data = self.data, []
            if not data:
                return None
            message = Message.of_json(b"\n".join(data))
            if message.cursor != self.last_id:
                raise testbed.Error(f"id {self.last_id} of message {message.cursor}")
            return message
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self.data.append(value)
        elif field == b"id":
            self.last_id = value.decode()
        elif field == b"retry":
            self.retry = int(value)
        return None


READERS = {NDJSON: NdjsonReader, PROTOBUF: ProtobufReader, SSE: SseReader}


class ChunkedBody:
    """Decodes a chunked body (RFC 9112, 7.1). `complete` is set after the last chunk."""

    def __init__(self):
        self.unread = b""
        self.left = 0  # bytes left of the present chunk and its line end
        self.complete = False

    def feed(self, content):
        self.unread += content
        out = []
        while self.unread and not self.complete:
            if not self.left:
                head, separator, rest = self.unread.partition(b"\r\n")
                if not separator:
                    break
                size = int(head.partition(b";")[0], 16)
                self.complete = not size
                self.left = size + 2
                self.unread = rest
            part = self.unread[:self.left]
            out.append(part[:max(0, min(len(part), self.left - 2))])
            self.left -= len(part)
            self.unread = self.unread[len(part):]
        return b"".join(out)


class PlainBody:
    """A body that ends with the connection."""
    complete = False

    @staticmethod
    def feed(content):
        return content


class Stream:
    """A connection to /v1/events. It has fileno(), for select().

    ended   the server has ended the answer or the connection
    broken  the server did so in the middle of a chunk or of a message
    headers the response headers, by lower-case names
    """

    def __init__(self, address, query="", encoding=NDJSON, rcvbuf=None, headers=(), seconds=20):
        """@address: (host, port), or the path of a unix socket. @rcvbuf: bytes, such as
        SMALL_BUFFER."""
        unix = isinstance(address, str)
        self.sock = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
        if rcvbuf:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        self.sock.settimeout(seconds)
        self.sock.connect(address)
        self.reader = READERS[encoding]()
        self.ended = self.broken = False
        lines = [f"GET /v1/events?{query} HTTP/1.1", "Host: localhost", f"Accept: {encoding}", *headers]
        self.sock.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
        content = self.read_head()
        chunked = self.headers.get("transfer-encoding") == "chunked"
        self.body = ChunkedBody() if chunked else PlainBody()
        self.waiting = list(self.reader.feed(self.body.feed(content)))
        self.ended = self.body.complete  # an empty answer is complete with its headers

    def read_head(self):
        content = b""
        while b"\r\n\r\n" not in content:
            more = self.sock.recv(65536)
            if not more:
                raise testbed.Error("the connection ended before the response's head")
            content += more
        head, _, content = content.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        self.headers = {name.lower(): value.strip()
                        for name, _, value in (line.partition(":") for line in lines)}
        if status.split()[1] != "200":
            raise testbed.Error(status + ": " + content.decode(errors="replace"))
        return content

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.sock.close()

    def fileno(self):
        return self.sock.fileno()

    @property
    def finished(self):
        """Whether the answer has ended and has been read completely."""
        return self.ended and not self.waiting

    def cut(self):
        """Closes with a reset, like a client that crashes or loses its network."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()
        self.ended = True

    def read(self, seconds=0, size=1 << 20):
        """Waits at most @seconds, then returns the messages of one recv() of at most @size bytes;
        [] at the end."""
        messages, self.waiting = self.waiting, []
        if messages or self.ended or not select.select([self.sock], [], [], seconds)[0]:
            return messages
        try:
            content = self.sock.recv(size)
        except ConnectionError:
            content = b""
        if content:
            messages = list(self.reader.feed(self.body.feed(content)))
        if self.body.complete or not content:
            self.ended = True
            self.broken = bool(self.reader.unread) or (
                isinstance(self.body, ChunkedBody) and not self.body.complete)
        return messages

    def read_until(self, condition, seconds):
        """Returns the messages up to one for which condition(message) is true. Later ones are kept
        for the next read. Without a match, returns all messages until the end or for @seconds."""
        taken = []
        end = time.monotonic() + seconds
        while not self.ended or self.waiting:
            left = end - time.monotonic()
            messages = self.read(max(0, left))
            for i, message in enumerate(messages):
                taken.append(message)
                if condition(message):
                    self.waiting = messages[i + 1:]
                    return taken
            if left < 0:
                break
        return taken

    def read_all(self, seconds=60):
        """Returns all messages of an answer that has an end."""
        messages = self.read_until(lambda _: False, seconds)
        if not self.ended or self.broken:
            raise testbed.Error("the answer has no proper end")
        return messages
