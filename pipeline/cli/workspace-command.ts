import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ObjectStore } from '../cache/objects.ts';
import { CodeMemo } from '../fingerprint/code-memo.ts';
import type { CommandModule } from '../job/contract.ts';
import { loadSpec } from '../spec/load-spec.ts';
import type { CommandSpec } from '../spec/types.ts';
import { removeTemporary } from '../system/files.ts';
import { StateLayout } from '../system/layout.ts';
import { makeOwnerName } from '../system/owner.ts';
import type { Program } from './execute-run.ts';
import { UserMistakes } from './mistakes.ts';
import { PIPELINE_FILE, searchWorkspace } from './open-workspace.ts';
import { readStatus } from './status.ts';

/** The commands that the nearest workspace adds, by name; none where it cannot be read. */
export function listWorkspaceCommands(): Readonly<Record<string, CommandSpec>> {
  const workspace = searchWorkspace('.');
  if (workspace === null) return {};
  const { spec } = loadSpec(PIPELINE_FILE, readFileSync(join(workspace, PIPELINE_FILE), 'utf8'));
  return spec?.commands ?? {};
}

/**
 * Runs a command of the nearest workspace in this process.
 *
 * @param pipeline runs another command of this program
 * @param importModule see {@link Program}
 * @returns its exit code; null where the workspace has no command of this name
 */
export async function runWorkspaceCommand(
  name: string,
  args: readonly string[],
  pipeline: (args: readonly string[]) => Promise<number>,
  importModule: Program['importModule'],
): Promise<number | null> {
  const workspace = searchWorkspace('.');
  const commands = listWorkspaceCommands();
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (workspace === null || command === undefined) return null;
  const layout = new StateLayout(workspace, makeOwnerName());
  const code = new CodeMemo(layout, new ObjectStore(layout), Date.now);
  const traced = await code.digestModule(command.module);
  code.save();
  removeTemporary(layout.temporary);
  if (!traced.ok) throw new UserMistakes(traced.diagnostics, new Map(), workspace);
  const url = pathToFileURL(layout.code(traced.value.digest)).href;
  const { main } = (await importModule(url)) as Partial<CommandModule>;
  if (typeof main !== 'function') {
    process.stderr.write(`pipeline: ${command.module} exports no function named main\n`);
    return 2;
  }
  try {
    return await main({ args, workspace, pipeline, status: readStatus });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'StageFailure') throw error;
    process.stderr.write(`pipeline ${name}: ${error.message}\n`);
    return 1;
  }
}
