#!/bin/bash
# Proves: the committed header, policies, names and documentation are what kmod/faultcast.yaml
# generates. A manual change of one of them, or a change of the spec alone, is found.
set -u
cd "$(dirname "$0")/.." || exit 1

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
number=0 failed=0

# check FILE [REASON]: generates the file again and compares it, or skips it with REASON.
check() {
	number=$((number + 1))
	if [ -n "${2:-}" ]; then
		echo "ok $number - $1 # SKIP $2"
	elif kmod/generate/run "$out" "$1" >"$out/log" 2>&1 && diff -u "$1" "$out/$1" >>"$out/log"; then
		echo "ok $number - $1 is what the spec makes"
	else
		failed=$((failed + 1))
		echo "not ok $number - $1 is what the spec makes"
		sed 's/^/# /' "$out/log"
		echo "# make generate brings it up to date"
	fi
}

# The kernel's generator needs a package that may not be available here, and Python's jsonschema.
reason=
kmod/generate/ynl >"$out/log" 2>&1 || reason="the generator cannot be fetched: $(tail -n 1 "$out/log")"
/usr/bin/python3 -c 'import jsonschema' 2>"$out/log" || reason=$(tail -n 1 "$out/log")
check kmod/uapi/faultcast.h "$reason"
check kmod/nl/policy.h "$reason"
check exporter/model/names_gen.h
check docs/netlink.md
echo "1..$number"
[ "$failed" -eq 0 ]
