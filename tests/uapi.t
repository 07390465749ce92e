#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Promise: kmod/faultcast.yaml, kmod/uapi/faultcast.h and the module (kmod/*.c) say the same:
numbers, names, types, and what each request may carry.  None changes alone."""

import glob
import os
import re
import sys

import yaml

TOP = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..")
LIMITS = {f"u{bits}-max": 2**bits - 1 for bits in (8, 16, 32, 64)}
C_LIMITS = {f"U{bits}_MAX": 2**bits - 1 for bits in (8, 16, 32, 64)}
# How the header's comments, genl.c's policies and its puts call YNL's types.
COMMENT_TYPES = {"u8": "u8", "u32": "u32", "u64": "u64", "str": "string", "nest": "nest",
                 "binary": "binary", "flag": "flag"}
POLICY_TYPES = {"NLA_U8": "u8", "NLA_U32": "u32", "NLA_U64": "u64", "NLA_NUL_STRING": "string",
                "NLA_NESTED": "nest", "NLA_BINARY": "binary", "NLA_FLAG": "flag"}
PUTS = {"nla_put_u8": "u8", "nla_put_u32": "u32", "put_u64": "u64", "nla_put_u64_64bit": "u64",
        "nla_put_string": "string", "nla_put": "binary", "nla_nest_start": "nest"}


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


def c_name(name):
    return name.upper().replace("-", "_")


class Header:
    """The enums of the header by tag, each its members in order with value and comment."""

    def __init__(self, text):
        text = text.split("*/", 2)[-1]
        self.defines = dict(re.findall(r"^#define (FAULTCAST_\w+)\s+(.+?)(?:\s*/\*.*)?$",
                                       text, re.M))
        self.enums, self.comments, self.values = {}, {}, {}
        for tag, body in re.findall(r"^enum (\w+) \{\n(.*?)^\};", text, re.M | re.S):
            self.enums[tag] = self.members(body)
            self.values.update(self.enums[tag])

    def members(self, body):
        members, following = {}, 0
        for line in body.splitlines():
            match = re.match(r"\t(\w+)(?:\s*=\s*([^,/]+))?,?\s*(?:/\*\s*(.*?)\s*\*/)?$", line)
            if not match:
                if line.strip():
                    raise ValueError(f"not understood: {line!r}")
                continue
            name, value, comment = match.groups()
            if value:
                # 1 << n, or __X_MAX - 1
                following = eval(value, {"__builtins__": {}}, members)
            members[name] = following
            self.comments[name] = comment or ""
            following += 1
        return members


class Spec:
    """The spec, with the names and numbers that YNL's generator would give."""

    def __init__(self, text):
        self.raw = yaml.safe_load(text)
        self.family = self.raw["name"]
        self.definitions = {d["name"]: d for d in self.raw["definitions"]}
        self.sets = {s["name"]: s for s in self.raw["attribute-sets"]}
        self.operations = self.raw["operations"]["list"]

    def definition_enum(self, definition):
        prefix = definition.get("name-prefix", f"{self.family}-{definition['name']}-")
        names = [e if isinstance(e, str) else e["name"] for e in definition["entries"]]
        flags = definition["type"] == "flags"
        enum = {c_name(prefix + name): 1 << i if flags else i for i, name in enumerate(names)}
        return self.with_max(prefix, enum) if definition.get("render-max") else enum

    def set_enum(self, attrs):
        prefix = f"{self.family}-a-{attrs['name']}-"
        enum = {c_name(prefix + "unspec"): 0}
        for attr in attrs["attributes"]:
            enum[c_name(prefix + attr["name"])] = len(enum)
        return self.with_max(prefix, enum)

    def operation_enum(self):
        prefix = f"{self.family}-cmd-"
        enum = {c_name(prefix + "unspec"): 0}
        for operation in self.operations:
            enum[c_name(prefix + operation["name"])] = len(enum)
        return self.with_max(prefix, enum)

    @staticmethod
    def with_max(prefix, enum):
        end = len(enum)
        return {**enum, "__" + c_name(prefix + "max"): end, c_name(prefix + "max"): end - 1}

    def attr_name(self, attrs, attr):
        return c_name(f"{self.family}-a-{attrs['name']}-{attr['name']}")

    def attributes(self):
        """Every attribute with its name in C."""
        for attrs in self.sets.values():
            for attr in attrs["attributes"]:
                yield self.attr_name(attrs, attr), attr

    def pads(self):
        """What pads each attribute's set."""
        return {self.attr_name(attrs, attr): c_name(f"{self.family}-a-{attrs['name']}-pad")
                for attrs in self.sets.values() for attr in attrs["attributes"]}

    def answered(self):
        """{C name: type} of what replies and notifications carry, nests within them too."""
        types, todo = {}, [(self.sets[op["attribute-set"]], name) for op in self.operations
                           for mode in (op.get("do"), op.get("dump"), {"reply": op.get("event")})
                           for name in ((mode or {}).get("reply") or {}).get("attributes", [])]
        while todo:
            attrs, name = todo.pop()
            attr = next((a for a in attrs["attributes"] if a["name"] == name), {})
            c_attr = self.attr_name(attrs, {"name": name})
            if c_attr in types:
                continue
            types[c_attr] = attr.get("type")
            nested = self.sets.get(attr.get("nested-attributes"), {"attributes": []})
            todo += [(nested, a["name"]) for a in nested["attributes"] if a["type"] != "pad"]
        return types

    def policy(self, operation):
        """What a request may carry: {C name: (type, least, most)}."""
        request = (operation.get("do") or operation.get("dump") or {}).get("request", {})
        attrs = self.sets[operation["attribute-set"]]
        by_name = {a["name"]: a for a in attrs["attributes"]}
        return {c_name(f"{self.family}-a-{attrs['name']}-{name}"): self.range_of(by_name[name])
                for name in request.get("attributes", []) if name in by_name}

    def range_of(self, attr):
        checks = attr.get("checks", {})
        least, most = checks.get("min"), checks.get("max", checks.get("max-len"))
        if not checks and "enum" in attr:
            most = len(self.definitions[attr["enum"]]["entries"]) - 1
        return attr["type"], self.limit(least) or 0, self.limit(most)

    def limit(self, value):
        if value in self.definitions:
            return self.definitions[value]["value"]
        return LIMITS.get(value, value)


