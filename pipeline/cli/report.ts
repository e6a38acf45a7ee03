/** `pipeline report`: arguments → a page about the results, and where it is. */

import { relative } from 'node:path';
import { countOf } from '../progress/units.ts';
import type { Program } from '../session/program.ts';
import { type ReportOptions, reportTargets } from '../session/report-targets.ts';
import type { Output } from './output.ts';
import { tellUnreadable } from './tell-plan.ts';

/** Options of `pipeline report` as they are typed. */
export interface ReportCommandOptions extends ReportOptions {
  readonly quiet?: boolean;
}

/**
 * `pipeline report [targets]`: writes the page.
 *
 * @returns the exit code: 2 where a node cannot run
 * @throws {UserMistakes} with what is wrong in the files and the arguments
 */
export async function reportCommand(
  targets: readonly string[],
  { quiet, ...options }: ReportCommandOptions,
  program: Program,
  output: Output,
): Promise<number> {
  const written = await reportTargets(targets, options, program);
  for (const line of written.warnings) output.complain(`[warning] ${line}\n`);
  const { nodes } = written.plan;
  const done = nodes.filter(({ state }) => state === 'up-to-date').length;
  const missing = done === nodes.length ? '' : `, ${nodes.length - done} without a result`;
  const file = relative('.', written.path);
  if (quiet !== true) {
    output.print(
      `[report] ${file}: ${done} of ${countOf(nodes.length, 'node')} up to date${missing}\n`,
    );
  }
  return tellUnreadable(written, output);
}
