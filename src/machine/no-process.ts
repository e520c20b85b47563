import { ServiceError } from '../protocol/errors.ts';

/** What is asked for the life of a process that is not there. */
export const noProcess = (processId: number) =>
  new ServiceError('NotFound', `There is no process ${processId}.`, {
    target: `process ${processId}`,
    hint: 'Give the id of a process that runs: $$ is that of the shell itself.',
  });
