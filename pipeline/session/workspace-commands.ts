/** Commands that a workspace adds: found, run, and run after a run. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandContext, CommandModule } from '../contract/command.ts';
import { loadSpec } from '../pipeline-file/load-spec.ts';
import type { CommandSpec } from '../pipeline-file/types.ts';
import { isSystemError } from '../system/errors.ts';
import { isForeseen, Obstacle } from '../system/fault.ts';
import { StateLayout } from '../system/layout.ts';
import { findWorkspace, PIPELINE_FILE, searchWorkspace } from './find-workspace.ts';
import { loadCommandModule } from './load-command.ts';
import { UserMistakes } from './mistakes.ts';
import { toNodeStatus } from './node-status.ts';
import type { WorkspaceOptions } from './open-session.ts';
import { planTargets } from './plan-targets.ts';
import type { Program } from './program.ts';
import { putBack } from './put-back.ts';
import type { EndedRun } from './run-targets.ts';

/**
 * The commands that a workspace adds, by name; none where it cannot be read.
 *
 * @param directory its folder; null for the nearest
 */
export function listWorkspaceCommands(
  directory: string | null,
): Readonly<Record<string, CommandSpec>> {
  try {
    return listCommands(directory === null ? searchWorkspace('.') : findWorkspace(directory));
  } catch (error) {
    // The folder in which this was started is gone, or may not be read.
    if (!isSystemError(error)) throw error;
    return {};
  }
}

function listCommands(workspace: string | null): Readonly<Record<string, CommandSpec>> {
  if (workspace === null) return {};
  const { spec } = loadSpec(PIPELINE_FILE, readFileSync(join(workspace, PIPELINE_FILE), 'utf8'));
  return spec?.commands ?? {};
}

/**
 * Runs a command of a workspace in this process.
 *
 * @param directory the workspace's folder, as it was typed; null for the nearest
 * @param args what follows the command's name
 * @returns its exit code; null where the workspace has no command of this name
 * @throws {UserMistakes} where there is no workspace in the folder that is named
 */
export async function runWorkspaceCommand(
  directory: string | null,
  name: string,
  args: readonly string[],
  host: CommandHost,
): Promise<number | null> {
  const workspace = directory === null ? searchWorkspace('.') : findWorkspace(directory);
  const commands = listCommands(workspace);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (workspace === null || command === undefined) return null;
  return startCommand(workspace, name, command, args, host);
}

/** What commands of a workspace need of this program. */
export interface CommandHost extends Pick<Program, 'importModule' | 'root'> {
  /** Runs another command of this program, and returns its exit code. */
  readonly pipeline: CommandContext['pipeline'];
  /** Told, in whole lines, what the user is to know beside what the command prints itself. */
  readonly complain: (text: string) => void;
}

/** What the commands that follow a run are told of it. */
export interface FollowOptions {
  readonly targets: readonly string[];
  readonly settings: readonly string[];
  /** Names the exploration; undefined for none. */
  readonly exploration: string | undefined;
  /** Nothing but what went wrong is to be printed. */
  readonly quiet: boolean;
}

/** Runs the commands that follow a run (`after`), in their order. @returns the first exit code but 0 */
export async function runFollowers(
  { root, spec, profile }: Pick<EndedRun, 'root' | 'spec' | 'profile'>,
  { targets, settings, exploration, quiet }: FollowOptions,
  host: CommandHost,
): Promise<number> {
  const args = [
    ...['--profile', profile],
    ...settings.flatMap((setting) => ['--set', setting]),
    ...(exploration === undefined ? [] : ['--as', exploration]),
    ...(quiet ? ['--quiet'] : []),
  ];
  let failed = 0;
  for (const [name, command] of Object.entries(spec.commands)) {
    const follows =
      command.after.length > 0 &&
      (targets.length === 0 || command.after.some((target) => targets.includes(target)));
    if (!follows) continue;
    const code = await startCommand(root, name, command, args, host);
    if (failed === 0) failed = code;
  }
  return failed;
}

const NEVER_SETTLED = 'its promise was never settled, and nothing was left that could settle it';

