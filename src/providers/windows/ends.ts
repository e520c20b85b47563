import type { PortHolder, Protocol, Remedy } from '../../protocol/generated/contract.ts';
import { toRun } from '../../protocol/remedies.ts';
import { endProcess } from './commands.ts';
import { endOfWsl } from './hidden-range.ts';

/** What frees a port, and what is to be said of it. */
export interface End {
  end?: Remedy;
  note?: string;
}

/** The kernel: of no user, and for nobody to look at. */
export const systemProcess = 4;

/** Lists the processes behind HTTP.sys, with their urls. */
export const showUrls = 'netsh http show servicestate view=requestq';

/** Without these Windows ends, or the session. */
const vitalPrograms = new Set(
  'system registry smss.exe csrss.exe wininit.exe services.exe lsass.exe lsaiso.exe winlogon.exe dwm.exe explorer.exe vmmem vmcompute.exe vmwp.exe vmms.exe sihost.exe fontdrvhost.exe memcompression'.split(
    ' ',
  ),
);
const vitalServices = new Set(
  'rpcss rpceptmapper dcomlaunch samss keyiso lsm plugplay power eventlog gpsvc profsvc schedule bfe mpssvc cryptsvc brokerinfrastructure systemeventsbroker coremessagingregistrar usermanager netlogon ntds kdc dns vaultsvc efs winmgmt nsi dhcp dnscache nlasvc netprofm lanmanworkstation lanmanserver termservice sessionenv umrdpservice winrm hns vmcompute vmms hvhost winnat nvagent'.split(
    ' ',
  ),
);

/** What is behind containers and WSL: its end takes all of them. */
const dockers = new Set(
  'dockerd.exe|docker|com.docker.service|com.docker.proxy.exe|com.docker.vpnkit.exe|vpnkit.exe|docker desktop.exe'.split(
    '|',
  ),
);
const wsls = new Set('wslservice.exe|wslservice|wslhost.exe|wsl.exe|vmmemwsl|lxssmanager'.split('|'));

const needed = 'Windows itself needs it, so it is not ended for a port';

type Seen = Pick<PortHolder, 'processName' | 'service' | 'urls' | 'addresses'>;

/** What frees this port of the process, so that it stays free; nothing where only harm would. */
export function endOf(
  { protocol, port }: { protocol: Protocol; port: number },
  processId: number,
  { processName = '', service, urls, addresses }: Seen,
): End {
  if (processId === systemProcess) return endOfSystem(protocol, port, urls);
  const program = processName.toLowerCase();
  const services = service?.split(',') ?? [];
  if (program === 'wslrelay.exe') {
    const note = 'a program in WSL listens there, and wslrelay passes on what comes';
    return { end: toRun(`wsl.exe -u root -- fuser -k ${port}/${protocol}`), note };
  }
  if (program === 'com.docker.backend.exe' || program === 'docker-proxy.exe') {
    const publish = protocol === 'tcp' ? `${port}` : `${port}/udp`;
    const note = 'docker publishes a port of a container there';
    return { end: toRun(`docker ps -q --filter publish=${publish} | ForEach-Object { docker stop $_ }`), note };
  }
  const isOf = (names: ReadonlySet<string>) =>
    names.has(program) || services.some((one) => names.has(one.toLowerCase()));
  if (isOf(dockers))
    return { end: toRun('docker ps'), note: 'Docker itself has it: the command lists what it publishes' };
  if (isOf(wsls)) return { end: endOfWsl(), note: 'WSL itself has it, for a program in it' };
  if (services.some((one) => one.toLowerCase() === 'iphlpsvc')) return endOfProxy(port, addresses);
  if (isOf(vitalPrograms) || isOf(vitalServices)) return { note: needed };
  if (services.length === 0) {
    return program === 'svchost.exe' ? { note: 'a service of Windows has it' } : { end: toRun(endProcess(processId)) };
  }
  if (program === 'svchost.exe' && services.length > 1) {
    return {
      note: 'these services share one process, and Windows does not say which of them has it: stop that one alone',
    };
  }
  return { end: toRun(`Stop-Service ${services.join(', ')} -Force`, stoppedWith(services)) };
}

function stoppedWith(services: readonly string[]): string | undefined {
  if (services.includes('SharedAccess')) return 'the sharing of networks by which WSL and Hyper-V reach theirs';
  return services.length > 1 ? 'those of the services that do not have the port' : undefined;
}

function endOfSystem(protocol: Protocol, port: number, urls: readonly string[] | undefined): End {
  if (protocol === 'tcp' && (port === 445 || port === 139)) {
    return { note: 'Windows shares files and printers there (SMB, the service LanmanServer)' };
  }
  if (protocol === 'udp') return { note: port === 137 || port === 138 ? 'it is NetBIOS' : 'a driver has it' };
  const note = urls ? undefined : 'HTTP.sys or a driver has it: the command lists the programs behind HTTP.sys';
  return { end: toRun(showUrls), ...(note && { note }) };
}

/** A port proxy is a setting of the service, which does more than that. */
function endOfProxy(port: number, addresses: readonly string[]): End {
  const [address = '0.0.0.0'] = addresses;
  const kind = address.includes(':') ? 'v6tov4' : 'v4tov4';
  return {
    end: toRun(`netsh interface portproxy delete ${kind} listenport=${port} listenaddress=${address}`),
    note: 'a port proxy passes on what comes there; netsh interface portproxy show all lists it',
  };
}

/** The socket is left to a process that the one which made it started; Windows does not say to which. */
export const endOfEnded = (processId: number): End => ({
  note: `Get-CimInstance Win32_Process -Filter ParentProcessId=${processId} lists those that may have it`,
});
