/** `pipeline cache gc`: arguments → `collectGarbage` → what is printed. */

import { type CollectPolicy, collectGarbage } from '../session/collect-garbage.ts';
import { describeBadArgument, UserMistakes } from '../session/mistakes.ts';
import type { Program } from '../session/program.ts';
import type { CacheOptions } from './cache.ts';
import type { Output } from './output.ts';
import { parseBytes } from './parse-bytes.ts';
import { describeCollection, formatCollection, formatFailures } from './print/print-collection.ts';

/** Options of `pipeline cache gc`. */
export interface CollectOptions extends CacheOptions {
  readonly days?: string;
  readonly size?: string;
  readonly dryRun?: boolean;
}

const DEFAULT_DAYS = 30;

/**
 * `pipeline cache gc`: removes what is no longer of use.
 *
 * @returns the exit code: 1 where something could not be removed
 * @throws {UserMistakes} where an option cannot be read, and with what is wrong in any profile
 */
export async function collectGarbageCommand(
  options: CollectOptions,
  program: Program,
  output: Output,
): Promise<number> {
  const policy = readPolicy(options);
  const { directory } = options;
  const where = directory === undefined ? {} : { directory };
  const collection = await collectGarbage(where, policy, program);
  const lines =
    options.json === true
      ? [JSON.stringify(describeCollection(collection, policy.isDry))]
      : formatCollection(collection, policy.isDry);
  output.print(lines.map((line) => `${line}\n`).join(''));
  if (collection.failures.length === 0) return 0;
  output.complain(`${formatFailures(collection.failures)}\n`);
  return 1;
}

function readPolicy({ days: text, size, dryRun }: CollectOptions): CollectPolicy {
  const days = text === undefined ? DEFAULT_DAYS : Number(text);
  const limit = size === undefined ? null : parseBytes(size);
  const mistakes = [
    ...(Number.isNaN(limit)
      ? [
          describeBadArgument('--size', `"${size}" is no size`, {
            expected: 'a number with a unit, such as 500MB, 10GB or 2GiB',
          }),
        ]
      : []),
    ...(days >= 0
      ? []
      : [
          describeBadArgument('--days', `"${text}" is no number of days`, {
            expected: `a number from 0 (default ${DEFAULT_DAYS})`,
          }),
        ]),
  ];
  if (mistakes.length > 0) throw new UserMistakes(mistakes);
  return { days, limit, isDry: dryRun === true };
}
