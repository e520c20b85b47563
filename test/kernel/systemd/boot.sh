#!/bin/bash
# boot.sh FOLDER SCRIPT...: boots a real systemd as process 1, once for each script, over a copy-on-write view of this
# machine's root, and prints what the scripts print, with a line of -- behind each. What one boot writes to disk the next one finds. The files of FOLDER
# are put over the root first. As root; nothing of the machine changes, and everything is gone at the end: network, mounts,
# host name, processes and control groups are those of namespaces. BOOT_ROOT: another root than this machine's. A boot that hangs is ended after LIMIT seconds (60).
set -euo pipefail
export over=$1 scripts="${*:2}" limit=${LIMIT:-60}
root=$(mktemp -d)
export root
trap 'rmdir "$root"' EXIT

unshare --net --mount --uts --propagation private bash -euc '
  mount -t tmpfs -o size=800m none "$root"
  mkdir "$root"/{upper,work,system,groups}
  system=$root/system
  mount -t overlay overlay -o "lowerdir=${BOOT_ROOT:-/},upperdir=$root/upper,workdir=$root/work" "$system"
  rm -rf "$system"/etc/{systemd/system/*.wants,sysctl.d/zz-port-reservation.conf} "$system"/var/lib/port-reservation
  : >"$system/etc/fstab"
  cp -r "$over/." "$system/"

  printf "%s\n" "[Unit]" "After=multi-user.target" "[Service]" "Type=oneshot" \
    "StandardOutput=append:/opt/said" "StandardError=append:/opt/said" \
    "ExecStart=/bin/bash /opt/script" "ExecStopPost=/bin/sh -c \"systemctl poweroff --force --force >/dev/null 2>&1\"" \
    >"$system/etc/systemd/system/boot-script.service"
  printf "%s\n" "[Unit]" "Requires=multi-user.target" "After=multi-user.target" "Wants=boot-script.service" \
    "AllowIsolate=yes" >"$system/etc/systemd/system/boot-script.target"

  # Control groups of its own: the namespace begins at the one that this shell moves into.
  mount -t cgroup2 none "$root/groups"
  group=$root/groups/boot-$$
  mkdir "$group"
  before=$root/groups$(sed -n "s/^0:://p" /proc/self/cgroup)

  ip link set lo up
  for script in $scripts; do
    cp "$script" "$system/opt/script"
    : >"$system/opt/said"
    echo $$ >"$group/cgroup.procs"
    timeout -k 5 "$limit" unshare --pid --fork --kill-child --cgroup --mount --ipc bash -euc "
      mount -t tmpfs none $system/run
      mount -t tmpfs none $system/tmp
      mount -t proc proc $system/proc
      mount -t sysfs -o ro sysfs $system/sys
      if ! mount -t cgroup2 none $system/sys/fs/cgroup 2>/dev/null; then
        mount -t tmpfs none $system/sys/fs/cgroup
        mount -t cgroup2 none $system/sys/fs/cgroup
      fi
      mount -t bpf bpf $system/sys/fs/bpf
      mount -t tmpfs none $system/dev
      for node in null zero full random urandom tty; do
        touch $system/dev/\$node
        mount --bind /dev/\$node $system/dev/\$node
      done
      mkdir $system/dev/pts $system/dev/shm
      exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot $system /lib/systemd/systemd \
        --unit=boot-script.target --log-target=console --show-status=false --log-level=${LOG:-err}
    " >&2 || true
    echo $$ >"$before/cgroup.procs"
    cat "$system/opt/said"
    echo --
  done
  find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
'
