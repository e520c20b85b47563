import { setTimeout } from 'node:timers/promises';
import { NativeError } from '../native-error.ts';
import { codes } from './codes.ts';
import { layouts } from './layouts.ts';
import { call, SC_MANAGER_CONNECT, withManager } from './service-manager.ts';

/* One service, stopped for a moment (winsvc.h). */

const SERVICE_QUERY_STATUS = 4;
const SERVICE_START = 16;
const SERVICE_STOP = 32;
const SERVICE_CONTROL_STOP = 1;
const SERVICE_STOPPED = 1;
const SERVICE_RUNNING = 4;

const pause = 50;
/** Windows' own limit for a service that starts or stops. */
const patience = 30_000;

function withService<T>(name: string, access: number, work: (service: number) => Promise<T>): Promise<T> {
  return withManager(SC_MANAGER_CONNECT, async (manager) => {
    const service = await call('OpenServiceW', manager, name, access | SERVICE_QUERY_STATUS);
    try {
      return await work(service);
    } finally {
      await call('CloseServiceHandle', service);
    }
  });
}

async function stateOf(service: number): Promise<number> {
  const status = Buffer.alloc(layouts.SERVICE_STATUS.size);
  await call('QueryServiceStatus', service, status);
  return status.readUInt32LE(layouts.SERVICE_STATUS.dwCurrentState);
}

/** Waits for the state; Windows offers no call that does. */
async function reach(service: number, wanted: number, what: string): Promise<void> {
  for (let waited = 0; (await stateOf(service)) !== wanted; waited += pause) {
    if (waited >= patience) throw new NativeError(what, codes.ERROR_SERVICE_REQUEST_TIMEOUT);
    await setTimeout(pause);
  }
}

/**
 * Whether the service runs, or is about to; false too where there is no such service.
 * @throws NativeError
 */
export async function isServiceRunning(name: string): Promise<boolean> {
  try {
    return await withService(name, 0, async (service) => (await stateOf(service)) !== SERVICE_STOPPED);
  } catch (error) {
    if (error instanceof NativeError && error.code === codes.ERROR_SERVICE_DOES_NOT_EXIST) return false;
    throw error;
  }
}

/**
 * Tells the service to stop; `serviceStopped` waits until it has.
 * @throws NativeError 5 not elevated, 1051 others need it
 */
export function stopService(name: string): Promise<void> {
  return withService(name, SERVICE_STOP, async (service) => {
    try {
      await call('ControlService', service, SERVICE_CONTROL_STOP, Buffer.alloc(layouts.SERVICE_STATUS.size));
    } catch (error) {
      if (!(error instanceof NativeError) || error.code !== codes.ERROR_SERVICE_NOT_ACTIVE) throw error;
    }
  });
}

/**
 * Waits until the service has stopped.
 * @throws NativeError 1053 it did not in time
 */
export function serviceStopped(name: string): Promise<void> {
  return withService(name, 0, (service) => reach(service, SERVICE_STOPPED, 'ControlService'));
}

/**
 * Starts the service and waits until it runs.
 * @throws NativeError 5 not elevated, 1058 disabled, 1053 it did not start in time
 */
export function startService(name: string): Promise<void> {
  return withService(name, SERVICE_START, async (service) => {
    try {
      await call('StartServiceW', service, 0, null);
    } catch (error) {
      if (!(error instanceof NativeError) || error.code !== codes.ERROR_SERVICE_ALREADY_RUNNING) throw error;
    }
    await reach(service, SERVICE_RUNNING, 'StartServiceW');
  });
}
