import type { PortHolder } from './generated/contract.ts';

/** Whether what has the port is a connection that only has to be closed and belongs to nobody any more. */
export const isClosing = ({ state }: Pick<PortHolder, 'state'>): boolean => state === 'closing' || state === 'timeWait';
