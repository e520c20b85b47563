#!/bin/bash
# enter.sh ROOT SCRIPT [INSIDE OUTSIDE]...: in namespaces of its own, lays a copy-on-write view over the Debian root and runs the
# script in it, with these folders to read.
set -euo pipefail
root=$1 script=$2
shift 2
mount -t tmpfs -o size=1500m none /mnt
mkdir /mnt/{upper,work,system}
system=/mnt/system
mount -t overlay overlay -o "lowerdir=$root,upperdir=/mnt/upper,workdir=/mnt/work" "$system"
cp "$script" "$system/opt/script"
while (($#)); do
  mkdir -p "$system$1"
  mount --bind -o ro "$2" "$system$1"
  shift 2
done
mount -t proc proc "$system/proc"
mount -t sysfs -o ro sysfs "$system/sys"
mount -t tmpfs none "$system/run"
mount -t tmpfs none "$system/tmp"
mount -t tmpfs none "$system/dev"
for node in null zero full random urandom tty; do
  touch "$system/dev/$node"
  mount --bind "/dev/$node" "$system/dev/$node"
done
mkdir "$system"/dev/{pts,shm}
ln -s /proc/self/fd "$system/dev/fd"
ip link set lo up
exec env -i HOME=/root TERM=dumb LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  chroot "$system" /bin/bash /opt/script
