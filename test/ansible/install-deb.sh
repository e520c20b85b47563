# The role with a deb, twice, on a copy-on-write view of this machine. Each line is "what: result".
mkdir -p /tmp/all/ansible_collections/portreservation
cp -r /collection /tmp/all/ansible_collections/portreservation/ports
cat >/tmp/play.json <<PLAY
[{"hosts": "localhost", "gather_facts": false, "tasks": [{
  "ansible.builtin.include_role": {"name": "portreservation.ports.install"},
  "vars": {"install_package": "$(ls /packages/*_amd64.deb)"}}]}]
PLAY
export ANSIBLE_COLLECTIONS_PATH=/tmp/all ANSIBLE_COLLECTIONS_PATHS=/tmp/all ANSIBLE_STDOUT_CALLBACK=default
for run in first second; do
  ansible-playbook -c local -i localhost, -e ansible_python_interpreter=/usr/bin/python3 /tmp/play.json >/tmp/log 2>&1 || cat /tmp/log >&2
  echo "$run: $(grep -o 'changed=[0-9]* .*failed=[0-9]*' /tmp/log | tr -s ' ')"
done
echo "program: $(/usr/bin/portreservation --version)"
