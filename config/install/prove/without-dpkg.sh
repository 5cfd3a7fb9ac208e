#!/bin/bash
# Proves `ppuri install` and `uninstall` on a bare Debian: the same files as the package, and the
# same that stays. As root, with debootstrap and the Debian mirror in reach:
#   config/install/prove/without-dpkg.sh dist/ppuri-VERSION-linux-x64 [ROOT]
set -euo pipefail

program=$(realpath "$1")
if [[ -z ${PPURI_PROVE_WORK:-} ]]; then
  work=$(mktemp -d /tmp/ppuri-prove-XXXXXX)
  trap 'rm -rf --one-file-system "$work"' EXIT
  PPURI_PROVE_WORK=$work unshare --mount --pid --fork "$0" "$@"
  exit
fi
root=$PPURI_PROVE_WORK/root
if [[ -n ${2:-} ]]; then cp -a "$2" "$root"; else debootstrap --variant=minbase bookworm "$root" >/dev/null; fi
mount -t proc proc "$root/proc"
cp /etc/resolv.conf "$root/etc/resolv.conf"
inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root NO_COLOR=1 DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }
files() { (cd "$root" && find etc usr var/lib -path var/lib/apt -prune -o -name '*-' -prune -o -printf '%y %m %u:%g %p\n' | sort); }
inside apt-get update -qq
inside apt-get install -y -qq --no-install-recommends libatomic1 >/dev/null 2>&1
files >"$PPURI_PROVE_WORK/before"

mkdir "$root/usb"
cp "$program" "$root/usb/ppuri"
inside /usb/ppuri install --dry-run >/dev/null
rm -rf "$root/var/lib/ppuri-runtime"
files | diff "$PPURI_PROVE_WORK/before" - || { echo 'FAIL: the dry run changed something'; exit 1; }
inside /usb/ppuri install
rm -r "$root/usb"
inside su -s /bin/sh ppuri -c 'ppuri check -c /etc/ppuri/ppuri.yaml' || true
inside su -s /bin/sh ppuri -c 'echo record >/var/lib/ppuri/kept'
[[ ! -e $root/var/lib/ppuri/.local ]] || { echo 'FAIL: the service unpacked a copy'; exit 1; }
inside ppuri uninstall --purge
files | diff "$PPURI_PROVE_WORK/before" - | grep '^[<>]' | tee "$PPURI_PROVE_WORK/left" || true
if grep -v '^> . [0-7]* root:root var/lib/ppuri\(/\|$\)' "$PPURI_PROVE_WORK/left"; then
  echo 'FAIL: more than the records differs'
  exit 1
fi
echo 'ok: installed and taken away without dpkg; the records stay'
