import { realpathSync } from 'node:fs';
import { openExecutor } from '../executor/open-executor.ts';
import type { Program } from '../session/execute-run.ts';
import { openMachine, openResources } from '../session/machine.ts';
import { checkState, findWorkspace } from '../session/open-session.ts';
import { Watch } from '../session/watch.ts';
import { StateLayout } from '../system/layout.ts';
import { makeOwnerName } from '../system/owner.ts';
import { FileWatch } from '../watch/file-watch.ts';
import { openConsole, type RunCommandOptions, readWishes, tellRestraint } from './run.ts';
import { watchBugs, watchSignals } from './watch-signals.ts';

/** Options of `pipeline watch`. */
export type WatchOptions = Omit<
  RunCommandOptions,
  'dryRun' | 'forceTargets' | 'pilot' | 'recheck' | 'recheckSeed'
>;

/**
 * `pipeline watch [targets]`: brings targets up to date, and again after each edit, until Ctrl-C.
 *
 * @returns the exit code: 130, whatever was going on; as with `run`, nobody waited for an end
 * @throws {UserMistakes} where the arguments are wrong; mistakes in files are shown, and waited on
 */
export async function watchCommand(
  targets: readonly string[],
  options: WatchOptions,
  program: Program,
): Promise<number> {
  const machine = openMachine(options);
  const workspace = realpathSync(findWorkspace(options.directory));
  checkState(new StateLayout(workspace, makeOwnerName()), 'watch');
  const console = openConsole(options);
  const interruption = watchSignals(console);
  const leaveBugs = watchBugs();
  tellRestraint(machine, console);
  const files = new FileWatch(workspace, (text) =>
    console.report({ type: 'warning', time: Date.now(), node: null, text }),
  );
  const executor = openExecutor(program.workerPath, null);
  const session = new Watch(files, {
    workspace: { ...options, directory: workspace },
    notice: null,
    settings: {
      ...readWishes(options),
      targets,
      audit: { strict: false, commands: false, gap: null },
      recheck: null,
    },
    ...openResources(machine),
    executor,
    version: program.version,
    console,
  });
  try {
    await session.untilAborted(interruption.signal);
    return 130;
  } finally {
    await files.close();
    await executor.close();
    console.close();
    interruption.dispose();
    leaveBugs();
  }
}
