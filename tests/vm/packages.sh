# shellcheck shell=bash
# Debian packages of any release, fetched and unpacked below the cache; nothing is installed, and the
# host's apt configuration and package lists stay as they are. Sourced by kernel, kbuild and qemu.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/faultcast

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# Where the host itself gets Debian from, by the label of the archive; no mirror is named here.
mirror() {
	# shellcheck disable=SC2016 # expanded by apt
	apt-get indextargets --format '$(LABEL)|$(REPO_URI)' 'Identifier: Packages' |
		sed -n "s/^$1|//p" | head -n 1
}

# Debian 12 has all in its security updates, and its backports are not kept up any more.
sources() {
	local release=$1 options='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
	local debian security
	debian=$(mirror Debian)
	security=$(mirror Debian-Security)
	[ -n "$debian" ] || die "apt has no Debian archive to fetch from: is there one in its sources, and was 'apt-get update' run?"
	echo "deb $options $debian $release main"
	[ "$release" = bookworm ] || echo "deb $options $debian $release-backports main"
	[ -z "$security" ] || echo "deb $options $security $release-security main"
}

# in_release RELEASE apt-get|apt-cache ARGUMENT...: apt, on a machine of that release on which
# nothing is installed.
in_release() {
	local apt=$cache/apt/$1 command=$2
	shift 2
	"$command" -qq -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences="$apt/preferences" -o Dir::Etc::PreferencesParts=/dev/null \
		-o Dir::State="$apt" -o Dir::State::Lists="$apt/lists" -o Dir::State::Status="$apt/status" \
		-o Dir::Cache="$apt/cache" -o Acquire::Languages=none -o Acquire::Check-Valid-Until=false \
		-o APT::Sandbox::User="$(id -un)" -o APT::Architecture=amd64 -o APT::Architectures=amd64 \
		-o Debug::NoLocking=1 "$@"
}

# Runs a command that talks, and passes on what it said in one line if it fails.
quietly() {
	local said
	said=$("$@" 2>&1) || die "$(grep -m 1 '^E: ' <<<"$said" || tail -n 1 <<<"$said")"
}

# Renews the release's package lists. Needed before anything is fetched: a mirror keeps no old files.
# Holds their lock until once() or the shell ends: lists that another renews look empty meanwhile.
refresh() {
	local apt=$cache/apt/$1
	mkdir -p "$apt/lists/partial" "$apt/cache"
	: >"$apt/status"
	exec 8>"$apt/lock"
	flock 8
	sources "$1" >"$apt/sources.list"
	# Of a package that is in backports too, that one: else apt would never choose it by itself.
	printf 'Package: *\nPin: release n=%s-backports\nPin-Priority: 500\n' "$1" >"$apt/preferences"
	quietly in_release "$1" apt-get update -o APT::Update::Error-Mode=any
}

# The release that a kernel's ABI name tells: 6.12.117+deb12-amd64, or 6.1.0-56-amd64 before that.
release_of() {
	case $1 in
	*+deb13*) echo trixie ;;
	*+deb12* | 6.1.0-*) echo bookworm ;;
	*) die "$1 is no kernel of Debian 12 or 13" ;;
	esac
}

# packages RELEASE ERE: the names that match as a whole, newest version last.
packages() {
	in_release "$1" apt-cache pkgnames | grep -Ex "$2" | sort -V
}

# fetch RELEASE DIR PACKAGE...: these packages, unpacked.
fetch() {
	local release=$1 dir=$2
	shift 2
	mkdir "$dir/.deb"
	(cd "$dir/.deb" && quietly in_release "$release" apt-get download "$@") || exit
	unpack "$dir"
}

# fetch_all RELEASE DIR PACKAGE...: these packages and all they depend on, unpacked.
fetch_all() {
	local release=$1 dir=$2
	shift 2
	mkdir -p "$dir/.deb/partial"
	quietly in_release "$release" apt-get -y --no-install-recommends --download-only \
		-o Dir::Cache::Archives="$dir/.deb" install "$@"
	unpack "$dir"
}

# base-files first: it holds the links that merge /bin and /lib into /usr, if the release has them.
unpack() {
	local dir=$1 deb
	for deb in "$dir"/.deb/base-files_*.deb "$dir"/.deb/*.deb; do
		[ ! -e "$deb" ] || quietly dpkg -x "$deb" "$dir"
	done
	rm -r "$dir/.deb"
}

# once DIR COMMAND ARGUMENT...: makes DIR, unless it is there: COMMAND fills a new directory, its
# last argument, which gets its name when it is complete. Others who want it wait.
once() {
	local dir=$1 tmp
	shift
	[ ! -d "$dir" ] || return 0
	mkdir -p "${dir%/*}"
	exec 9>"$dir.lock"
	flock 9
	if [ ! -d "$dir" ]; then
		echo "${0##*/}: fetching ${dir##*/}, once" >&2
		tmp=$(mktemp -d "$dir.XXXXXX")
		# shellcheck disable=SC2064 # the path of now is meant
		trap "rm -rf '$tmp'" EXIT
		chmod 755 "$tmp"
		"$@" "$tmp"
		mv -T "$tmp" "$dir"
		trap - EXIT
	fi
	exec 8>&- 9>&-
}
