#!/bin/bash
# Proves the hardened unit under a systemd of its own (systemd-nspawn): the installed service reads a
# simulated machine, is ready, fed by its watchdog, at the priorities it wants, and ends cleanly.
# As root, with systemd-container, debootstrap and the Debian mirror in reach:
#   config/install/prove/service.sh dist/ppuri_VERSION_amd64.deb [ROOT]
set -euo pipefail

deb=$(realpath "$1")
work=$(mktemp -d /tmp/ppuri-prove-XXXXXX)
trap 'rm -rf --one-file-system "$work"' EXIT
root=$work/root
if [[ -n ${2:-} ]]; then cp -a "$2" "$root"; else debootstrap --variant=minbase bookworm "$root" >"$work/log"; fi
cp /etc/resolv.conf "$root/etc/resolv.conf"
inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }
inside apt-get update -qq
inside apt-get install -y -qq --no-install-recommends systemd systemd-sysv dbus udev libatomic1 >/dev/null 2>&1
cp "$deb" "$root/ppuri.deb"
inside dpkg -i /ppuri.deb

cat >"$root/etc/ppuri/ppuri.yaml" <<'YAML'
gateway: { id: gw-1, site: busan-1, locale: ko }
buses: { press: { type: modbus-tcp, host: 127.0.0.1, port: 15020 } }
machines:
  - id: dc-03
    name: 3호기
    profile: die-casting-cold-chamber
    devices: { plc: { bus: press, unit: 1 } }
    model: diecast-defect
store: { path: /var/lib/ppuri }
panel: { listen: "127.0.0.1:18787" }
YAML
cat >"$root/prove.sh" <<'SH'
#!/bin/sh
ppuri simulate die-casting-cold-chamber --port 15020 --speed 20 >/dev/null 2>&1 &
systemctl start ppuri && echo ready
# Longer than the watchdog waits.
sleep 25
systemctl show ppuri -p ActiveState,NRestarts,StatusText
for pid in $(cat /sys/fs/cgroup/system.slice/ppuri.service/cgroup.procs /sys/fs/cgroup/systemd/system.slice/ppuri.service/cgroup.procs 2>/dev/null); do
  echo "nice $(cut -d' ' -f19 /proc/$pid/stat) $(tr '\0' '\n' </proc/$pid/environ | grep PPURI_ROLE || echo first) $(grep ^Cap[EB] /proc/$pid/status | tr '\n\t' '  ')"
done
su -s /bin/sh ppuri -c 'ppuri ledger -c /etc/ppuri/ppuri.yaml --json'
systemctl stop ppuri && echo stopped
journalctl -u ppuri --no-pager -p warning
journalctl -u ppuri --no-pager -o cat | grep -E '"level":"(warn|error)"'
systemd-analyze security ppuri --no-pager | tail -n 1
systemctl poweroff
SH
chmod +x "$root/prove.sh"
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
cat >"$root/etc/systemd/system/prove.service" <<'UNIT'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/prove.sh
StandardOutput=append:/prove.log
StandardError=append:/prove.log
UNIT
ln -s ../prove.service "$root/etc/systemd/system/multi-user.target.wants/prove.service"
timeout 200 systemd-nspawn -q -D "$root" --private-network --register=no --keep-unit --console=pipe -b \
  </dev/null >"$work/console" 2>&1 || true
cat "$root/prove.log"
grep -q '^ready$' "$root/prove.log" && grep -q '^NRestarts=0$' "$root/prove.log" &&
  grep -q '^stopped$' "$root/prove.log" && grep -Eq '"kept":[1-9]' "$root/prove.log" ||
  { echo 'FAIL'; tail "$work/console"; exit 1; }
echo 'ok: the service runs as the unit confines it'
