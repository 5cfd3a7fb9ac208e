#!/bin/bash
# Proves the arm64 single file on another computer: demo, store and inference, emulated as a
# Raspberry Pi 4 (Cortex-A72). Times mean nothing there.
# As root, with qemu-user-static, debootstrap and the Debian mirror in reach:
#   config/install/prove/arm64.sh dist/ppuri-VERSION-linux-arm64 [ROOT]
# ROOT: an arm64 Debian made before; else debootstrap unpacks one.
set -euo pipefail

program=$(realpath "$1")
if [[ -z ${PPURI_PROVE_WORK:-} ]]; then
  work=$(mktemp -d /tmp/ppuri-prove-XXXXXX)
  trap 'rm -rf --one-file-system "$work"' EXIT
  if [[ -z ${2:-} ]]; then
    debootstrap --arch=arm64 --foreign --variant=minbase --include=libatomic1 bookworm "$work/root" >"$work/log" ||
      { cat "$work/log"; exit 1; }
    # The second stage is not needed: what a program needs is unpacked already, but this library.
    for deb in "$work"/root/var/cache/apt/archives/libatomic1_*.deb; do dpkg-deb -x "$deb" "$work/root"; done
  fi
  # A user and mount namespace of its own: that the kernel starts arm64 programs by qemu, and that
  # /proc/cpuinfo is another's, holds for nobody else and ends with this.
  PPURI_PROVE_WORK=$work unshare --user --map-root-user --mount --fork "$0" "$@"
  exit
fi
work=$PPURI_PROVE_WORK
root=${2:-$work/root}

mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
printf '%s' ':qemu-aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/usr/bin/qemu-aarch64-static:F' \
  >/proc/sys/fs/binfmt_misc/register

# What a Raspberry Pi 4 says of itself: without it ONNX Runtime’s look at the processor crashes.
for ((cpu = 0; cpu < $(nproc); cpu++)); do
  printf 'processor\t: %s\nBogoMIPS\t: 108.00\nFeatures\t: fp asimd evtstrm crc32 cpuid\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x0\nCPU part\t: 0xd08\nCPU revision\t: 3\n\n' "$cpu"
done >"$work/cpuinfo"
mkdir "$work/mnt"
mount --bind "$root" "$work/mnt"
mkdir -p "$work/mnt/proc" "$work/mnt/dev" "$work/mnt/sys"
mount --rbind /proc "$work/mnt/proc"
mount --bind "$work/cpuinfo" "$work/mnt/proc/cpuinfo"
mount --rbind /dev "$work/mnt/dev"
mount --rbind /sys "$work/mnt/sys"
mount -t tmpfs tmpfs "$work/mnt/tmp"
touch "$work/mnt/tmp/ppuri"
mount --bind "$program" "$work/mnt/tmp/ppuri"
mkdir -m 0700 "$work/mnt/tmp/runtime" "$work/mnt/tmp/store"

inside() {
  env -i PATH=/usr/bin:/bin HOME=/root NO_COLOR=1 QEMU_CPU=cortex-a72 \
    ORT_DISABLE_TELEMETRY=1 PPURI_RUNTIME_DIR=/tmp/runtime \
    "$@"
}
arm() { inside /usr/sbin/chroot "$work/mnt" /tmp/ppuri "$@"; }
addon() { inside PPURI_ROLE=selftest /usr/sbin/chroot "$work/mnt" /tmp/ppuri "$1"; }

echo "== version $(arm --version)"
for name in onnxruntime-node better-sqlite3 serialport; do
  echo "== $name: $(addon "$name" | tee "$work/$name")"
  grep -q '"ok":true' "$work/$name" || { echo "FAIL: $name"; exit 1; }
done
echo '== demo at the machine’s own pace, with time enough for an emulated processor'
arm demo --for 90s --speed 3 --deadline 2000 --store /tmp/store --json | tail -n 1 | tee "$work/demo.json"
grep -q '"unaccounted":0,"repeated":0' "$work/demo.json" || { echo 'FAIL: records'; exit 1; }
grep -Eq '"verdicts":\{"ok":[1-9]' "$work/demo.json" || { echo 'FAIL: no verdict of the model'; exit 1; }
echo '== what was kept'
arm ledger -c /tmp/store/ppuri.yaml --json
echo 'ok: demo, store and inference on arm64'
