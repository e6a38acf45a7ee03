/** Why a process that did not end well did not. */
export function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exited with status ${code}` : `was ended by ${signal}`;
}
