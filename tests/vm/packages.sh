# shellcheck shell=bash
# Debian packages of any release, fetched and unpacked below the cache. Nothing is installed, and
# the host's apt configuration and package lists do not change. Sourced by kernel, kbuild, cross and
# qemu.
#
# A RELEASE is a name such as bookworm, for packages of amd64, or bookworm-arm64, for those of arm64.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/faultcast

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# The mirror that the host itself uses, found by the label of its archive. No mirror is named here.
mirror() {
	# shellcheck disable=SC2016 # expanded by apt
	apt-get indextargets --format '$(LABEL)|$(REPO_URI)' 'Identifier: Packages' |
		sed -n "s/^$1|//p" | head -n 1
}

# Debian 12 has all kernels in its security updates, and its backports are no longer maintained.
sources() {
	local release=${1%-arm64} options='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
	local debian security
	debian=$(mirror Debian)
	security=$(mirror Debian-Security)
	[ -n "$debian" ] || die "apt has no Debian archive to fetch from: is there one in its sources, and was 'apt-get update' run?"
	echo "deb $options $debian $release main"
	[ "$release" = bookworm ] || echo "deb $options $debian $release-backports main"
	[ -z "$security" ] || echo "deb $options $security $release-security main"
}

# in_release RELEASE apt-get|apt-cache ARGUMENT...: apt for a machine of that release on which
# nothing is installed.
in_release() {
	local apt=$cache/apt/$1 architecture=amd64 command=$2
	[[ $1 != *-arm64 ]] || architecture=arm64
	shift 2
	"$command" -qq -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences="$apt/preferences" -o Dir::Etc::PreferencesParts=/dev/null \
		-o Dir::State="$apt" -o Dir::State::Lists="$apt/lists" -o Dir::State::Status="$apt/status" \
		-o Dir::Cache="$apt/cache" -o Acquire::Languages=none -o Acquire::Check-Valid-Until=false \
		-o APT::Sandbox::User="$(id -un)" -o APT::Architecture=$architecture \
		-o APT::Architectures=$architecture -o Debug::NoLocking=1 "$@"
}

# Runs a command without its output. If it fails, prints that output in one line.
quietly() {
	local said
	said=$("$@" 2>&1) || die "$(grep -m 1 '^E: ' <<<"$said" || tail -n 1 <<<"$said")"
}

# Updates the release's package lists before anything is fetched, because a mirror drops old files.
# Holds their lock until once() or the end of the shell, because lists look empty while another
# updates them.
refresh() {
	local apt=$cache/apt/$1
	mkdir -p "$apt/lists/partial" "$apt/cache"
	: >"$apt/status"
	exec 8>"$apt/lock"
	flock 8
	sources "$1" >"$apt/sources.list"
	# Prefers a package from backports, which apt would not choose by itself.
	printf 'Package: *\nPin: release n=%s-backports\nPin-Priority: 500\n' "${1%-arm64}" >"$apt/preferences"
	quietly in_release "$1" apt-get update -o APT::Update::Error-Mode=any
}

# The release of a kernel by its ABI name: 6.12.117+deb12-amd64, or 6.1.0-56-arm64 in older
# releases.
release_of() {
	local architecture=
	[[ $1 != *-arm64 ]] || architecture=-arm64
	case $1 in
	*+deb13*) echo "trixie$architecture" ;;
	*+deb12* | 6.1.0-*) echo "bookworm$architecture" ;;
	*) die "$1 is no kernel of Debian 12 or 13" ;;
	esac
}

# packages RELEASE ERE: the package names that match as a whole, the newest version last.
packages() {
	in_release "$1" apt-cache pkgnames | grep -Ex "$2" | sort -V
}

# fetch RELEASE DIR PACKAGE...: unpacks these packages.
fetch() {
	local release=$1 dir=$2
	shift 2
	mkdir "$dir/.deb"
	(cd "$dir/.deb" && quietly in_release "$release" apt-get download "$@") || exit
	unpack "$dir"
}

# fetch_all RELEASE DIR PACKAGE...: unpacks these packages and all their dependencies.
fetch_all() {
	local release=$1 dir=$2
	shift 2
	mkdir -p "$dir/.deb/partial"
	quietly in_release "$release" apt-get -y --no-install-recommends --download-only \
		-o Dir::Cache::Archives="$dir/.deb" install "$@"
	unpack "$dir"
}

# base-files comes first: in newer releases it has the links that merge /bin and /lib into /usr.
unpack() {
	local dir=$1 deb
	for deb in "$dir"/.deb/base-files_*.deb "$dir"/.deb/*.deb; do
		[ ! -e "$deb" ] || quietly dpkg -x "$deb" "$dir"
	done
	rm -r "$dir/.deb"
}

# once DIR COMMAND ARGUMENT...: makes DIR unless it exists. COMMAND gets a new directory as its last
# argument and fills it. The directory is renamed to DIR when it is complete. Others wait for that.
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
