#!/bin/bash
# Proves: make install puts all files where systemd, dkms and people look for them. It needs no
# privilege and does not rebuild anything. make uninstall removes everything except files that the
# administrator changed. The unit is valid and has the promised sandbox. make build-deps installs
# everything that a build needs. dkms builds, signs, installs and removes the installed module with
# the line in README.md.
#
# Leaves build/install/host.tar, a host with all of this, for tests/vm/install.
# shellcheck disable=SC2034,SC2317 # lib.sh reads TAP_DIR; functions are called by ok
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/vm/lib.sh
# prove may run below a make, whose job server these makes must not use.
unset MAKEFLAGS MFLAGS MAKELEVEL

version=$(sed -n 's/^VERSION := //p' Makefile)
abi=$(tests/vm/kernel --abi) || exit
kernel=$(tests/vm/kernel "$abi") || exit
out=$PWD/build/install
root=$out/root
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
exec 3>&1
tap_start 1 "$scratch"
rm -rf "$out"
mkdir -p "$root"

# The contents and link targets of all files below a directory.
files() {
	(cd "$1" && find . ! -type d | sort)
}

# A root user without capabilities owns the files that it creates, and cannot write to build/.
# shellcheck disable=SC2016 # expanded by the shell in there
unprivileged() {
	namespace sh -ec 'mount --bind build build; mount -o remount,ro,bind build
		mount --bind "$1" "$1"; shift
		exec setpriv --bounding-set=-all --inh-caps=-all -- "$@"' sh "$scratch" "$@"
}

# A mount namespace. An unprivileged user gets a user namespace too.
namespace() {
	if [ "$(id -u)" -eq 0 ]; then
		unshare --mount "$@"
	else
		unshare --mount --map-root-user "$@"
	fi
}

# dead_links DIRECTORY: the links of the Markdown pages below it that lead to no file.
dead_links() {
	local page link
	find "$1" -name '*.md' | while read -r page; do
		grep -o ']([^)]*)' "$page" | sed 's/^](//; s/[#)].*//' | grep -v -e '://' -e '^$' |
			while read -r link; do
				[ -f "${page%/*}/$link" ] || echo "$page: $link"
			done
	done
}

install_and_uninstall() {
	local dest=$scratch/dest config=$scratch/dest/etc/default/faultcast-exporter
	ok "make install, without privilege, building nothing" unprivileged make install DESTDIR="$dest"
	for program in faultcast_exporter faultcastctl; do
		like "$program --version" "$("$dest/usr/local/bin/$program" --version 2>&1)" \
			"^$program, version $version "
	done
	like "the unit runs it" "$(cat "$dest"/usr/local/lib/systemd/system/faultcast-exporter.service)" \
		'^ExecStart=/usr/local/bin/faultcast_exporter '
	is "each link of a page leads to an installed file" "$(dead_links "$dest"/usr/local/share/doc/faultcast)" ""
	is "no @name@ is left" "$(grep -rIlE '@[A-Za-z]+@' "$dest" --exclude-dir=doc)" ""
	ok "make uninstall" make uninstall DESTDIR="$dest"
	is "leaves no file" "$(files "$dest")" ""
	is "nor a directory of ours" "$(find "$dest" -name '*faultcast*')" ""

	ok "make install again" make install DESTDIR="$dest"
	echo 'ARGS="--log.level=debug"' >"$config"
	ok "and over a changed configuration" make install DESTDIR="$dest"
	is "which stays" "$(cat "$config")" 'ARGS="--log.level=debug"'
	like "make uninstall says that it leaves it" "$(make uninstall DESTDIR="$dest")" "$config was changed"
	is "and leaves nothing else" "$(files "$dest")" ./etc/default/faultcast-exporter
	elsewhere
}

elsewhere() {
	local dest=$scratch/elsewhere unit
	unit=$dest/etc/systemd/system/faultcast-exporter.service
	set -- DESTDIR="$dest" PREFIX=/opt/f bindir=/opt/f/sbin unitdir=/etc/systemd/system
	ok "make install with a PREFIX, directories by name" make install "$@"
	ok "obeys them" [ -x "$dest/opt/f/sbin/faultcast_exporter" -a -e "$unit" ]
	like "in the unit too" "$(cat "$unit")" '^ExecStart=/opt/f/sbin/faultcast_exporter '
	ok "make uninstall with the same" make uninstall "$@"
	is "leaves no file there" "$(files "$dest")" ""
}

# Verifies the unit beside the host's own units, which it refers to.
systemd_agrees() {
	local dest=$scratch/systemd unit=faultcast-exporter.service exposure
	cp -a "$root" "$dest"
	mkdir -p "$dest/usr/lib/systemd"
	cp -a /usr/lib/systemd/system "$dest/usr/lib/systemd/"
	install -D /bin/sh "$dest/bin/sh"
	ok "systemd-analyze verify" verify_unit "$dest" "$unit"
	ok "systemd-analyze security: at most 2.0" systemd-analyze security --no-pager --offline=true \
		--root="$dest" --threshold=20 "$unit"
	# Shown on standard error too, because prove hides diagnostics.
	exposure=$(grep 'Overall exposure level' "$scratch/tap.output")
	echo "${exposure#* }" >&2
	ok "systemd-sysusers" systemd-sysusers --root="$dest"
	like "makes the user" "$(cat "$dest/etc/passwd")" '^faultcast:.*:/usr/sbin/nologin$'
	like "and the group" "$(cat "$dest/etc/group")" '^faultcast:'
	is "the module is to be loaded at boot" \
		"$(grep -v '^#' "$root/usr/local/lib/modules-load.d/faultcast.conf")" faultcast
}

