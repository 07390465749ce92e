# shellcheck shell=sh
# The findings of the kernel's own checkers. guest-run asks for them before guest() and after it. A
# distribution's kernel has the log and the taint flags. The debug kernel has lockdep and kmemleak
# too.

lockdep_stats=/proc/lockdep_stats
kmemleak=/sys/kernel/debug/kmemleak

# The names of this kernel's checkers, for the name of the check.
kernel_checkers() {
	printf ': log, taint'
	[ ! -e $lockdep_stats ] || printf ', lockdep'
	[ ! -e $kmemleak ] || printf ', kmemleak'
}

# The taint flags without those for an out-of-tree and an unsigned module, which the module sets.
taint() {
	echo $(($(cat /proc/sys/kernel/tainted) & ~(1 << 12 | 1 << 13)))
}

# clear_log: empties the kernel's log. Its content is kept for the final checks.
clear_log() {
	dmesg -c >>/tmp/log
}

# kernel_watch: findings count from here on.
kernel_watch() {
	touch /tmp/log
	taint >/tmp/taint.before
	[ ! -e $kmemleak ] || jiffies >/tmp/watched
}

jiffies() {
	sed -n 's/^jiffies: //p' /proc/timer_list | head -n 1
}

# Leaked blocks: no pointer to them in two scans, unchanged in between, at least 5 s old then, and
# allocated since kernel_watch.
leaks() {
	sleep 6 &
	echo scan >$kmemleak && wait $! && echo scan >$kmemleak || return
	awk -v since="$(cat /tmp/watched)" '
		/^unreferenced object/ { head = $0; next }
		/^ *comm .* jiffies / { ours = substr($0, index($0, " jiffies ") + 9) + 0 >= since + 0; if (ours) print head }
		ours' $kmemleak
}

log_findings() {
	{
		cat /tmp/log
		dmesg
	} | sed 's/^\[[^]]*\] //' | grep -E -f /vm/kernel-trouble |
		if [ "$VM_LOG_ALLOW" ]; then grep -vE "$VM_LOG_ALLOW"; else cat; fi
}

kernel_findings() {
	log_findings
	if [ -e $lockdep_stats ]; then
		grep -qE 'debug_locks: +1$' $lockdep_stats || echo "lockdep has switched itself off"
	fi
	if [ -e $kmemleak ]; then
		leaks || echo "kmemleak does not scan"
	fi
	taint_now=$(taint)
	[ "$taint_now" = "$(cat /tmp/taint.before)" ] || echo "tainted: $taint_now"
}

# kernel_sound: no checker has a finding; prints the findings.
kernel_sound() {
	kernel_findings >/tmp/findings 2>&1
	cat /tmp/findings
	[ ! -s /tmp/findings ]
}

# misdeed_at_fault DEED: misdeed does this in the probe of a fault, in hard interrupt context.
misdeed_at_fault() {
	insmod /lib/misdeed.ko deed="$1" && raise_iommu_fault device=0000:00:04.0 && rmmod misdeed
}

# control NAME ERE COMMAND...: a negative control. The command must make the check fail, and the
# first finding must match. For scenarios with VM_UNSOUND. The findings are then discarded.
control() {
	control_name="negative control $1"
	control_ere=$2
	shift 2
	if ! "$@"; then
		tap_result "not ok" "$control_name: cannot be made: $*"
	elif kernel_sound >/tmp/control; then
		tap_result "not ok" "$control_name: the check does not fail"
	else
		control_said=$(head -n 1 /tmp/control)
		like "$control_name: the check fails: $control_said" "$control_said" "$control_ere"
		diag "$(head -n 12 /tmp/control)"
	fi
	clear_log
	: >/tmp/log
	kernel_watch
}
