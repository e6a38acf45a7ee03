/** `pipeline verify`: arguments → `verifyFile` → what is printed. */

import type { WorkspaceOptions } from '../session/open-session.ts';
import type { Program } from '../session/program.ts';
import { isVerified, verifyFile } from '../session/verify-figure.ts';
import { type Output, openOutputPalette } from './output.ts';
import { formatVerification } from './print/print-verification.ts';

/**
 * `pipeline verify <file>`: makes an output again from the cache and compares the bytes. Workspace and
 * cache stay as they are.
 *
 * @returns the exit code: 0, or 1 where bytes differ, an input was edited or the node has yet to run
 * @throws {UserMistakes} where no stage makes the file, and with what is wrong in the pipeline
 */
export async function verifyCommand(
  path: string,
  options: WorkspaceOptions & { readonly json?: boolean },
  program: Program,
  output: Output,
): Promise<number> {
  const verified = await verifyFile(path, options, program);
  const text =
    options.json === true
      ? JSON.stringify(verified, null, 1)
      : formatVerification(verified, openOutputPalette(output));
  output.print(`${text}\n`);
  return isVerified(verified) ? 0 : 1;
}
