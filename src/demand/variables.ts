/** The variable that names the address for what speaks the contract. */
export const addressVariable = 'PORT_RESERVATION_ADDRESS';

/** What tells a process tree where to ask; the second is what portpicker and its kin look for. */
export const addressVariables = (path: string): Record<string, string> => ({
  [addressVariable]: path,
  PORTSERVER_ADDRESS: path,
});
