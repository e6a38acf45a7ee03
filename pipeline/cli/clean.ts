/** `pipeline clean`: arguments → `cleanTargets` → its steps, printed. */

import { type CleanOptions, cleanTargets } from '../session/clean-outputs.ts';
import type { Output } from './output.ts';
import { wordCleanStep } from './print/print-clean.ts';

/**
 * `pipeline clean [targets]`: removes from the workspace the outputs that the cache can put back.
 *
 * @returns the exit code: 1 where something that was to go is still there
 * @throws {UserMistakes} where stages run in the workspace, and with what is wrong in the pipeline
 */
export async function cleanCommand(
  targets: readonly string[],
  options: CleanOptions,
  output: Output,
): Promise<number> {
  const isGone = await cleanTargets(targets, options, (step) => {
    for (const line of wordCleanStep(step)) output.print(`${line}\n`);
  });
  return isGone ? 0 : 1;
}
