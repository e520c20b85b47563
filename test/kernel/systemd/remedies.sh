# Asks of each port what frees it, does that, and looks at what is left. Each line of output is "what: result".
pr() { node /opt/worker/portreservation.mjs "$@"; }
say() { echo "$1: $2"; }
bind() { /usr/bin/python3 /opt/bind.py "$1"; }
field() { /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["ports"][0].get("remedy", {}).get(sys.argv[1], ""))' "$1"; }
# free NAME PROTOCOL PORT UNIT...: what the port's remedy is and does, and what becomes of the units.
free() {
  local status remedy unit
  status=$(pr status "$3" --protocol "$2" --json)
  remedy=$(field run <<<"$status")
  remedy=${remedy:-none}
  say "$1" "$(sed "s/ $(cat /run/job)$/ JOB/; s/ $(cut -c1-12 /run/container)$/ CONTAINER/" <<<"$remedy")"
  say "$1, stops" "$(field stops <<<"$status")"
  [[ $remedy == none ]] || sh -c "$remedy" >/dev/null 2>&1
  until pr status "$3" --protocol "$2" --json | grep -q '"verdict":"free"'; do :; done
  for unit in "${@:4}"; do say "$1, $unit" "$(systemctl is-active "$unit")"; done
}

listening() { until pr status "$1" --json | grep -q '"verdict":"listening"'; do :; done; }

echo none >/run/container
systemctl start web.service wrapped.service many@7.service alone.socket datagrams.socket both.service daemon.service
say 'before' "$(systemctl is-active web.service wrapped.service many@7.service alone.socket datagrams.socket both.service daemon.service | sort -u)"
free 'a service' tcp 21040 web.service wrapped.service
free 'a service behind a shell' tcp 21041 wrapped.service
free 'an instance' tcp 21042 many@7.service
free 'a socket unit' tcp 21043 alone.socket
free 'a socket unit of datagrams' udp 21044 datagrams.socket
free 'a socket unit and its service' tcp 21045 both.socket both.service
free 'a job of a daemon' tcp 21046 daemon.service
sh /opt/run-container >/run/container
listening 21047
free 'a container' tcp 21047
say 'the container' "$(podman ps -a --format '{{.State}}' --filter name=web)"
systemctl start contained.service
listening 21048
free 'a container that a unit runs' tcp 21048 contained.service
