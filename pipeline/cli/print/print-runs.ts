/** Past runs, in text and in JSON. */

import type { RunAccount } from '../../history/account.ts';
import { shortenRunId } from '../../history/find-run.ts';
import { cleanLine, textWidth } from '../../progress/text.ts';
import { countOf, formatInterval } from '../../progress/units.ts';
import { quoteArgument } from '../../shell/quote-argument.ts';
import { setInColumns } from './print-table.ts';

const ENDS: Readonly<Record<RunAccount['end'], string>> = {
  done: 'done',
  failed: 'failed',
  interrupted: 'interrupted',
  killed: 'killed',
  running: 'running',
  lost: 'no end known',
};

/**
 * A line a run, and what the columns are.
 *
 * @param more how many earlier ones there are
 * @param usualProfile as for {@link wordAsked}
 */
export function formatRuns(
  accounts: readonly RunAccount[],
  more: number,
  usualProfile: string | null,
): string {
  if (accounts.length === 0) return 'nothing has been run in this workspace';
  const head = ['run', 'started', 'took', 'end', 'executed', 'cached', 'asked for'];
  const rows = accounts.map((account) => [
    shortenRunId(account.id),
    account.startedAt === null ? '?' : formatMoment(account.startedAt),
    account.seconds === null ? '?' : formatInterval(account.seconds),
    wordEnd(account),
    String(account.executed),
    String(account.cached),
    wordAsked(account, usualProfile),
  ]);
  const lines = setInColumns([head, ...rows], [2, 4, 5]).map((line) => line.trimEnd());
  if (more > 0)
    lines.push(
      '',
      `${countOf(more, 'earlier run')} not shown; -n ${accounts.length + more} shows all`,
    );
  return lines.join('\n');
}

/** `2026-11-27 04:38:58`, where the clock of this machine is. */
export function formatMoment(time: number): string {
  const date = new Date(time - new Date(time).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 19).replace('T', ' ');
}

/** How a run ended: `failed 2`, `interrupted`. */
export function wordEnd({ end, failed }: RunAccount): string {
  return end === 'failed' ? `failed ${failed}` : ENDS[end];
}

/**
 * What a run was asked for, as it would be typed.
 *
 * @param usualProfile the one that nobody would type; null where that is not known
 */
export function wordAsked(
  { targets, profile, settings, exploration, isPilot }: RunAccount,
  usualProfile: string | null,
): string {
  const words = [
    ...(targets === null ? ['?'] : targets.length === 0 ? ['everything'] : targets),
    ...(profile === null || profile === usualProfile ? [] : ['--profile', profile]),
    ...(settings ?? []).flatMap((setting) => ['--set', setting]),
    ...(exploration === null ? [] : ['--as', exploration]),
    ...(isPilot ? ['--pilot'] : []),
  ];
  return words
    .map((word) => (textWidth(word) > 0 ? quoteArgument(cleanLine(word)) : "''"))
    .join(' ');
}

/** A run for programs. */
export function describeRun(account: RunAccount) {
  const { id, startedAt, end, seconds, targets, profile, settings, nodes, isPilot, exploration } =
    account;
  const { executed, cached, failed, skipped, folder } = account;
  const started = startedAt === null ? null : new Date(startedAt).toISOString();
  const about = {
    run: id,
    started,
    seconds,
    end,
    targets,
    profile,
    settings,
    as: exploration,
    pilot: isPilot,
  };
  return { ...about, nodes, executed, cached, failed, skipped, folder };
}
