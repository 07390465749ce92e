# shellcheck shell=bash disable=SC2034
# The virtual machine of chaos/run, which sends orders to it over the network. It proves nothing by
# itself. An order is a line of shell that may use everything a scenario may use. The guest ends
# with the orders.
VM_CPUS=2
VM_MEMORY=1024
VM_TIMEOUT=420
# The module is loaded and unloaded in storms: see README.md, "What to know".
VM_TCG_THREAD=single
VM_NET=1
VM_DEVICES="i82559er,addr=0x4 i82559er,addr=0x5 i82559er,addr=0x6"
VM_FILES="curl jq build/san/faultcast_exporter:bin/faultcast_exporter_san"

guest() {
	# Longer timeouts, for a host that does other work too.
	patience=5
	port=$(tr ' ' '\n' </proc/cmdline | sed -n 's/^chaos\.port=//p')
	mkdir /store
	mount -t tmpfs -o size=256m tmpfs /store
	mkfifo /tmp/orders /tmp/said
	nc 10.0.2.2 "$port" >/tmp/orders </tmp/said &
	# Runs in this shell, so that variables set by an order remain for the next one.
	while read -r order <&4; do
		eval "$order" 2>&1
		echo "=$?"
	done 4</tmp/orders >/tmp/said
}

# storm FILE: repeats its lines until /tmp/end exists. Pauses while /tmp/hold exists.
storm() {
	while [ ! -e /tmp/end ]; do
		while read -r storm_line && [ ! -e /tmp/end ]; do
			while [ -e /tmp/hold ] && [ ! -e /tmp/end ]; do sleep 0.1; done
			eval "$storm_line"
		done <"$1"
	done >/dev/null 2>&1 </dev/null
}

# start PROGRAM FLAG...: starts an exporter that the host can reach, as $exporter.
start() {
	"$@" --web.listen-address=0.0.0.0:10186 >>/host/exporter.log 2>&1 </dev/null &
	exporter=$!
}

uptime_seconds() {
	cut -d . -f 1 /proc/uptime
}

# unload SECONDS: retries while a dump holds the module. Prints the module's final counters.
unload() {
	unload_end=$(($(uptime_seconds) + $1))
	until rmmod faultcast 2>/dev/null; do
		[ "$(uptime_seconds)" -lt $unload_end ] || return 1
		sleep 0.1
	done
	dmesg | sed -n 's/.*faultcast: unloaded: //p' | tail -n 1
}

# dropped: messages dropped because a netlink socket's buffer was full, for all sockets.
dropped() {
	awk 'NR > 1 { sum += $9 } END { print sum + 0 }' /proc/net/netlink
}

# until_dropped MORE-THAN SECONDS
until_dropped() {
	until_end=$(($(uptime_seconds) + $2))
	while [ "$(dropped)" -le "$1" ]; do
		[ "$(uptime_seconds)" -lt $until_end ] || return 1
		sleep 0.1
	done
}

# step SECONDS: sets the wall clock.
step() {
	date -s "@$(($(date +%s) + $1))"
}

# not_found ERE FILE
not_found() {
	! grep -E "$1" "$2"
}
