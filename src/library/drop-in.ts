// What the package get-port exports, from `portreservation/get-port`.
import '../refuse-old-node.ts';

export {
  clearLockedPorts,
  type GetPortOptions,
  type GetPortOptions as Options,
  getPort as default,
} from './get-port.ts';
export { portNumbers } from './port-numbers.ts';