async function startCommand(
  workspace: string,
  name: string,
  command: CommandSpec,
  args: readonly string[],
  host: CommandHost,
): Promise<number> {
  const where = searchWorkspace('.') === workspace ? [] : ['--directory', workspace];
  const { url, dispose } = await loadCommandModule(workspace, command.module);
  const tell = (fault: string) => {
    host.complain(`pipeline ${name}: ${fault}\n`);
    return 1;
  };
  try {
    type Exported = Partial<CommandModule> & { readonly default?: Partial<CommandModule> };
    const exported = (await host.importModule(url)) as Exported;
    // All that a CommonJS module exports is its default export.
    const main = exported.main ?? exported.default?.main;
    if (typeof main !== 'function') {
      host.complain(`pipeline: ${command.module} exports no function named main\n`);
      return 2;
    }
    const { bindShell } = await import('../executor/bind-shell.ts');
    const packages = import.meta.url;
    const ended = main({
      args,
      $: bindShell({ cwd: workspace, verbose: false, signal: null, packages }),
      pipeline: ([first = '', ...others]) => host.pipeline([first, ...where, ...others]),
      workspace,
      status: (targets, options) => readStatus(targets, { ...options, directory: workspace }, host),
      putBack: (targets, options) => putBack(targets, { ...options, directory: workspace }),
      experimentKeys: async (fingerprint) => {
        const { findExperimentKeys } = await import('./experiment-keys.ts');
        return findExperimentKeys(workspace, fingerprint);
      },
      readLogs: async (fingerprints, most) => {
        const { readLogs } = await import('./read-logs.ts');
        return readLogs(fingerprints, most, workspace);
      },
      state: new StateLayout(workspace, '').commandState,
      describeWork: async (targets, options) => {
        const { describeTargets } = await import('./describe-work.ts');
        return describeTargets(targets, { ...options, directory: workspace });
      },
      askRemote: async () => {
        const { checkRemote } = await import('./share-results.ts');
        return checkRemote({ directory: workspace });
      },
      openReport: async (targets, options) => {
        const { openReportParts } = await import('./report-targets.ts');
        return openReportParts(targets, { ...options, directory: workspace }, host.root);
      },
    });
    const code: unknown = await orNever(ended);
    if (code === undefined) return 0;
    // Of 256 the system would make a success.
    if (typeof code === 'number' && Number.isInteger(code) && code >= 0 && code <= 255) return code;
    const value = typeof code === 'number' ? code : `a ${typeof code}`;
    return tell(`main of ${command.module} returned ${value}, which is no exit code (0 to 255)`);
  } catch (error) {
    if (error instanceof Obstacle) return tell(error.message);
    if (error instanceof UserMistakes || isForeseen(error)) throw error;
    return tell(await describeThrown(error));
  } finally {
    dispose();
  }
}

/** The state of each node of targets, as values. */
async function readStatus(
  targets: readonly string[],
  options: WorkspaceOptions,
  { complain }: CommandHost,
): ReturnType<CommandContext['status']> {
  const { plan, earlierVersion } = await planTargets(targets, options);
  if (earlierVersion !== null) complain(`pipeline: ${earlierVersion}\n`);
  return plan.nodes.map(toNodeStatus);
}

/** @throws Error where nothing is left that could settle a promise: Node would end without a word */
async function orNever(promise: unknown): Promise<unknown> {
  let giveUp = () => {};
  const never = new Promise<never>((_, reject) => {
    giveUp = () => reject(new Obstacle(NEVER_SETTLED));
  });
  process.once('beforeExit', giveUp);
  try {
    return await Promise.race([promise, never]);
  } finally {
    process.off('beforeExit', giveUp);
  }
}

/** The command is the workspace's own code, so its bugs are for the user to see. */
async function describeThrown(error: unknown): Promise<string> {
  if (!(error instanceof Error)) return String(error);
  const { describeProgramFailure } = await import('../executor/describe-program.ts');
  const program = describeProgramFailure(error);
  if (program !== null) return program;
  return error.name === 'StageFailure' ? error.message : (error.stack ?? error.message);
}
