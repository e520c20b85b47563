# Reserves, and looks at what systemd's units may and may not. Each line of output is "what: result".
portreservation() { node /opt/worker/portreservation.mjs "$@"; }
bind() { /usr/bin/python3 /opt/bind.py "$@"; }
say() { echo "$1: $2"; }
# What systemctl says of a unit that serves: active once it has bound its ports, as Type=notify tells.
start() { systemctl "$1" "$2" 2>/dev/null; systemctl is-active "$2"; }
programs() { find /sys/fs/bpf/port-reservation -type f 2>/dev/null | wc -l; }
reserve() { portreservation new --persistent --start-port "$1" --enforcement kernel "${@:2}" --json; }

say 'web before' "$(start start web.service)"
systemctl stop web.service
systemctl start running.service
made=$(reserve 21040 --allow-service web.service)
say 'reserve' "$?"
token=$(sed 's/.*"token":"\([0-9]*\)".*/\1/' <<<"$made")
say 'web reloaded' "$(systemctl show --property=ExecCondition --value web.service | grep -c settle) $(systemctl show --property=NeedDaemonReload --value web.service)"
reserve 21041 >/dev/null
reserve 21050 --allow-service running.service >/dev/null
reserve 21057 --allow-service many@.service >/dev/null
reserve 21060 --allow-service wake.socket >/dev/null
reserve 21070 --allow-user nobody >/dev/null
reserve 21080 --allow-service free.service >/dev/null
say 'reserved' "$(portreservation get --json | grep -o '"state":"[a-zA-Z]*"' | sort | uniq -c | tr -s ' ')"
say 'in use' "$(reserve 21090 --allow-service undone.service 2>&1 | grep -o '"name":"[A-Za-z]*"') $(find /etc/systemd/system -path '*undone*' | wc -l)"
mv /usr/bin/systemctl /opt/away
failed=$(reserve 21110 --allow-service undone.service 2>&1 | grep -o '"name":"[A-Za-z]*"')
mv /opt/away /usr/bin/systemctl
say 'without systemctl' "$failed $(bind 21110) $(find /etc/systemd/system -path '*undone*' | wc -l) $(portreservation get --json | grep -c 21110) $(grep -c 21110 /proc/sys/net/ipv4/ip_local_reserved_ports)"
say 'root' "$(bind 21040)"
say 'root with the token' "$(bind 21040 "$token")"
for again in start restart restart; do say "web, $again" "$(start $again web.service)"; done
systemctl stop web.service
say 'web, stopped and started' "$(start start web.service)"
systemctl daemon-reload
say 'web after daemon-reload' "$(start restart web.service)"
systemctl daemon-reexec
say 'web after daemon-reexec' "$(start restart web.service)"
say 'other' "$(start start other.service)"
kill -USR1 "$(systemctl show --property=MainPID --value running.service)"
until [[ -s /run/running ]]; do read -rt 0.05 <> <(:) || :; done
say 'it binds one more port' "$(cat /run/running)"
say 'instance' "$(start start many@7.service)"
for again in start restart restart; do say "socket, $again" "$(start $again wake.socket)"; done
say 'socket of others' "$(start start thief.socket)"
say 'user' "$(setpriv --reuid=65534 --regid=65534 --clear-groups /usr/bin/python3 /opt/bind.py 21070)"
say 'tokens for others' "$(setpriv --reuid=1000 --regid=1000 --clear-groups cat /var/lib/port-reservation/tokens.json 2>&1 | sed 's/.*: //')"
portreservation settle --off >/dev/null
say 'off' "$? $(bind 21041) $(programs)"
say 'web while off' "$(start restart web.service)"
portreservation settle >/dev/null
say 'on again' "$? $(bind 21041)"
say 'web, on again' "$(start restart web.service)"
systemctl disable port-reservation.service 2>/dev/null
say 'unit disabled' "$(portreservation get --json | grep -o '"state":"[a-zA-Z]*"' | sort -u) $(portreservation get 2>&1 | grep -c 'No unit of systemd')"
reserve 21096 >/dev/null
say 'unit again' "$(systemctl is-enabled port-reservation.service)"
say 'list unit' "$(systemctl is-enabled port-reservation-list.service)"
# Our file repeats this one; then it is changed, and nothing of ours runs until the restart.
echo 'net.ipv4.ip_local_reserved_ports = 30000' >/etc/sysctl.d/50-other.conf
portreservation settle --list >/dev/null
echo 'net.ipv4.ip_local_reserved_ports = 30010' >/etc/sysctl.d/50-other.conf
