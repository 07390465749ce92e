#!/bin/bash
# Proves: the generated pages of docs/ are what the tables in the source generate now.
# shellcheck disable=SC2034 # lib.sh reads TAP_DIR
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/vm/lib.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
exec 3>&1
tap_start 1 "$scratch"
mkdir "$scratch/pages"
ok "the pages are generated" build/docs "$scratch/pages"
for page in "$scratch"/pages/*; do
	name=docs/$(basename "$page")
	same "make docs would not change $name" "$name" "$page"
done
done_testing