class Genl:
    """The policies, operations and puts of the module, whichever file they are in."""

    def __init__(self, text, header):
        self.values = {**header.values, **C_LIMITS,
                       **{name: int(value, 0) for name, value in header.defines.items()
                          if value[:1].isdigit()}}
        self.ranges = {name: (int(values.get("min", "0"), 0), values["max"])
                       for name, body in re.findall(
                           r"^static struct netlink_range_validation (\w+) = \{(.*?)\};",
                           text, re.M | re.S)
                       for values in [dict(re.findall(r"\.(\w+) = (\w+)", body))]}
        self.policies = {name: self.policy(body) for name, body in re.findall(
            r"^static const struct nla_policy (\w+)\[\] = \{\n(.*?)^\};", text, re.M | re.S)}
        ops = re.search(r"^static const struct genl_ops ops\[\] = \{\n(.*?)^\};", text,
                        re.M | re.S).group(1)
        self.ops = [dict(re.findall(r"\.(\w+) = (.+),\n", op))
                    for op in re.findall(r"^\t\{\n(.*?)^\t\},", ops, re.M | re.S)]
        self.puts = set(re.findall(r"\b(" + "|".join(PUTS) + r")\(\w+,\s*(FAULTCAST_A_\w+)", text))
        self.puts |= self.helper_puts(text)
        self.pads = re.findall(r"\b(?:put_u64|nla_put_u64_64bit)\(\w+,\s*(FAULTCAST_A_\w+),.*?"
                               r"(FAULTCAST_A_\w+_PAD)\)", text, re.S)

    @staticmethod
    def helper_puts(text):
        """Puts under a number that the function was given: by whom, and which."""
        puts = set()
        for helper, params, body in re.findall(
                r"^static \w+ (?!put_u64)(\w+)\((struct sk_buff [^)]*)\)\n\{\n(.*?)^\}", text,
                re.M | re.S):
            names = [param.split()[-1].lstrip("*") for param in params.split(",")]
            for function, name in re.findall(r"\b(" + "|".join(PUTS) + r")\(\w+,\s*(\w+)", body):
                if name in names:
                    puts |= {(function, args.split(",")[names.index(name)].strip()) for args in
                             re.findall(r"\b" + helper + r"\((skb,[^()]*)", text)}
        return puts

    def policy(self, body):
        policy = {}
        for name, value in re.findall(r"\[(\w+)\] = (.*?)\n?(?=^\t\[|\Z)", body, re.M | re.S):
            if "NLA_REJECT" not in value:
                policy[name] = self.entry(value)
        return policy

    def entry(self, value):
        plain = re.match(r"\{ \.type = (\w+) \}", value)
        if plain:
            return POLICY_TYPES[plain.group(1)], 0, None
        # The longest string, without its NUL.
        string = re.match(r"\{ \.type = NLA_NUL_STRING, \.len = (\w+) - 1 \}", value)
        if string:
            return "string", 0, self.number(string.group(1)) - 1
        macro, args = re.match(r"(NLA_POLICY_\w+)\((.*)\)", value, re.S).groups()
        args = [arg.strip() for arg in args.split(",")]
        if macro == "NLA_POLICY_FULL_RANGE":
            least, most = self.ranges[args[1].removeprefix("&")]
            return POLICY_TYPES[args[0]], least, self.number(most)
        limits = [self.number(a) for a in args[1:]]
        if max(limits) > 0x7fff:
            raise ValueError(f"the limit does not fit in struct nla_policy: {value}")
        if macro == "NLA_POLICY_MAX":
            limits = [0] + limits
        elif macro != "NLA_POLICY_RANGE":
            raise ValueError(f"not understood: {value}")
        return (POLICY_TYPES[args[0]], *limits)

    def number(self, text):
        return self.values[text] if text in self.values else int(text, 0)


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def same(self, what, spec, other):
        self.count += 1
        good = spec == other
        print(f"{'ok' if good else 'not ok'} {self.count} - {what}")
        if good:
            return
        self.failed += 1
        if isinstance(spec, dict) and isinstance(other, dict):
            for key in sorted(spec.keys() | other.keys()):
                if spec.get(key) != other.get(key):
                    print(f"# {key}: spec {spec.get(key)}, source {other.get(key)}")
        else:
            print(f"# spec {spec}\n# source {other}")

    def end(self):
        print(f"1..{self.count}")
        return bool(self.failed)


