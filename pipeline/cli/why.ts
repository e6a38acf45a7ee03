/** `pipeline why`: arguments → `explainTarget` → what is printed. */

import { explainTarget } from '../session/explain-targets.ts';
import type { WorkspaceOptions } from '../session/open-session.ts';
import { fitText, type Output, openOutputPalette } from './output.ts';
import { describeExplanation, formatExplanations } from './print/print-why.ts';
import { tellEarlierVersion, tellUnreadable } from './tell-plan.ts';

/**
 * `pipeline why <node>`: why a node has to run or has not. A stage or target that stands for several
 * nodes gets a line for each. Changes nothing.
 *
 * @returns the exit code: 2 where a node cannot run
 * @throws {UserMistakes} with what is wrong in the files and the arguments
 */
export async function whyCommand(
  target: string,
  options: WorkspaceOptions & { readonly json?: boolean },
  output: Output,
): Promise<number> {
  const explained = await explainTarget(target, options);
  tellEarlierVersion(explained, output);
  const { explanations } = explained;
  const text =
    options.json === true
      ? JSON.stringify(explanations.map(describeExplanation), null, 1)
      : fitText(formatExplanations(explanations, openOutputPalette(output)), output);
  output.print(`${text}\n`);
  return tellUnreadable(explained, output);
}
