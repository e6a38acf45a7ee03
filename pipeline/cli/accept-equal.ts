/** `pipeline accept-equal`: arguments → `acceptEqual` or its undoing → what is printed. */

import {
  type Accepted,
  type AcceptOptions,
  acceptEqual,
  type Unaccepted,
  undoAcceptEqual,
} from '../session/accept-equal.ts';
import type { Output } from './output.ts';

/**
 * `pipeline accept-equal <node> --reason …`, and with `--undo` the way back.
 *
 * @returns the exit code
 * @throws {UserMistakes} where there is nothing to accept or to take back
 */
export async function acceptEqualCommand(
  name: string,
  options: AcceptOptions & { readonly undo?: boolean },
  output: Output,
): Promise<number> {
  const lines =
    options.undo === true
      ? (await undoAcceptEqual(name, options)).map(wordUnaccepted)
      : (await acceptEqual(name, options)).map(wordAccepted);
  output.print(lines.map((line) => `${line}\n`).join(''));
  return 0;
}

function wordAccepted({ inspection: { node, code, fingerprint }, earlier }: Accepted): string {
  const detail = code === null ? '' : `, code ${code.digest.slice(0, 12)}`;
  return `${node.id}: result ${earlier.fingerprint.slice(0, 12)} now stands for ${fingerprint.slice(0, 12)}${detail}; pipeline accept-equal ${node.id} --undo takes it back`;
}

function wordUnaccepted({ node, reason }: Unaccepted): string {
  return `${node}: no longer accepted ("${reason}"); the next run makes it`;
}
