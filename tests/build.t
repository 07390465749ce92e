#!/bin/bash
# Proves: two builds of the same source in different directories are identical, byte for byte. Flags
# from outside are added to the build's own. The module is built with the kernel's compiler, and both
# are refused on a machine with 32 bits or big-endian. ARCH=arm64 builds for arm64. A
# change of the Makefile compiles nothing, and a change of flags does. The unit test "cursor"
# compiles at most 20 files. docs/testing.md has the budgets of CI.
# shellcheck disable=SC2034,SC2016 # lib.sh reads TAP_DIR; sed has backquotes
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/vm/lib.sh
# prove may be run by a make; its variables would change the builds here.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES WERROR CFLAGS CPPFLAGS LDFLAGS
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
exec 3>&1
tap_start 1 "$scratch"

# would MAKE-ARGUMENT...: the commands that make would run in an empty build directory.
would() {
	make -n B="$scratch/none" "$@" 2>&1
}

# compiled: how many files the output of make on standard input says it compiles.
compiled() {
	grep -c '^\(echo .\)\?  CC  '
}

flags_from_outside() {
	local object=$scratch/none/obj/exporter/base/utf8.o program=$scratch/none/faultcastctl said
	said=$(would CPPFLAGS=-DOUTSIDE CFLAGS=-O3 "$object" | grep utf8.c)
	like "CPPFLAGS does not replace the include paths" "$said" ' -Iexporter .*-DOUTSIDE '
	like "CFLAGS does not replace the hardening" "$said" ' -fPIE .*-O3 '
	not_ok "warnings are no errors" grep -q -e -Werror <<<"$said"
	like "with WERROR=1 they are" "$(would WERROR=1 "$object")" ' -Werror '
	like "CFLAGS may come from the environment" "$(CFLAGS=-O3 would "$object")" ' -O3 '
	like "CROSS_COMPILE names the compiler" "$(would CROSS_COMPILE=other- "$object")" 'other-gcc '
	like "LDFLAGS reach the linker" "$(would LDFLAGS=-Wl,--outside "$program")" 'gcc .*-Wl,--outside '
	like "PKG_CONFIG finds the libraries" "$(would PKG_CONFIG='echo -Ifrom' "$object")" ' -Ifrom '
}

# kernel FILE CONFIGURATION: a directory in the place of a kernel's headers.
kernel() {
	rm -rf "$scratch/kernel"
	mkdir -p "$scratch/kernel/include/config"
	echo "$2" >"$scratch/kernel/$1"
}

# compiler_of_headers: Debian's headers set CC themselves, which LLVM=1 alone does not change.
compiler_of_headers() {
	cat >"$scratch/kernel/Makefile" <<-'EOF'
		CC = gcc
		-include .kernelvariables
		modules:; @echo "the kernel compiles with $(CC)"
		EOF
	echo 'CC = gcc-12' >"$scratch/kernel/.kernelvariables"
	like "headers that name gcc: clang" "$(made)" 'compiles with clang$'
	like "a compiler on the command line: that one" "$(made CC=clang-99)" 'compiles with clang-99$'
	like "the same for the modules of tests" "$(make -C tests/vm O="$scratch/none" KDIR="$scratch/kernel" misdeed 2>&1)" \
		'compiles with clang$'
}

# made VARIABLE...: what make says when it builds the module for the directory in the place of a
# kernel's headers, which builds nothing.
made() {
	make B="$scratch/none" KDIR="$scratch/kernel" "$@" kmod 2>&1
}

compiler_of_the_kernel() {
	local file
	for file in .config include/config/auto.conf; do
		kernel "$file" CONFIG_CC_IS_CLANG=y
		like "$file says clang: LLVM=1" "$(would KDIR="$scratch/kernel" kmod)" \
			"-C $scratch/kernel .* LLVM=1 "
		like "for the modules of tests too" "$(would -C tests/vm O="$scratch/none" KDIR="$scratch/kernel" misdeed)" \
			"-C $scratch/kernel .* LLVM=1 "
	done
	compiler_of_headers
	kernel .config CONFIG_CC_IS_GCC=y
	not_ok "a kernel built with gcc: no LLVM" grep -q LLVM <<<"$(would KDIR="$scratch/kernel" kmod)"
}

# refusal FLAG FILE: what the compiler says of a header on such a machine.
refusal() {
	gcc "$1" -fsyntax-only -x c "$2" 2>&1 | sed -n 's/.*#error "\(.*\)"/\1/p'
}