# systemd-analyze only warns of an unknown directive, and succeeds.
verify_unit() {
	systemd-analyze verify --root="$1" "$2" >"$scratch/verify" 2>&1
	local status=$?
	cat "$scratch/verify"
	[ "$status" -eq 0 ] && [ ! -s "$scratch/verify" ]
}

# Makes the directories for modules, empty but for the kernel that the headers belong to.
prepare_modules() {
	local modules=$root/usr/lib/modules/$abi
	mkdir -p "$modules/kernel" "$root/var/lib/dkms"
	ln -s usr/lib "$root/lib"
	ln -s "/usr/src/linux-headers-$abi" "$modules/build"
	cp "$kernel/lib/modules/$abi"/modules.{builtin,builtin.modinfo,order} "$modules/"
}

# Runs dkms with those directories in place of the machine's own.
# shellcheck disable=SC2016 # expanded by the shell in there
dkms_on_host() {
	namespace sh -ec 'root=$1 kernel=$2 abi=$3; shift 3
		mount --bind "$kernel/lib/modules/$abi/kernel" "$root/usr/lib/modules/$abi/kernel"
		mount --rbind "$root/usr/lib/modules" /lib/modules
		mount --bind "$root/var/lib/dkms" /var/lib/dkms
		exec nice dkms "$@"' sh "$root" "$kernel" "$abi" "$@" -k "$abi" --sourcetree "$root/usr/src"
}

# dkms reports where modprobe would find the module.
dkms_status() {
	dkms_on_host status "faultcast/$version" 2>&1 | head -n 1
}

# Runs the line of README.md, then checks the steps that dkms adds by itself.
dkms_cycle() {
	local module=faultcast/$version ko=$root/usr/lib/modules/$abi/updates/dkms/faultcast.ko line
	line=$(sed -n 's/^sudo dkms \(.*[^ ]\) *#.*/\1/p' README.md)
	is "README.md names this version" "$line" "install $module"
	prepare_modules
	# shellcheck disable=SC2086 # $line is words
	ok "dkms $line: adds, builds and installs" dkms_on_host $line
	like "its compiler has no warning" "$(grep -c 'warning:' "$root/var/lib/dkms/$module/$abi/x86_64/log/make.log")" '^0$'
	is "its version" "$(modinfo -F version "$ko")" "$version"
	is "it is signed with the host's own key" "$(modinfo -F signer "$ko")" "DKMS module signing key"
	ok "dkms uninstall" dkms_on_host uninstall "$module"
	not_ok "modprobe knows it no more" modprobe -d "$root" -S "$abi" -n faultcast
	ok "dkms autoinstall, as after a new kernel" dkms_on_host autoinstall
	like "has installed it" "$(dkms_status)" ': installed$'
	ok "modprobe knows it by name" modprobe -d "$root" -S "$abi" -n -v faultcast
	tar -C "$root" --exclude './var' --exclude ./lib --exclude "./usr/lib/modules/$abi/build" -cf "$out/host.tar" .
	ok "dkms remove" dkms_on_host remove "$module"
	not_ok "the module is gone" [ -e "$ko" ]
}

# dkms compares the kernel's name with the same pattern.
kernels() {
	local kernel BUILD_EXCLUSIVE_KERNEL
	BUILD_EXCLUSIVE_KERNEL=$(sed -n 's/^BUILD_EXCLUSIVE_KERNEL="\(.*\)"$/\1/p' deploy/dkms/dkms.conf)
	for kernel in 4.19.0-27-amd64 5.15.0-1 6.0.12; do
		not_ok "dkms leaves $kernel alone" matches "$kernel" "$BUILD_EXCLUSIVE_KERNEL"
	done
	for kernel in 6.1.0-56-amd64 6.12.117+deb12-amd64 7.3.4+deb13-amd64 10.0.1; do
		ok "dkms builds for $kernel" matches "$kernel" "$BUILD_EXCLUSIVE_KERNEL"
	done
}

matches() {
	[ "$2" ] && [[ $1 =~ $2 ]]
}

# For each library that the Makefile asks pkg-config for, make build-deps installs a package.
# shellcheck disable=SC2016 # expanded by make
build_packages() {
	local library package packages
	packages=$(make -s --eval 'print: ; @echo $(BUILD_PACKAGES)' print)
	for library in $(make -s --eval 'print: ; @echo $(PKGS) libcurl' print); do
		package=$(dpkg -S "$(pkg-config --path "$library")" | sed 's/[:,].*//')
		like "make build-deps has $library" " ${packages} " " $package "
	done
}

make -s DESTDIR="$root" install >&2
install_and_uninstall
systemd_agrees
build_packages
kernels
dkms_cycle
make -s DESTDIR="$root" uninstall
is "after that, make uninstall leaves no file" \
	"$(files "$root" | grep -vE '^./(lib$|var/lib/dkms/(mok|dkms_dbversion)|usr/lib/modules/[^/]*/(modules\.|build))')" ""
done_testing
