/** What the page may do where it may do anything: cancel a run, and try again what failed in one. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RunAccount } from '../history/account.ts';
import { readEventLine, textMember } from '../history/logged-event.ts';
import { readEventLog } from '../history/read-events.ts';
import type { StateLayout } from '../system/layout.ts';
import { signalOwner } from '../system/owner.ts';

/** What came of an action; `refused` with the reason. */
export type ActionResult = { readonly done: string } | { readonly refused: string };

/** So long a run has to say that something is wrong with its arguments. */
const FAULT_MS = 1500;
const MOST_TEXT = 4000;

/** Ends a run as Ctrl-C does, in whatever process of this machine it is. */
export function cancelRun({ folder, end }: RunAccount, { owner }: StateLayout): ActionResult {
  if (end !== 'running') return { refused: 'it does not run any more' };
  const log = readEventLog(folder);
  const name = textMember(readEventLine(log.slice(0, log.indexOf('\n'))), 'owner') ?? '';
  switch (signalOwner(name, owner, 'SIGINT')) {
    case 'sent':
      return { done: 'it was told to end, as by Ctrl-C' };
    case 'gone':
      return { refused: 'its process is gone' };
    case 'unknown':
      return { refused: 'its process is on another machine, or in another container' };
    case 'denied':
      return { refused: 'its process belongs to another user' };
  }
}

/**
 * Starts a run of what a run was asked for, with its profile, settings and trackers, and without the network if it
 * had none: what is done stays done, so that what failed is tried again. It goes on without the server.
 *
 * @param node the one node to try; null for all
 * @param program the folder of this program's package
 */
export async function retryRun(
  account: RunAccount,
  node: string | null,
  layout: StateLayout,
  program: string,
): Promise<ActionResult> {
  const { end, targets, isPilot } = account;
  if (end === 'running') return { refused: 'it runs still' };
  if (isPilot) return { refused: 'a pilot is tried again by the run that it is for' };
  if (targets === null) return { refused: 'its log does not tell what it was asked for' };
  if (existsSync(layout.jobRoot)) {
    // Nothing in a log tells which options of Slurm a run had; here it would compute on this machine.
    return {
      refused: 'stages of this workspace ran as jobs of Slurm: call pipeline run or attach there',
    };
  }
  const args = listArguments(account, node === null ? targets : [node]);
  const child = spawn(process.execPath, [join(program, 'bin/pipeline.js'), ...args], {
    cwd: layout.workspace,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text = `${text}${chunk}`.slice(-MOST_TEXT);
  });
  const code = await new Promise<number | null>((resolve) => {
    const timer = setTimeout(resolve, FAULT_MS, null);
    child.once('error', () => resolve(1));
    child.once('exit', (status) => {
      clearTimeout(timer);
      resolve(status);
    });
  });
  child.unref();
  // A stage that fails is told by the run itself.
  return code === 2 ? { refused: text.trim() } : { done: 'a run has begun' };
}

/**
 * The arguments of `pipeline` that run targets as a run was told to. It has the trackers that the run had, whatever is
 * declared now; where an older log does not tell them, none: nobody may be told of what was kept from them.
 */
export function listArguments(
  {
    profile,
    settings,
    exploration,
    offline,
    trackers,
  }: Pick<RunAccount, 'profile' | 'settings' | 'exploration' | 'offline' | 'trackers'>,
  targets: readonly string[],
): readonly string[] {
  return [
    ...['run', '--keep-going', '--quiet'],
    ...(profile === null ? [] : ['--profile', profile]),
    ...(settings ?? []).flatMap((setting) => ['--set', setting]),
    ...(exploration === null ? [] : ['--as', exploration]),
    ...(offline === true ? ['--offline'] : []),
    ...['none', ...(trackers ?? [])].flatMap((tracker) => ['--tracker', tracker]),
    '--',
    ...targets,
  ];
}
