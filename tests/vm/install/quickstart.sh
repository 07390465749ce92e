# shellcheck shell=bash disable=SC2034
# Proves: the commands of README.md's section "On a host" work on a Debian 12 with systemd. The
# module is loaded by name, now and at boot. The exporter sees faults from inside its sandbox: with
# CAP_NET_ADMIN alone, with events, sysfs and uevents, and with a unix socket for its group.
# tests/install.t has run the lines up to dkms.
VM_DEVICES="i82559er,addr=0x4"
VM_DEBIAN=1
VM_TIMEOUT=300
VM_FILES="build/install/host.tar:vm/host.tar ./README.md:vm/README.md"

rogue_reads='faultcast_io_page_faults_total{device="0000:00:04.0",access="read"}'

# The first code block of that section, without comments.
# shellcheck disable=SC2016 # backquotes of Markdown
quick_start() {
	sed -n '/^## On a host/,/^## /p' /vm/README.md | sed -n '/^```$/,/^```$/p' |
		awk '/^```$/ { if (n++) exit; next } { sub(/ +#.*/, ""); print }'
}

# The guest has no sudo, and root does not need it.
sudo() {
	"$@"
}

follow_quick_start() {
	quick_start | sed '1,/dkms/d' >/tmp/lines
	ok "README.md has lines to follow" [ "$(wc -l </tmp/lines)" -ge 6 ]
	while read -r line; do
		# curl cannot connect before the exporter is ready.
		case $line in curl*) ok "the exporter is ready" wait_for 30 exporter_ready ;; esac
		ok "$line" eval "$line"
	done </tmp/lines
}

main_pid() {
	systemctl show -P MainPID faultcast-exporter
}

# other_pid PID: for use with wait_for: the exporter runs as another process than PID.
other_pid() {
	[ "$(main_pid)" != 0 ] && [ "$(main_pid)" != "$1" ]
}

sandbox() {
	pid=$(main_pid)
	is "it runs as faultcast" "$(stat -c %U:%G /proc/"$pid")" faultcast:faultcast
	is "CAP_NET_ADMIN is all it has or can get" "$(sed -n 's/^Cap\(Eff\|Prm\|Bnd\|Amb\):[[:space:]]0*1000$/\1/p' \
		/proc/"$pid"/status | sort | xargs)" "Amb Bnd Eff Prm"
	is "new privileges and other system calls are barred" "$(awk '/^(NoNewPrivs|Seccomp):/ {print $2}' \
		/proc/"$pid"/status | xargs)" "1 2"
	is "4096 descriptors, as the unit says" "$(awk '/^Max open files/ {print $4, $5}' /proc/"$pid"/limits)" "4096 4096"
	like "it listens for uevents" "$(awk -v pid="$pid" '$2 == 15 && $3 == pid {print $4}' /proc/net/netlink)" 1
	is "it keeps events where only it may" "$(stat -c %U:%a /var/lib/faultcast /var/lib/faultcast/events.db | xargs)" \
		"faultcast:750 faultcast:600"
	ok "it reads when it was started" metric_positive process_start_time_seconds
}

journal_has() {
	journalctl -o cat -u faultcast-exporter | grep "$1"
}

service() {
	is "systemd is told how it is" "$(systemctl show -P StatusText faultcast-exporter)" "receives events"
	is "and asks for signs of life" "$(systemctl show -P WatchdogUSec faultcast-exporter)" 30s
	ok "systemctl reload" systemctl reload faultcast-exporter
	ok "arrives" wait_for 20 journal_has 'nothing to read again'
	is "and is over" "$(systemctl is-active faultcast-exporter)" active
	is "in the same process" "$(main_pid)" "$pid"
}

metric_positive() {
	echo "$1 is $(metric "$1")"
	metric "$1" | grep -q '^[1-9]'
}

# events_as GROUP: the events on the unix socket, as a member of that group sees them.
events_as() {
	setpriv --reuid nobody --regid "$1" --clear-groups curl -sSf -m 20 \
		--unix-socket /run/faultcast/exporter.sock 'http://localhost/v1/events'
}

faults() {
	is "before it: zero" "$(metric "$rogue_reads")" 0
	ok "a rogue read" /vm/bin/rogue read 0000:00:04.0
	ok "is counted" wait_for 20 metric_is "$rogue_reads" 1
	is "the socket is the group's" "$(stat -c %U:%G:%a /run/faultcast/exporter.sock)" faultcast:faultcast:660
	like "a member of the group sees the event" "$(events_as faultcast 2>&1)" '"0000:00:04.0"'
	not_ok "others do not" events_as nogroup
}

loaded() {
	grep '^faultcast ' /proc/modules
}

at_boot() {
	is "enabled at boot" "$(systemctl is-enabled faultcast-exporter)" enabled
	ok "the module can be removed under it" rmmod faultcast
	ok "it says that it is not ready" wait_for 20 not_ready
	ok "what loads modules at boot" systemctl restart systemd-modules-load
	ok "has loaded it" loaded
	ok "the exporter finds it again" wait_for 20 exporter_ready
	ok "a rogue read of the new module" /vm/bin/rogue read 0000:00:04.0
	ok "is counted, from 0" wait_for 20 metric_is "$rogue_reads" 1
	ok "one that is killed" kill -KILL "$(main_pid)"
	ok "is started again" wait_for 30 other_pid "$pid"
	ok "and has the same count" wait_for 30 metric_is "$rogue_reads" 1
	is "and the events of both modules" "$(events_as faultcast | grep -c KIND_IO_PAGE_FAULT)" 2
}

# A machine with Secure Boot before its owner has enrolled the key of dkms: docs/secure-boot.md.
unknown_key() {
	is "dkms has signed the module" "$(modinfo -F signer faultcast)" "DKMS module signing key"
	systemctl stop faultcast-exporter
	rmmod faultcast
	echo integrity >/sys/kernel/security/lockdown
	like "lockdown: modprobe says so" "$(modprobe faultcast 2>&1)" 'Operation not permitted'
	echo 1 >/sys/module/module/parameters/sig_enforce
	like "sig_enforce: modprobe says so" "$(modprobe faultcast 2>&1)" 'Key was rejected by service'
	like "the kernel too" "$(dmesg)" 'Loading of module with unavailable key is rejected'
	systemctl start faultcast-exporter
	ok "the exporter waits for it" wait_for 20 not_ready
	like "and says so" "$(fetch /-/ready)" 'module faultcast is not loaded'
}

not_ready() {
	[ "$(fetch /-/ready -o /dev/null -w '%{http_code}')" = 503 ]
}

guest() {
	ok "what make install and dkms have installed" tar -x --keep-directory-symlink -f /vm/host.tar -C / || return
	follow_quick_start
	sandbox
	service
	faults
	at_boot
	journalctl -o cat -u faultcast-exporter >/host/journal
	is "the exporter has nothing to complain of" \
		"$(grep -E 'level=(warn|error)' /host/journal | grep -vE 'faultcast is not loaded|is suspect')" ""
	unknown_key
	systemctl --failed --no-legend >/host/failed
	is "no unit has failed" "$(cat /host/failed)" ""
}
