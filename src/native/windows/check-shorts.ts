/**
 * Refuses what does not fit an unsigned short before it reaches a native call: koffi would cut it silently, 65537 to 1.
 * `startPort` 0 means "any" where the call allows it.
 */
export function checkShorts({ startPort, numberOfPorts }: { startPort: number; numberOfPorts: number }): void {
  for (const [name, value] of Object.entries({ startPort, numberOfPorts })) {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff) {
      throw new RangeError(`${name} must be a whole number from 0 to 65535, not ${value}`);
    }
  }
}
