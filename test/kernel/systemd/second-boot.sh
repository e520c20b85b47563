# After a restart: the gate is there before anything; then the reservations go, and everything with them.
settle() { node /opt/worker/portreservation.mjs settle "$@"; }
bind() { /usr/bin/python3 /opt/bind.py "$@"; }
say() { echo "$1: $2"; }
systemctl start web.service 2>/dev/null
say 'boot unit' "$(systemctl is-active port-reservation.service)"
say 'boot unit before sysinit' "$(systemctl list-dependencies --plain sysinit.target | grep -c port-reservation.service)"
say 'early service' "$(cat /run/early)"
say 'root' "$(bind 21041)"
say 'web' "$(systemctl is-active web.service)"
mv /opt/worker/portreservation.mjs /opt/worker/away.mjs
systemctl restart free.service
say 'a service that is let in, without the program' "$(systemctl is-active free.service)"
mv /opt/worker/away.mjs /opt/worker/portreservation.mjs
echo '{"version":1,"reservations":[]}' >/var/lib/port-reservation/ledger.json
# What is released leaves the kernel first: the ledger without it means that it is gone there.
settle --off >/dev/null
settle >/dev/null
say 'settle with nothing' "$?"
say 'files' "$(find /etc/systemd/system -name '*port-reservation*' | wc -l) $(find /etc/systemd/system -name 'web.service.d' | wc -l) $(find /sys/fs/bpf -name 'port-reservation*' | wc -l)"
say 'others of web' "$(find /etc/systemd/system -path '*running.service.d*' -type f -printf '%f')"
say 'tokens' "$(grep -c '"token"' /var/lib/port-reservation/tokens.json)"
say 'reloaded' "$(systemctl show --property=ExecCondition --value web.service | wc -w) $(systemctl show --property=NeedDaemonReload --value web.service)"
say 'root, released' "$(bind 21041)"
systemctl stop web.service
say 'other' "$(systemctl restart other.service 2>/dev/null; systemctl is-active other.service)"
