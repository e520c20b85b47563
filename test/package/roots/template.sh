# The template unit in a booted systemd of the release: enabled, reloaded, with a service of its name.
say() { echo "$1: $2"; }
dpkg -i /opt/portreservation.deb >/dev/null 2>&1
printf '%s\n' 'name: web' 'reservations:' '  - protocol: tcp' '    startPort: 21040' '    name: front' >/etc/port-reservation/web.yaml
printf '%s\n' '[Unit]' 'Requires=port-reservation@web.service' 'After=port-reservation@web.service' '[Service]' \
  'EnvironmentFile=/run/port-reservation/web.env' 'ExecStart=/bin/sh -c "echo $FRONT_PORT >/run/served; exec sleep infinity"' \
  >/etc/systemd/system/web.service
systemctl daemon-reload
say 'before it is enabled' "$(systemctl is-enabled port-reservation@web.service port-reservation.service 2>/dev/null | paste -sd' ')"
systemctl enable --now port-reservation@web >/dev/null 2>&1
say 'enabled' "$(systemctl is-enabled port-reservation@web) $(systemctl is-active port-reservation@web) $(cat /run/port-reservation/web.env | grep ^FRONT_PORT=)"
systemctl start web.service
for _ in $(seq 100); do [ -s /run/served ] && break; read -rt 0.05 <> <(:) || :; done
say 'service' "$(systemctl is-active web) $(cat /run/served)"
sed -i s/21040/21140/ /etc/port-reservation/web.yaml
systemctl reload port-reservation@web
say 'reloaded' "$(grep ^FRONT_PORT= /run/port-reservation/web.env) $(cat /proc/sys/net/ipv4/ip_local_reserved_ports)"
echo 'reservations: 5' >>/etc/port-reservation/web.yaml
say 'a reload that fails' "$(systemctl reload port-reservation@web 2>/dev/null && echo done || echo failed) $(grep ^FRONT_PORT= /run/port-reservation/web.env)"
say 'failed units' "$(systemctl --failed --no-legend --plain | grep -c port-reservation)"
systemctl stop web.service
dpkg --purge portreservation >/dev/null 2>&1
say 'purged' "$(cat /proc/sys/net/ipv4/ip_local_reserved_ports)$(ls /etc/systemd/system /etc/systemd/system/*.wants | grep -c port-reservation)"
