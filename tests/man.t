#!/bin/bash
# Proves: the manual pages name exactly the flags and verbs of the programs' --help, with the same
# defaults.
# shellcheck disable=SC2034 # lib.sh reads TAP_DIR
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/vm/lib.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
exec 3>&1
tap_start 1 "$scratch"

# man_flags PAGE [VERB]: the verb's flags and those of all verbs, one on each line. A flag with a
# default has a second line with "(default VALUE)".
man_flags() {
	awk -v verb="${2-}" '
		/^\.S[hs] / { here = $2 == "DESCRIPTION" || $2 == verb }
		here && /^\.It Fl -/ { flag = "-" $3; print flag }
		here && match($0, /\(default [^)]*\)/) { print flag, substr($0, RSTART, RLENGTH) }
	' "docs/man/$1.8" | sort
}

# help_flags PROGRAM [VERB]: the same for --help.
help_flags() {
	local program=build/$1
	shift
	"$program" "$@" --help | awk '
		! /^  --/ { next }
		{ sub("=.*", "", $1); print $1 }
		match($0, /\(default [^)]*\)/) { print $1, substr($0, RSTART, RLENGTH) }
	' | sort
}

# compare PROGRAM [VERB]
compare() {
	man_flags "$@" >"$scratch/man"
	help_flags "$@" >"$scratch/help"
	ok "$* --help has flags" [ -s "$scratch/help" ]
	same "the page of $* has the same" "$scratch/man" "$scratch/help"
}

compare faultcast_exporter
verbs=$(build/faultcastctl --help | awk '/^  [a-z]/ {print $1}')
is "the verbs of faultcastctl" "$(sed -n 's/^\.Ss //p' docs/man/faultcastctl.8)" "$verbs"
for verb in $verbs; do
	compare faultcastctl "$verb"
done
done_testing