def check_numbers(tap, spec, header):
    enums = {}
    for definition in spec.raw["definitions"]:
        if definition["type"] != "const":
            tag = definition.get("enum-name", f"{spec.family}-{definition['name']}")
            enums[tag.replace("-", "_")] = spec.definition_enum(definition)
    for attrs in spec.sets.values():
        enums[attrs["enum-name"].replace("-", "_")] = spec.set_enum(attrs)
    enums[spec.raw["operations"]["enum-name"].replace("-", "_")] = spec.operation_enum()
    tap.same("the header has the enums of the spec", sorted(enums), sorted(header.enums))
    for tag, enum in enums.items():
        tap.same(f"enum {tag}", enum, header.enums.get(tag, {}))


def check_defines(tap, spec, header):
    raw = spec.raw
    defines = {c_name(f"{spec.family}-{d['name']}"): str(d["value"])
               for d in raw["definitions"] if d["type"] == "const"}
    defines[c_name(raw["c-family-name"])] = f'"{spec.family}"'
    defines[c_name(raw["c-version-name"])] = str(raw.get("version", 1))
    for group in raw["mcast-groups"]["list"]:
        defines[c_name(group["c-define-name"])] = f'"{group["name"]}"'
    tap.same("constants", defines, header.defines)


def comment_says(comment, enums):
    """From "u32: enum faultcast_kind" or "nest, many: FAULTCAST_A_EVENT_*: ..."."""
    match = re.match(r"(\w+)[,:]?", comment)
    says = {"type": COMMENT_TYPES.get(match.group(1)) if match else None}
    enum = re.search(r"\benum (\w+)", comment)
    says["enum"] = enums.get(enum.group(1)) if enum else None
    if re.search(r"\bKIND_[A-Z]", comment):    # the only value that is taken so far
        says["enum"] = "kind"
    nest = re.search(r"\bFAULTCAST_A_(\w+)_\*", comment)
    if says["type"] == "nest" and nest:
        says["nested-attributes"] = nest.group(1).lower().replace("_", "-")
    words = re.match(r"binary: (\d+) u32", comment)
    if words:
        says["checks"] = {"exact-len": 4 * int(words.group(1))}
    return says


