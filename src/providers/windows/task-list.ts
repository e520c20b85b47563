/** A process, as tasklist lists it. */
export interface Task {
  processName: string;
  /** The names of its services, with commas between. */
  service?: string;
}

const row = /^"([^"]*)","(\d+)","([^"]*)"\s*$/;

/** What stands for "none" is localised, yet in no language written as names of services are. */
const serviceNames = /^[\w.$-]+(,[\w.$-]+)*$/;

/** Reads the output of `tasklist /SVC /FO CSV /NH`: name, process id, services. */
export function parseTaskList(output: string): Map<number, Task> {
  const tasks = new Map<number, Task>();
  for (const line of output.split(/\r?\n/)) {
    const match = row.exec(line);
    if (!match) continue;
    const [, processName, processId, services] = match as unknown as [string, string, string, string];
    const service = serviceNames.test(services) ? services : undefined;
    tasks.set(Number(processId), { processName, ...(service && { service }) });
  }
  return tasks;
}
