# The deb as an administrator has it, from install to purge. Each line is "what: result".
say() { echo "$1: $2"; }
quietly() { "$@" >/tmp/log 2>&1 || { cat /tmp/log >&2; say "failed" "$*"; exit 1; }; }
list=/proc/sys/net/ipv4/ip_local_reserved_ports
ports() { tr , '\n' <$list | sort -n | paste -sd,; }
settings() { ls /etc/sysctl.d | grep -E 'others|port' | paste -sd' '; }
state() { dpkg-query -W -f '${db:Status-Abbrev}' portreservation 2>/dev/null | tr -d ' '; }
install() { quietly apt-get install -y --no-install-recommends --reinstall --allow-downgrades "$@"; }
older=/packages/older/portreservation.deb newer=/packages/newer/portreservation.deb
# A server of perl-base, which every Debian has; and a bind that would take the port from whoever does not hold it.
server='use Socket; socket(S, PF_INET, SOCK_STREAM, 0); setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1);
  bind(S, sockaddr_in($ENV{"PORT"}, INADDR_ANY)) or die "bind: $!"; listen(S, 5); open(R, ">/tmp/ready"); close(R);
  while (accept(C, S)) { print C "served\n"; close(C) }'
taken() { perl -e 'use Socket; socket(S, PF_INET, SOCK_STREAM, 0); print bind(S, sockaddr_in(shift, INADDR_ANY)) ? "free" : "taken"' "$1"; }
ask() { exec 9<>"/dev/tcp/127.0.0.1/$1" && head -n1 <&9; exec 9>&-; }
frame() { printf 'Content-Length: %d\r\n\r\n%s' "${#1}" "$1"; }
until_there() { for _ in $(seq 200); do [ -e "$1" ] && return; read -rt 0.05 <> <(:) || :; done; say failed "no $1"; exit 1; }
until_said() { for _ in $(seq 200); do grep -q "$1" "$2" && return; read -rt 0.05 <> <(:) || :; done; say failed "no $1"; exit 1; }

echo 8080,9000-9010 >$list
mkdir -p /etc/sysctl.d
echo 'net.ipv4.ip_local_reserved_ports = 7000' >/etc/sysctl.d/50-others.conf

install $older
say 'installed' "$(state) $(portreservation --version)"
say 'started at install' "$(ls /etc/systemd/system/*.wants/*port* 2>/dev/null | wc -l)"
say 'conffiles' "$(dpkg-query -W -f '${Conffiles}' portreservation)"
say 'verified' "$(dpkg --verify portreservation)"
say 'manual' "$(MANWIDTH=200 man portreservation | sed -n '/^NAME/{n;p}' | tr -s ' ')"
say 'manual of a command' "$(man -w portreservation-exclude-add)"
say 'found by apropos' "$(mandb -q 2>/dev/null; apropos -e portreservation-map 2>/dev/null | tr -s ' ')"
say 'completed' "$(bash -c '. /usr/share/bash-completion/bash_completion; _completion_loader portreservation
  COMP_WORDS=(portreservation te) COMP_CWORD=1; "$(complete -p portreservation | sed "s/.*-F \([^ ]*\).*/\1/")" portreservation; echo ${COMPREPLY[*]}')"

quietly portreservation new --persistent --name web --start-port 21040 --ports 3
quietly portreservation exclude add 5173
say 'kept from automatic choice' "$(ports)"
portreservation exec --quiet --name job --start-port 22000 -- perl -e "$server" >/dev/null 2>&1 &
held=$!
until_there /tmp/ready
mkfifo /tmp/in
portreservation serve --stdio </tmp/in >/tmp/out 2>/tmp/worker.log &
exec 8>/tmp/in
frame '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":1}}' >&8
until_said '"id":1' /tmp/out

install $newer
say 'upgraded' "$(state) $(dpkg-query -W -f '${Version}' portreservation)"
say 'server of exec after it' "$(ask 22000), $(taken 22000)"
frame '{"jsonrpc":"2.0","id":2,"method":"reservation/create","params":{"protocol":["tcp"],"startPort":22010,"numberOfPorts":2,"hold":"strict"}}' >&8
until_said '"id":2' /tmp/out
say 'worker after it' "$(taken 22010), $(taken 22012)"
frame '{"jsonrpc":"2.0","id":3,"method":"port/inspect","params":{"protocol":["tcp"],"ranges":[{"startPort":22000,"numberOfPorts":1}]}}' >&8
until_said '"id":3' /tmp/out
say 'what it had not used before' "$(grep -o '"processName":"perl"' /tmp/out | head -n1)"
say 'all see the same' "$(portreservation get --json | grep -o '"name":"[a-z]*"' | sort -u | paste -sd' ')"
install $older
say 'downgraded' "$(dpkg-query -W -f '${Version}' portreservation)"
install $newer
quietly dpkg -i $newer
say 'installed again' "$(state) $(dpkg --verify portreservation)"
kill $(pgrep -P $held 2>/dev/null || sed 's/ .*//' /proc/$held/task/$held/children)
wait $held
exec 8>&-
wait
say 'after all that' "$(portreservation get --json | grep -o '"name":"[a-z]*"' | sort -u | paste -sd' ') $(ports)"

quietly apt-get remove -y portreservation
say 'removed' "$(state) $(ls /usr/bin/portreservation 2>/dev/null)"
say 'kept when it is removed' "$(ports) $(settings)"
install $newer
say 'known again' "$(portreservation get --json | grep -o '"name":"[a-z]*"')"
mkdir -p /etc/systemd/system/other.service.d
echo '[Service]' >/etc/systemd/system/other.service.d/50-port-reservation.conf
quietly apt-get purge -y portreservation
say 'purged' "$(state) $(ports)"
say 'left by a purge' "$(ls -d /var/lib/port-reservation /etc/port-reservation /usr/lib/portreservation /usr/share/*/portreservation 2>/dev/null | wc -l) $(settings)"
say "others' drop-in" "$(ls /etc/systemd/system/other.service.d)"
