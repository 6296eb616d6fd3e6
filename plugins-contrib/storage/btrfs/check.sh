#!/bin/bash
# check.sh PLUGIN.so [STAVE_CONFORMANCE]: runs the storage conformance suite on a Btrfs of its own, in a file, mounted where
# only this script and its children see it. Exits 77 and says why when this machine cannot do that.
set -euo pipefail
plugin=$1
conformance=${2:-stave-conformance}
skip() { echo "SKIPPED: $1" >&2; exit 77; }

[ "$(id -u)" = 0 ] || skip "mounting needs root"
grep -qw btrfs /proc/filesystems || modprobe btrfs 2>/dev/null || skip "this kernel has no Btrfs"
command -v mkfs.btrfs >/dev/null || skip "mkfs.btrfs is not installed (package btrfs-progs)"
[ -e /dev/loop-control ] || skip "there are no loop devices"
if [ -z "${INSIDE:-}" ]; then
  INSIDE=1 exec unshare --mount --propagation private "$0" "$@"
fi

work=$(mktemp -d)
trap 'umount "$work/mnt" 2>/dev/null || true; rm -rf "$work"' EXIT
truncate -s 512M "$work/image"
mkfs.btrfs -q "$work/image"
mkdir "$work/mnt"
mount -o loop "$work/image" "$work/mnt"
for isolation in inline process; do
  TMPDIR=$work/mnt "$conformance" storage "$plugin" --isolation=$isolation
done
