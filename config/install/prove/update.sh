#!/bin/bash
# Proves `ppuri update` under a systemd of its own (systemd-nspawn), by dpkg: 0.1.0 runs, a signed 0.2.0
# with a newer store takes over, a 0.2.1 whose agent ends at once is taken back by itself, a power cut (all
# processes killed) in probation included, and 0.2.0 is rolled back by hand. Every record stays.
# As root, with systemd-container, debootstrap and the Debian mirror in reach:
#   config/install/prove/update.sh OLD.deb NEW.deb BROKEN.deb [ROOT]
# NEW and BROKEN are built from copies of the source with another version in package.json and one more layout
# of the store (and, BROKEN, an agent that throws), each with its .release beside it. TRUST: the .pub file
# of the key that signed them.
set -euo pipefail

: "${TRUST:?name the .pub file of the signing key}"
work=$(mktemp -d /tmp/ppuri-prove-XXXXXX)
trap 'rm -rf --one-file-system "$work"' EXIT
root=$work/root
if [[ -n ${4:-} ]]; then cp -a "$4" "$root"; else debootstrap --variant=minbase bookworm "$root" >"$work/log"; fi
cp /etc/resolv.conf "$root/etc/resolv.conf"
inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }
inside apt-get update -qq
inside apt-get install -y -qq --no-install-recommends systemd systemd-sysv dbus udev libatomic1 >/dev/null 2>&1
for deb in "$1" "$2" "$3"; do cp "$deb" "$root/"; done
for deb in "$2" "$3"; do cp "$deb.release" "$root/"; done
new=/$(basename "$2") broken=/$(basename "$3")
inside dpkg -i "/$(basename "$1")"
cp "$TRUST" "$root/etc/ppuri/trust/releases/maker.pub"

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
YAML
# The stage is told by a file, so that the second boot goes on after the cut.
cat >"$root/prove.sh" <<SH
#!/bin/sh
new=$new broken=$broken
SH
cat >>"$root/prove.sh" <<'SH'
say() { echo "== $*"; }
runs() { readlink /var/lib/ppuri-versions/current; }
kept() { ppuri ledger -c /etc/ppuri/ppuri.yaml --json; }
until_well() { for i in $(seq 90); do ppuri status -c /etc/ppuri/ppuri.yaml >/dev/null 2>&1 && return; sleep 1; done; }
/usr/bin/ppuri simulate die-casting-cold-chamber --port 15020 --speed 20 >/dev/null 2>&1 &
if [ ! -e /cut ]; then
  systemctl enable --now ppuri; until_well; sleep 10
  say "old: $(runs) $(kept)"
  ppuri update "$new.gone" -c /etc/ppuri/ppuri.yaml; say "no file: $?"
  ppuri update "$new" -c /etc/ppuri/ppuri.yaml; say "new: $? $(runs)"
  ppuri update status --lang en
  sleep 10; kept
  say 'dpkg:'; dpkg-query -W ppuri; dpkg -V ppuri && say 'dpkg finds its files as they were'
  systemctl restart ppuri; until_well; say "restarted: $(runs) starts $(sed -n s/^starts=//p /var/lib/ppuri-versions/state)"
  touch /cut; sync
  # Nothing ends in order: the container's first process is killed from outside.
  echo "cut with $(runs)"
  sleep 60
fi
until_well; sleep 5
say "after the cut: $(runs) $(kept)"
ppuri update status --lang en
say 'broken:'
ppuri update "$broken" -c /etc/ppuri/ppuri.yaml --force; say "broken: $? $(runs)"
until_well; sleep 5; kept
ppuri update status --lang ko
ppuri status -c /etc/ppuri/ppuri.yaml --lang ko | head -n 8
say "rollback"; ppuri update rollback; until_well; sleep 8
say "back: $(runs) $(kept)"
journalctl -u ppuri --no-pager -o cat | grep -E 'ppuri start:|a fault of|version-|update-returned'
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
TimeoutStartSec=infinity
ExecStart=/prove.sh
StandardOutput=append:/prove.log
StandardError=append:/prove.log
UNIT
ln -s ../prove.service "$root/etc/systemd/system/multi-user.target.wants/prove.service"
boot() {
  timeout 900 systemd-nspawn -q -D "$root" --private-network --register=no --keep-unit --console=pipe -b \
    </dev/null >>"$work/console" 2>&1 &
  local container=$!
  if [[ ${1:-} == until-cut ]]; then
    until grep -q '^cut with' "$root/prove.log" 2>/dev/null; do
      kill -0 "$container" 2>/dev/null || break
      sleep 1
    done
    # The first process of the container dies, and with it every other one.
    local nspawn; nspawn=$(pgrep -P "$container" || true)
    if [[ -n $nspawn ]]; then pgrep -P "$nspawn" | xargs -r kill -KILL; fi
  fi
  wait "$container" || true
}
boot until-cut
boot
cat "$root/prove.log"
check() { grep -Eq "$1" "$root/prove.log" || { echo "FAIL: no $1"; tail "$work/console"; exit 1; }; }
check '^== old: 0\.1\.0/ppuri .*"kept":[1-9]'
check '^== no file: 1$'
check '^== new: 0 0\.2\.0/ppuri$'
check '^== dpkg finds its files as they were$'
check '^== after the cut: 0\.2\.0/ppuri .*"gaps":\[\]'
check '^error: ppuri 0\.2\.1 did not prove itself'
check '^== broken: 1 0\.2\.0/ppuri$'
check '프로그램 0\.2\.1 적용 취소, 0\.2\.0'
check '^== back: 0\.1\.0/ppuri .*"gaps":\[\]'
echo 'ok: updated, taken back by itself and by hand, across a cut; no record is missing'
