import './refuse-old-node.ts';

export { applyDesiredState } from './desired-state/apply.ts';
export { exportDesiredState } from './desired-state/export.ts';
export { importDesiredState } from './desired-state/import/import.ts';
export { decodeDocument, formatOfFile, readDesiredState } from './desired-state/read-document.ts';
export type { WaitOptions } from './library/deadline.ts';
export { clearLockedPorts, type GetPortOptions, getPort } from './library/get-port.ts';
export type { HeldReservation } from './library/held-reservation.ts';
export { bindOn, listenOn, type TokenOption } from './library/listen-on.ts';
export { portNumbers } from './library/port-numbers.ts';
export { type ReserveParams, reserve } from './library/reserve.ts';
export type { ListenOptions, OpenedPort, OpenOptions, TakeOptions } from './library/take.ts';
export { type WaitForPortOptions, type WaitUntilFreeOptions, waitForPort, waitUntilFree } from './library/wait.ts';
export { PortWaitError } from './library/wait-error.ts';
export { openService, type ServiceOptions } from './open-service.ts';
export { PackageFilesError } from './package-files.ts';
export {
  DocumentError,
  type ErrorFacts,
  type ErrorName,
  type FieldError,
  InvalidParamsError,
  ServiceError,
} from './protocol/errors.ts';
export type * from './protocol/generated/contract.ts';
export { type RequestOptions, startWorker, type WorkerClient, type WorkerOptions } from './rpc/client/client.ts';
export { type WorkerEnd, WorkerError } from './rpc/wire/worker-error.ts';
export type { CallOptions, Progress } from './service/call-options.ts';
export type { PortService } from './service/port-service.ts';
export type { ReservationWatch } from './service/reservations/reservation-watch.ts';
