#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves: the module (kmod/**/*.c) serves the operations of kmod/faultcast.yaml, with their
permissions and the generated policies. It puts the attributes that the spec has for each answer,
with the types given there. tests/generated.t proves that header and policies are generated from
the spec."""

import glob
import os
import re
import sys

import yaml

TOP = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..")
PUTS = {"nla_put_u8": "u8", "nla_put_u32": "u32", "put_u64": "u64", "nla_put_u64_64bit": "u64",
        "nla_put_string": "string", "nla_put": "binary", "nla_nest_start": "nest"}
NO_POLICY = "no_attrs_policy"   # the module's own, for requests without attributes


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


def c_name(*parts):
    return "-".join(parts).upper().replace("-", "_")


class Spec:
    """The spec, with the names that YNL's generator gives."""

    def __init__(self, text):
        raw = yaml.safe_load(text)
        self.family = raw["name"]
        self.sets = {s["name"]: s for s in raw["attribute-sets"]}
        self.operations = [op for op in raw["operations"]["list"] if op.get("value") != 0]

    def attr_name(self, attrs, name):
        return c_name(self.family, "a", attrs["name"], name)

    def pads(self):
        """The padding attribute of each attribute set."""
        return {self.attr_name(attrs, attr["name"]): self.attr_name(attrs, "pad")
                for attrs in self.sets.values() for attr in attrs["attributes"]}

    def answered(self):
        """{C name: type} of the attributes in replies and notifications, including nested ones."""
        types, todo = {}, [(self.sets[op["attribute-set"]], name) for op in self.operations
                           for mode in (op.get("do"), op.get("dump"), {"reply": op.get("event")})
                           for name in ((mode or {}).get("reply") or {}).get("attributes", [])]
        while todo:
            attrs, name = todo.pop()
            attr = next((a for a in attrs["attributes"] if a["name"] == name), {})
            c_attr = self.attr_name(attrs, name)
            if c_attr in types:
                continue
            types[c_attr] = attr.get("type")
            nested = self.sets.get(attr.get("nested-attributes"), {"attributes": []})
            todo += [(nested, a["name"]) for a in nested["attributes"]
                     if a["type"] not in ("pad", "unused")]
        return types

    def policy(self, operation):
        """The name of the generated policy of @operation's request, or the module's own."""
        request = (operation.get("do") or operation.get("dump") or {}).get("request")
        return f"{c_name(self.family, operation['name']).lower()}_nl_policy" if request else NO_POLICY


class Module:
    """The operations and puts of the module, from all its files."""

    def __init__(self, text):
        ops = re.search(r"^static const struct genl_ops ops\[\] = \{\n(.*?)^\};", text,
                        re.M | re.S).group(1)
        self.ops = [dict(re.findall(r"\.(\w+) = (.+),\n", op))
                    for op in re.findall(r"^\t\{\n(.*?)^\t\},", ops, re.M | re.S)]
        self.no_policy = re.findall(r"^static const struct nla_policy " + NO_POLICY +
                                    r"\[\] = \{\n(.*?)^\};", text, re.M | re.S)
        self.puts = set(re.findall(r"\b(" + "|".join(PUTS) + r")\(\w+,\s*(FAULTCAST_A_\w+)", text))
        self.puts |= self.helper_puts(text)
        self.pads = re.findall(r"\b(?:put_u64|nla_put_u64_64bit)\(\w+,\s*(FAULTCAST_A_\w+),.*?"
                               r"(FAULTCAST_A_\w+_PAD)\)", text, re.S)

    @staticmethod
    def helper_puts(text):
        """Puts with a number that was passed to a function: the callers and their numbers."""
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


def check_requests(tap, spec, module):
    served = {op["cmd"]: op for op in module.ops}
    wanted = [op for op in spec.operations if "do" in op or "dump" in op]
    tap.same("the module serves the operations of the spec",
             sorted(c_name(spec.family, "cmd", op["name"]) for op in wanted), sorted(served))
    for operation in wanted:
        name = operation["name"]
        op = served.get(c_name(spec.family, "cmd", name), {})
        tap.same(f"{name}: modes", sorted(operation.keys() & {"do", "dump"}),
                 sorted(mode[:-2] for mode in op.keys() & {"doit", "dumpit"}))
        tap.same(f"{name}: permission", operation.get("flags", []),
                 ["admin-perm"] if op.get("flags") == "GENL_ADMIN_PERM" else [])
        tap.same(f"{name}: policy", spec.policy(operation), op.get("policy"))
        tap.same(f"{name}: all of its policy is used", f"ARRAY_SIZE({op.get('policy')}) - 1",
                 op.get("maxattr"))
    tap.same("a request without attributes may have none", ["\t[1] = { .type = NLA_REJECT },\n"],
             module.no_policy)


def check_puts(tap, spec, module):
    put = {name: PUTS[function] for function, name in module.puts}
    pads = spec.pads()
    tap.same("puts and paddings were found in the module", bool(put and module.pads), True)
    tap.same("each attribute is put as one type", len(put), len(module.puts))
    tap.same("the module puts what the spec answers with, as that type", spec.answered(), put)
    tap.same("paddings are of the set", {name: pads.get(name) for name, _ in module.pads},
             dict(module.pads))


def main():
    spec = Spec(read("kmod/faultcast.yaml"))
    files = sorted(glob.glob("kmod/**/*.c", root_dir=TOP, recursive=True))
    module = Module("".join(read(file) for file in files))
    tap = Tap()
    check_requests(tap, spec, module)
    check_puts(tap, spec, module)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
