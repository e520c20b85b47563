import { resources } from './generated/contract.ts';

/** The one resource whose changes are told. */
export const watchedUri = 'ports://reservations';

/** Whether there is such a resource. */
export const isResource = (uri: string): boolean => resources.some((one) => one.uri === uri);
