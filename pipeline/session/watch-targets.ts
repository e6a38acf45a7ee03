/** `watch`, acting: opens what a watch needs and goes on until a signal. */

import { realpathSync } from 'node:fs';
import { openExecutor } from '../executor/open-executor.ts';
import { UsageMeter } from '../executor/usage-meter.ts';
import { probeFolding } from '../system/probe-folding.ts';
import { chooseTrackers, type TrackerOptions } from '../track/choose-trackers.ts';
import { FileWatch } from '../watch/file-watch.ts';
import { findWorkspace, PIPELINE_FILE } from './find-workspace.ts';
import { type MachineOptions, openMachine, openPool } from './machine.ts';
import { UserMistakes } from './mistakes.ts';
import { openTracing } from './open-audit.ts';
import { withLayout } from './open-layout.ts';
import type { WorkspaceOptions } from './open-session.ts';
import type { Program } from './program.ts';
import { readSettings, type SettingOptions } from './read-settings.ts';
import { type EndedRun, tellRestraint, type WithConsole } from './run-targets.ts';
import { Watch } from './watch.ts';

/** What a watch is shown by, and what follows its runs. */
export interface WatchSurroundings {
  readonly withConsole: WithConsole;
  /**
   * Runs the commands that follow a run.
   *
   * @param complain told, in whole lines, what the user is to know
   * @returns an exit code
   */
  readonly follow: (
    ended: Omit<EndedRun, 'end'>,
    complain: (text: string) => void,
  ) => Promise<number>;
}

/** The arguments of a watch. */
export interface WatchTargetsOptions
  extends WorkspaceOptions,
    MachineOptions,
    TrackerOptions,
    Omit<SettingOptions, 'forceTargets'> {}

/**
 * Brings targets up to date, and again after each edit, until a signal.
 *
 * @param targets none for everything
 * @throws {UserMistakes} where the arguments are wrong; mistakes in files are shown, and waited on
 */
export async function watchTargets(
  targets: readonly string[],
  options: WatchTargetsOptions,
  { workerPath, version }: Program,
  { withConsole, follow }: WatchSurroundings,
): Promise<void> {
  const machine = openMachine(options);
  const trackers = chooseTrackers({ tensorboard: null, mlflow: null, comet: null }, options);
  if (!trackers.ok) throw new UserMistakes(trackers.diagnostics);
  const root = realpathSync(findWorkspace(options.directory));
  await withLayout(root, 'watch', () => {});
  await withConsole(async (console, signal) => {
    tellRestraint(machine, console);
    const warn = (text: string) =>
      console.report({ type: 'warning', time: Date.now(), node: null, text });
    const folding = probeFolding(root, PIPELINE_FILE, null);
    const files = new FileWatch(root, folding.case, warn);
    const meter = new UsageMeter();
    const executor = openExecutor(workerPath, { tracing: await openTracing(process.env), meter });
    const watch = new Watch(files, {
      workspace: { ...options, directory: root },
      notice: null,
      settings: readSettings(targets, options, {
        force: options.force === true,
        audit: { strict: false, commands: false, gap: null },
        recheck: null,
      }),
      pool: openPool(machine),
      executor,
      meter,
      version,
      trackers: options,
      console,
      follow: async ({ graph: { spec, profile } }) => {
        const code = await follow({ root, spec, profile }, (text) => warn(text.trimEnd()));
        if (code !== 0) warn(`a command that follows runs has ended with ${code}`);
      },
    });
    try {
      await watch.untilAborted(signal);
    } finally {
      await files.close();
      await executor.close();
    }
  });
}