other_machines() {
	local file
	for file in kmod/platform.h exporter/base/platform.h; do
		is "$file accepts this machine" "$(refusal -O2 $file)" ""
		like "$file refuses 32 bits" "$(refusal -m32 $file)" 'is for 64-bit [a-z]* only'
		like "$file refuses x32" "$(refusal -mx32 $file)" 'is for 64-bit [a-z]* only'
		like "$file refuses big-endian" "$(refusal -D__BYTE_ORDER__=__ORDER_BIG_ENDIAN__ $file)" \
			'is for little-endian [a-z]* only'
	done
	for file in kmod/main.c exporter/main.c exporter/ctl/main.c; do
		ok "$file includes it" grep -q '#include ".*platform.h"' $file
	done
}

# variables MAKE-ARGUMENT...: some of make's variables, and the command that builds the module.
variables() {
	make -s -f Makefile -f <(printf '%s\n' 'variables: ; @echo "$(B) $(CC) $(strip $(KBUILD))"') "$@" variables
}

for_arm64() {
	like "ARCH=arm64 builds elsewhere, with another compiler" "$(variables ARCH=arm64 CROSS_COMPILE=cross-)" \
		'^build/arm64 cross-gcc tests/vm/kbuild 6\.1-arm64 build/arm64/kmod$'
	like "for a kernel of arm64" "$(variables ARCH=arm64 CROSS_COMPILE=cross- KSERIES=6.12)" \
		' tests/vm/kbuild 6\.12-arm64 build/arm64/kmod-6\.12$'
	like "or for headers" "$(variables ARCH=arm64 CROSS_COMPILE=cross- KDIR=/headers)" \
		' -C /headers .* ARCH=arm64 CROSS_COMPILE=cross-'
	like "the ARCH of an x86 kernel changes nothing" "$(variables ARCH=x86_64)" '^build gcc '
}

# copy DIRECTORY: the source that git knows, or would add.
copy() {
	mkdir -p "$1"
	git ls-files -z --cached --others --exclude-standard --deduplicate | tar -c --null -T - --ignore-failed-read 2>/dev/null | tar -x -C "$1"
}

build() {
	nice make -C "$1" -s -j2 REVISION=revision SOURCE_DATE_EPOCH=1 all
}

two_builds() {
	local one=$scratch/one two=$scratch/another/place file
	copy "$one"
	copy "$two"
	ok "a build" build "$one"
	ok "another build, elsewhere" build "$two"
	for file in faultcast_exporter faultcastctl kmod/faultcast.ko; do
		ok "$file is the same" cmp "$one/build/$file" "$two/build/$file"
	done
}

rebuild() {
	local count program=build/faultcast_exporter arguments="-C $scratch/one REVISION=revision"
	touch "$scratch"/one/Makefile "$scratch"/one/*/*.mk
	# shellcheck disable=SC2086 # a list of words
	is "another Makefile compiles nothing" "$(make $arguments $program | compiled)" 0
	# shellcheck disable=SC2086 # a list of words
	count=$(make $arguments REVISION=other $program | compiled)
	ok "another revision compiles few files: $count" test "$count" -ge 1 -a "$count" -le 3
	# shellcheck disable=SC2086 # a list of words
	is "other CFLAGS compile a file again" \
		"$(make $arguments CFLAGS=-O1 build/obj/exporter/base/utf8.o | compiled)" 1
}

small_unit_test() {
	local count
	count=$(would check T=cursor | compiled)
	ok "make check T=cursor compiles at most 20 files: $count" test "$count" -gt 2 -a "$count" -le 20
	not_ok "make check T=nonsense fails" make check T=nonsense
}

# The steps of .ci/run, as rows of a table in Markdown.
budgets_of_ci() {
	sed -n '/^steps=/,/^.$/s/^\([a-z-]*\) *\([0-9]*\) \(.*\)/| \1 | \2 | `\3` |/p' .ci/run
}

documented() {
	is "docs/testing.md has the budgets of CI" "$(sed -n '/^| step | budget/,/^$/s/^| [a-z-]* | [0-9].*/&/p' docs/testing.md)" \
		"$(budgets_of_ci)"
}

flags_from_outside
documented
compiler_of_the_kernel
other_machines
for_arm64
small_unit_test
two_builds
rebuild
done_testing
