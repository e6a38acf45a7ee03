import { resolve } from 'node:path';
import { createWorkspace, isEmptyFolder } from '../init/create-workspace.ts';
import { locateArgument } from '../pipeline-file/diagnostic.ts';
import type { Program } from '../session/execute-run.ts';
import { UserMistakes } from '../session/mistakes.ts';
import { quoteArgument } from '../shell/quote-argument.ts';

/**
 * `pipeline init <folder>`: makes a workspace and says what to do with it.
 *
 * @returns the exit code
 * @throws {UserMistakes} where something is in the folder already
 */
export function initCommand(folder: string, { root }: Program): number {
  if (!isEmptyFolder(resolve(folder))) {
    throw new UserMistakes(
      [
        {
          code: 'bad-argument',
          message: `${folder} is not an empty folder`,
          location: locateArgument(`init ${folder}`),
          expected: 'an empty folder, or one that does not exist yet',
          hint: 'name another one',
        },
      ],
      new Map(),
    );
  }
  createWorkspace(resolve(folder), root);
  process.stdout.write(`${folder} is a workspace now. Next:

  cd ${quoteArgument(folder)}
  npm install              # links this program, nothing else
  npx pipeline run         # results/convergence.vl.json is the figure
  npx pipeline run         # executes nothing
  npx pipeline why plot    # what the figure was made from
`);
  return 0;
}
