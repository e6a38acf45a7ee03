/** One key of the user, asked for while a run is shown. */

import type { Output } from './output.ts';

/** Ctrl-C and Enter. */
const ENDS: ReadonlySet<string> = new Set(['\u0003', '\r', '\n']);

/**
 * Waits for one of some keys. Ctrl-C and Enter are the first of them.
 *
 * @param put puts the question
 * @returns null where nobody can be asked: no terminal
 */
export function askForKey(
  keys: readonly string[],
  { stream }: Pick<Output, 'stream'>,
  put: () => void,
): Promise<string | null> {
  const { stdin } = process;
  if (stream.isTTY !== true || !stdin.isTTY) return Promise.resolve(null);
  put();
  return new Promise((resolve) => {
    const take = (data: Buffer) => {
      // Keys that were pressed soon after one another come together.
      const pressed = Array.from(data.toString(), (key) => (ENDS.has(key) ? keys[0] : key));
      const key = pressed.find((one) => one !== undefined && keys.includes(one));
      if (key === undefined) return;
      stdin.off('data', take);
      stdin.setRawMode(false);
      stdin.pause();
      resolve(key);
    };
    stdin.setRawMode(true);
    stdin.on('data', take);
    stdin.resume();
  });
}
