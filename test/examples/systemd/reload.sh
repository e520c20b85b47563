# The example as an administrator uses it: start, change the document, reload, restart. Each line is "what: result".
say() { echo "$1: $2"; }
shop() { echo "$(systemctl is-active shop.service) $(ss -Hltn | sed -n 's/.*:\(21[01]40\) .*/\1/p')"; }
web() { grep '^WEB_PORT=' /run/shop/ports.env; }
# It is active when it is started, and listens a moment later.
listens() { until ss -Hltn | grep -q ":$1 "; do read -rt 0.05 <> <(:) || :; done; }

systemctl start shop.service && listens 21040
say 'shop at boot' "$(shop)"
sed -i 's/21040/21140/' /etc/port-reservation/shop.yaml
systemctl reload shop-ports.service
say 'ports after the reload' "$(web)"
say 'reserved after the reload' "$(tr , '\n' </proc/sys/net/ipv4/ip_local_reserved_ports | sort | paste -sd,)"
systemctl restart shop.service && listens 21140
say 'shop after its restart' "$(shop)"
echo 'reservations: 5' >>/etc/port-reservation/shop.yaml
say 'a reload that fails' "$(systemctl reload shop-ports.service 2>/dev/null && echo done || echo failed) $(web)"
systemctl stop shop.service
systemctl restart shop-ports.service 2>/dev/null
systemctl start shop.service && listens 21140
say 'shop where an entry fails' "$(systemctl is-active shop-ports.service) $(shop)"
systemctl stop shop.service
portreservation export --format systemd-socket --document shop | sed -n '/web.socket/,/WantedBy/p' >/etc/systemd/system/web.socket
printf '%s\n' '[Service]' 'ExecStart=/bin/sleep infinity' >/etc/systemd/system/web.service
systemctl daemon-reload && systemctl start web.socket
say 'a socket unit' "$(systemctl is-active web.socket) $(ss -Hltn | sed -n 's/.*:\(2114[0-9]\) .*/\1/p' | sort -u | paste -sd' ')"
SUDO_USER=alice portreservation new --persistent --start-port 22000 --name extra --reason 'why not' >/dev/null
SUDO_USER=alice portreservation remove 22000 >/dev/null
PORT_RESERVATION_AUDIT=off portreservation exclude add 22001 >/dev/null
PORT_RESERVATION_HOME=/root/ports portreservation new --persistent --start-port 22002 --provider ledger >/dev/null
journalctl --sync
say 'audit' "$(journalctl -t portreservation -o cat | sed 's/ pid=[0-9]*//' | grep 22 | paste -sd'|')"
say 'audit of a document' "$(journalctl -t portreservation -o cat | grep -c '^created .* document=shop .*by=root uid=0 pid=')"
