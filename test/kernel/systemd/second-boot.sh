# After a restart: the gate is there before anything; then the reservations go, and everything with them.
portreservation() { node /opt/worker/portreservation.mjs "$@"; }
bind() { /usr/bin/python3 /opt/bind.py "$@"; }
say() { echo "$1: $2"; }
files() { echo "$(find /etc/systemd/system -name '*port-reservation*' | wc -l) $(find /etc/systemd/system -name 'web.service.d' | wc -l) $(find /sys/fs/bpf -name 'port-reservation*' | wc -l)"; }
systemctl start web.service 2>/dev/null
say 'boot unit' "$(systemctl is-active port-reservation.service)"
say 'boot unit before sysinit' "$(systemctl list-dependencies --plain sysinit.target | grep -c port-reservation.service)"
say 'list unit' "$(systemctl is-active port-reservation-list.service) $(systemctl show --property=Result --value port-reservation-list.service)"
say 'the other file' "$(tr , '\n' </proc/sys/net/ipv4/ip_local_reserved_ports | grep ^300)"
say 'early service' "$(cat /run/early)"
say 'root' "$(bind 21041)"
say 'web' "$(systemctl is-active web.service)"
say 'state' "$(portreservation get --json | grep -o '"state":"[a-zA-Z]*"' | sort -u)"
mv /opt/worker/portreservation.mjs /opt/worker/away.mjs
systemctl restart free.service
say 'a service that is let in, without the program' "$(systemctl is-active free.service)"
mv /opt/worker/away.mjs /opt/worker/portreservation.mjs
portreservation remove 21040 >/dev/null
say 'removed' "$? $(systemctl show --property=ExecCondition --value web.service | wc -w) $(systemctl show --property=NeedDaemonReload --value web.service)"
say 'root, released' "$(bind 21040 2>&1) $(bind 21041)"
for port in 21041 21050 21057 21060 21070 21080 21096; do portreservation remove $port >/dev/null || say "remove $port" "$?"; done
say 'files' "$(files)"
say 'others of web' "$(find /etc/systemd/system -path '*running.service.d*' -type f -printf '%f')"
say 'tokens' "$(grep -c '"token"' /var/lib/port-reservation/tokens.json) $(find /var/lib/port-reservation -name 'tokens-*' | wc -l)"
rm /etc/sysctl.d/50-other.conf
say 'list' "$(tr , '\n' </proc/sys/net/ipv4/ip_local_reserved_ports | grep -v ^30010)"
systemctl stop web.service
say 'other' "$(systemctl restart other.service 2>/dev/null; systemctl is-active other.service)"
