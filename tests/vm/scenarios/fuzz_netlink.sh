# shellcheck shell=bash disable=SC2034
# Proves: random and mutated messages to the netlink family do no harm. They come from root and from
# unprivileged processes, from several senders at once, while faults come in. The kernel stays sound
# and the module works. fuzz.count=N and fuzz.seed=N on the command line repeat a run: tests/vm/run
# --append "fuzz.seed=7".
VM_CPUS=2
VM_DEVICES="i82559er,addr=0x4"
VM_FILES="jq"

device=0000:00:04.0

# setting NAME DEFAULT: a value from the kernel's command line.
setting() {
	tr ' ' '\n' </proc/cmdline | sed -n "s/^fuzz\.$1=//p" | tail -n 1 | grep . || echo "$2"
}

# tried SENDER COMMAND: lines of "OUTCOME NUMBER".
tried() {
	awk -v sender="$1" -v command="$2" '$1 == sender && $2 == command {print $3, $4}' /host/fuzz
}

guest() {
	seed=$(setting seed "$(date +%s)")
	# Sends more messages on the debug kernel, where KASAN and lockdep check them.
	count=$(setting count "$(case $(uname -r) in *-debug-*) echo 100000 ;; *) echo 20000 ;; esac)")
	diag "fuzz.seed=$seed fuzz.count=$count"
	# Small limits, so that tables fill up and dumps stay short.
	ok "the module loads" load_faultcast devices=24 history=32 queue=32
	while [ ! -e /tmp/end ]; do
		raise_iommu_fault device=$device count=50
		sleep 0.5
	done >/dev/null &
	ok "the senders come to their end" fuzz
	touch /tmp/end
	wait
	diag "$(awk '{n[$2 " " $3] += $4} END {for (k in n) print k, n[k]}' /host/fuzz | sort -k 1,1 -k 3,3nr)"
	is "every message was sent" "$(awk '{n += $4} END {print n}' /host/fuzz)" "$count"
	for command in status_get device_get event_get config_set inject; do
		like "$command was understood" "$(tried root $command)" '^0 '
		like "$command was refused" "$(tried root $command)" '^E'
	done
	for sender in nobody userns; do
		like "$sender may read the status" "$(tried $sender status_get)" '^0 '
		like "$sender may read a device" "$(tried $sender device_get)" '^0 '
		like "$sender may not read all devices" "$(tried $sender device_get)" '^EPERM '
		for command in event_get config_set inject; do
			is "$sender may not use $command" "$(tried $sender $command | grep '^0 ')" ""
			like "$sender was told so for $command" "$(tried $sender $command)" '^EPERM '
		done
	done
	ok "the law holds" law_holds
	ok "limits can be set" faultcastctl config --rate 100000 --burst 16 --host-rate 0
	ok "an event can be injected" faultcastctl inject
	ok "the law still holds" law_holds
	ok "the module unloads" unload_faultcast
}

fuzz() {
	fuzznl "$seed" "$count" >/host/fuzz
}
