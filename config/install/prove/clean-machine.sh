#!/bin/bash
# Proves the Debian package on a system that has nothing but Debian: installs it, runs a demo and the
# doctor, upgrades, removes and purges it, and compares all files before and after.
# As root, with debootstrap and the Debian mirror in reach:
#   config/install/prove/clean-machine.sh dist/ppuri_VERSION_amd64.deb [ROOT]
# ROOT: a Debian system made before, which is copied; else debootstrap makes one.
set -euo pipefail

deb=$(realpath "$1")
if [[ -z ${PPURI_PROVE_WORK:-} ]]; then
  work=$(mktemp -d /tmp/ppuri-prove-XXXXXX)
  trap 'rm -rf --one-file-system "$work"' EXIT
  # Mounts and processes of its own, so that nothing of this stays.
  PPURI_PROVE_WORK=$work unshare --mount --pid --fork "$0" "$@"
  exit
fi
work=$PPURI_PROVE_WORK
root=$work/root
if [[ -n ${2:-} ]]; then
  cp -a "$2" "$root"
else
  debootstrap --variant=minbase bookworm "$root" >"$work/debootstrap.log"
fi
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --make-rslave "$root/dev"
cp /etc/resolv.conf "$root/etc/resolv.conf"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"

inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 NO_COLOR=1 DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }
# What apt and dpkg note for themselves is no part of the package.
files() {
  (cd "$root" && find . \( -path ./proc -o -path ./dev -o -path ./var/lib/dpkg -o -path ./var/cache \
    -o -path ./var/lib/apt -o -path ./var/log -o -path ./tmp -o -name '*-' -path './etc/*' \) -prune \
    -o -printf '%y %m %u:%g %p\n' | sort)
}

if inside sh -c 'command -v node npm'; then echo 'FAIL: this system has Node already'; exit 1; fi
inside apt-get update -qq
# What the package needs of Debian stays after it, and is no trace of it.
inside apt-get install -y -qq --no-install-recommends libatomic1 libstdc++6 passwd >/dev/null
files >"$work/before"
cp "$root/etc/passwd" "$work/passwd"

cp "$deb" "$root/ppuri.deb"
inside apt-get install -y -qq --no-install-recommends /ppuri.deb 2>&1 | grep -v '^(Reading\|^debconf'
rm "$root/ppuri.deb"
echo "== installed: $(inside ppuri --version), $(inside dpkg-query -W -f '${Installed-Size}' ppuri) KiB"
inside ls -la /var/lib/ppuri-runtime

echo '== demo, as the service’s user'
inside su -s /bin/sh ppuri -c 'cd /tmp && ppuri demo --for 30s --json' | tail -n 1 | tee "$work/demo.json"
grep -q '"unaccounted":0,"repeated":0' "$work/demo.json" || { echo 'FAIL: the demo lost records'; exit 1; }
# Root owns the parts and the service may read them: nothing of its own was unpacked.
[[ ! -e $root/var/lib/ppuri/runtime && ! -e $root/var/lib/ppuri/.local ]] || { echo 'FAIL: the service unpacked a copy'; exit 1; }

echo '== doctor'
inside su -s /bin/sh ppuri -c 'ppuri doctor' || { echo 'FAIL: the doctor found a fault'; exit 1; }

echo '== records, a changed configuration, and the same package again'
inside su -s /bin/sh ppuri -c 'cd /tmp && ppuri demo --store /var/lib/ppuri/demo --for 10s --json' >/dev/null
echo '# fitted to this plant' >>"$root/etc/ppuri/ppuri.yaml"
cp "$deb" "$root/ppuri.deb"
inside dpkg -i /ppuri.deb >/dev/null
rm "$root/ppuri.deb"
tail -n 1 "$root/etc/ppuri/ppuri.yaml"

kept=$(inside ppuri ledger -c /var/lib/ppuri/demo/ppuri.yaml --json)
echo "$kept"
echo '== removed'
inside dpkg -r ppuri
[[ ! -e $root/usr/bin/ppuri && ! -e $root/var/lib/ppuri-runtime ]] || { echo 'FAIL: parts of it stayed'; exit 1; }
[[ -e $root/etc/ppuri/ppuri.yaml ]] || { echo 'FAIL: the configuration went with it'; exit 1; }
echo '== purged; everything that differs from before the installation:'
inside dpkg -P ppuri
files >"$work/after"
diff "$work/before" "$work/after" | grep '^[<>]' | tee "$work/left" || true
if grep -v '^> . [0-7]* root:root \./var/lib/ppuri\(/\|$\)' "$work/left"; then
  echo 'FAIL: more than the records differs'; exit 1
fi
grep -q ppuri "$root/etc/passwd" && { echo 'FAIL: its user stayed'; exit 1; }
echo 'ok: the records stay, and nothing else'
