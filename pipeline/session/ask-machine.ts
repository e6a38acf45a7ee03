/** A module of a workspace that tells of the machine, asked. */

import { runProbe } from '../executor/run-probe.ts';
import { loadCommandModule } from './load-command.ts';

/**
 * What the probe of a module answers, in a process of its own.
 *
 * @throws Error that says why there is no answer
 */
export async function askMachine(workspace: string, module: string): Promise<unknown> {
  const { url, dispose } = await loadCommandModule(workspace, module);
  try {
    return await runProbe(url, workspace);
  } finally {
    dispose();
  }
}