def check_types(tap, spec, header):
    enums = {f"{spec.family}_{name}".replace("-", "_"): name for name in spec.definitions}
    said, found = {}, {}
    for name, attr in spec.attributes():
        if attr["type"] != "pad":
            says = comment_says(header.comments.get(name, ""), enums)
            found[name] = says
            said[name] = {key: attr.get(key) for key in says}
    tap.same("types and enums, as the header's comments say them", said, found)


def check_requests(tap, spec, genl):
    served = {op["cmd"]: op for op in genl.ops}
    wanted = [op for op in spec.operations if "do" in op or "dump" in op]
    prefix = c_name(f"{spec.family}-cmd-")
    tap.same("the module serves the operations of the spec",
             sorted(prefix + c_name(op["name"]) for op in wanted), sorted(served))
    for operation in wanted:
        name = operation["name"]
        op = served.get(prefix + c_name(name), {})
        policy = genl.policies.get(op.get("policy"), {})
        tap.same(f"{name}: modes", sorted(operation.keys() & {"do", "dump"}),
                 sorted(mode[:-2] for mode in op.keys() & {"doit", "dumpit"}))
        tap.same(f"{name}: permission", operation.get("flags", []),
                 ["admin-perm"] if op.get("flags") == "GENL_ADMIN_PERM" else [])
        tap.same(f"{name}: request", spec.policy(operation), policy)
        tap.same(f"{name}: all of its policy is used", f"ARRAY_SIZE({op.get('policy')}) - 1",
                 op.get("maxattr"))


def check_puts(tap, spec, genl):
    put = {name: PUTS[function] for function, name in genl.puts}
    pads = spec.pads()
    tap.same("puts and paddings were found in the module", bool(put and genl.pads), True)
    tap.same("each attribute is put as one type", len(put), len(genl.puts))
    tap.same("the module puts what the spec answers with, as that type", spec.answered(), put)
    tap.same("paddings are of the set", {name: pads.get(name) for name, _ in genl.pads},
             dict(genl.pads))


def check_references(tap, spec):
    """YNL would refuse these too."""
    dangling = [op["name"] for op in spec.operations
                for mode in (op.get("do"), op.get("dump"), {"reply": op.get("event")})
                for part in (mode or {}).values()
                for name in (part or {}).get("attributes", [])
                if name not in {a["name"] for a in
                                spec.sets[op["attribute-set"]]["attributes"]}]
    tap.same("operations name attributes of their set", dangling, [])
    groups = {group["name"] for group in spec.raw["mcast-groups"]["list"]}
    tap.same("notifications go to groups that exist",
             {op["mcgrp"] for op in spec.operations if "mcgrp" in op}, groups)


def main():
    header = Header(read("kmod/uapi/faultcast.h"))
    spec = Spec(read("kmod/faultcast.yaml"))
    files = sorted(glob.glob("kmod/**/*.c", root_dir=TOP, recursive=True))
    genl = Genl("".join(read(file) for file in files), header)
    tap = Tap()
    check_numbers(tap, spec, header)
    check_defines(tap, spec, header)
    check_types(tap, spec, header)
    check_requests(tap, spec, genl)
    check_puts(tap, spec, genl)
    check_references(tap, spec)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
