# shellcheck shell=sh
# TAP for both halves of a scenario: busybox sh in the guest, bash on the host. TAP goes to file
# descriptor 3, so that the output of commands cannot mix with it. The counter is a file, so that
# checks in a pipeline or a subshell are counted too.

# tap_start FIRST DIR: the first check has number FIRST. DIR is for scratch files.
tap_start() {
	TAP_DIR=$2
	echo $(($1 - 1)) >"$TAP_DIR/tap.count"
}

# Prints the plan. If the plan is missing, this half of the scenario did not reach its end.
done_testing() {
	read -r tap_n <"$TAP_DIR/tap.count"
	echo "1..$tap_n" >&3
}

# diag TEXT...: prints every line as a TAP comment.
diag() {
	printf '%s\n' "$*" | sed 's/^/# /' >&3
}

# tap_show LABEL FILE: prints a file as a diagnostic, at most 40 lines.
tap_show() {
	tap_lines=$(wc -l <"$2")
	if [ "$tap_lines" -le 1 ]; then
		diag "  $1 $(cat "$2")"
		return
	fi
	diag "  $1"
	head -n 40 "$2" | sed 's/^/#     /' >&3
	[ "$tap_lines" -le 40 ] || diag "    ... $tap_lines lines"
}

tap_result() {
	read -r tap_n <"$TAP_DIR/tap.count"
	tap_n=$((tap_n + 1))
	echo "$tap_n" >"$TAP_DIR/tap.count"
	echo "$1 $tap_n - $2" >&3
}

# ok NAME COMMAND...: the command must succeed. It runs in this shell.
ok() {
	tap_name=$1
	shift
	tap_status=0
	"$@" >"$TAP_DIR/tap.output" 2>&1 || tap_status=$?
	if [ "$tap_status" -eq 0 ]; then
		tap_result ok "$tap_name"
		return 0
	fi
	tap_result "not ok" "$tap_name"
	diag "  got:      exit status $tap_status"
	diag "  expected: success of: $*"
	[ ! -s "$TAP_DIR/tap.output" ] || tap_show "output:  " "$TAP_DIR/tap.output"
	return 1
}

# not_ok NAME COMMAND...: the command must fail.
not_ok() {
	tap_name=$1
	shift
	if ! "$@" >"$TAP_DIR/tap.output" 2>&1; then
		tap_result ok "$tap_name"
		return 0
	fi
	tap_result "not ok" "$tap_name"
	diag "  got:      exit status 0"
	diag "  expected: failure of: $*"
	[ ! -s "$TAP_DIR/tap.output" ] || tap_show "output:  " "$TAP_DIR/tap.output"
	return 1
}

# is NAME GOT EXPECTED: the two texts must be equal.
is() {
	if [ "$2" = "$3" ]; then
		tap_result ok "$1"
		return 0
	fi
	tap_result "not ok" "$1"
	printf '%s\n' "$2" >"$TAP_DIR/tap.got"
	printf '%s\n' "$3" >"$TAP_DIR/tap.expected"
	tap_show "got:     " "$TAP_DIR/tap.got"
	tap_show "expected:" "$TAP_DIR/tap.expected"
	return 1
}

# like NAME GOT ERE: a line of the text must match the extended regular expression.
like() {
	if printf '%s\n' "$2" | grep -qE -- "$3"; then
		tap_result ok "$1"
		return 0
	fi
	tap_result "not ok" "$1"
	printf '%s\n' "$2" >"$TAP_DIR/tap.got"
	tap_show "got:     " "$TAP_DIR/tap.got"
	diag "  expected: a line matching /$3/"
	return 1
}

# same NAME GOT-FILE EXPECTED-FILE: the files must be equal. Prints their difference.
same() {
	if diff -u "$3" "$2" >"$TAP_DIR/tap.diff" 2>&1; then
		tap_result ok "$1"
		return 0
	fi
	tap_result "not ok" "$1"
	tap_show "from expected (-) to got (+):" "$TAP_DIR/tap.diff"
	return 1
}

# skip NAME REASON: counts as a check that cannot be made here.
skip() {
	tap_result ok "$1 # SKIP $2"
}

# wait_for SECONDS COMMAND...: repeats the command until it succeeds. Fails after three times as long,
# because the machine may be busy. The command's last output is kept, so that `ok` shows it.
wait_for() {
	wait_until=$(($(date +%s) + $1 * ${patience:-3}))
	shift
	while :; do
		wait_output=$("$@" 2>&1) && return 0
		if [ "$(date +%s)" -ge "$wait_until" ]; then
			printf '%s\n' "$wait_output"
			return 1
		fi
		sleep 0.1
	done
}

# event_lines: the lines of `faultcastctl tail --all --once` as all_events prints them.
event_lines() {
	awk '
		$5 == "io_page_fault" {
			reason = $8 == "reason" ? $9 : "-"
			sub(/^0x0/, "0x", reason)
			sub(/:$/, "", reason)
			print $3, $4, $6, $7, reason ($NF == "synthetic" ? " synthetic" : "")
		}
		$5 == "interrupt_remapping" { sub(/:$/, "", $9); print $3, $4, "interrupt", $7, $9 }'
}
