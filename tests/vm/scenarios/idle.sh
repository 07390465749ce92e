# shellcheck shell=bash disable=SC2034,SC2154
# Proves: an exporter without requests and events does not run.
VM_FILES="curl jq"

switches() {
	awk '$1 == "voluntary_ctxt_switches:" {print $2}' "/proc/$exporter/status"
}

guest() {
	ok "the module loads" load_faultcast
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	sleep 1
	before=$(switches)
	sleep 10
	after=$(switches)
	ok "it woke at most 10 times in 10 s: $((after - before))" test $((after - before)) -le 10
	ok "the law holds" law_holds
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}
