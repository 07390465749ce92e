#!/usr/bin/python3
# Prints a varint-delimited stream of StreamMessages in protobuf's text format. It uses protoc and
# the .proto files, and shares no code with the exporter.
#
# Usage: tests/vm/stream.py FILE
import os
import subprocess
import sys
import tempfile

PROTO = os.path.realpath(os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../proto"))
LIST = """syntax = "proto3";
import "faultcast/v1/stream.proto";
message List { repeated faultcast.v1.StreamMessage message = 1; }
"""


def varint(content, at):
    value = shift = 0
    while True:
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at


def as_list(content):
    """Turns the messages into one message with a repeated field, which needs a tag before each of
    them."""
    out, at = b"", 0
    while at < len(content):
        length, start = varint(content, at)
        if start + length > len(content):
            sys.exit("the stream ends within a message")
        out += b"\x0a" + content[at:start + length]
        at = start + length
    return out


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: stream.py FILE")
    with open(sys.argv[1], "rb") as stream, tempfile.TemporaryDirectory() as scratch:
        with open(os.path.join(scratch, "list.proto"), "w", encoding="ascii") as file:
            file.write(LIST)
        sys.exit(subprocess.run(["protoc", "-I", PROTO, "-I", scratch, "--decode=List",
                                 "list.proto"], input=as_list(stream.read()),
                                check=False).returncode)


if __name__ == "__main__":
    main()
