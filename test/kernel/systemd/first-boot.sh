# Settles, and looks at what systemd's units may and may not. Each line of output is "what: result".
settle() { node /opt/worker/portreservation.mjs settle "$@"; }
bind() { /usr/bin/python3 /opt/bind.py "$@"; }
say() { echo "$1: $2"; }
# What systemctl says of a unit that serves: active once it has bound its ports, as Type=notify tells.
start() { systemctl "$1" "$2" 2>/dev/null; systemctl is-active "$2"; }
programs() { find /sys/fs/bpf/port-reservation -type f 2>/dev/null | wc -l; }

say 'web before' "$(start start web.service)"
systemctl stop web.service
systemctl start running.service
settle >/dev/null
say 'settle' "$?"
say 'root' "$(bind 21040)"
say 'root with the token' "$(bind 21040 77)"
for again in start restart restart; do say "web, $again" "$(start $again web.service)"; done
systemctl stop web.service
say 'web, stopped and started' "$(start start web.service)"
systemctl daemon-reload
say 'web after daemon-reload' "$(start restart web.service)"
systemctl daemon-reexec
say 'web after daemon-reexec' "$(start restart web.service)"
say 'other' "$(start start other.service)"
say 'running before its reservation' "$(start start running.service)"
kill -USR1 "$(systemctl show --property=MainPID --value running.service)"
until [[ -s /run/running ]]; do read -rt 0.05 <> <(:) || :; done
say 'it binds one more port' "$(cat /run/running)"
say 'instance' "$(start start many@7.service)"
for again in start restart restart; do say "socket, $again" "$(start $again wake.socket)"; done
say 'socket of others' "$(start start thief.socket)"
say 'user' "$(setpriv --reuid=65534 --regid=65534 --clear-groups /usr/bin/python3 /opt/bind.py 21070)"
say 'tokens for others' "$(setpriv --reuid=1000 --regid=1000 --clear-groups cat /var/lib/port-reservation/tokens.json 2>&1 | sed 's/.*: //')"
settle --off >/dev/null
say 'off' "$? $(bind 21041) $(programs)"
say 'web while off' "$(start restart web.service)"
settle >/dev/null
say 'on again' "$? $(bind 21041)"
say 'web, on again' "$(start restart web.service)"
