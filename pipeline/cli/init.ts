/** `pipeline init`: arguments → `initWorkspace` → what to do next, printed. */

import { initWorkspace } from '../session/init-workspace.ts';
import type { Program } from '../session/program.ts';
import { quoteArgument } from '../shell/quote-argument.ts';
import type { Output } from './output.ts';

/**
 * `pipeline init <folder>`: makes a workspace and says what to do with it.
 *
 * @returns the exit code
 * @throws {UserMistakes} where something is in the folder already
 */
export function initCommand(folder: string, program: Program, output: Output): number {
  initWorkspace(folder, program);
  output.print(`${folder} is a workspace now. Next:

  cd ${quoteArgument(folder)}
  npm install              # links this program, nothing else
  npx pipeline run         # results/convergence.vl.json is the figure
  npx pipeline run         # executes nothing
  npx pipeline why plot    # what the figure was made from
`);
  return 0;
}
