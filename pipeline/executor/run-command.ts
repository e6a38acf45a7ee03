import type { JobFile } from '../job/contract.ts';
import type { CommandPiece } from './task.ts';

/**
 * Runs a shell stage with zx: bash with `errexit`, `nounset` and `pipefail`, every value quoted by
 * zx, output straight into the stage's log.
 *
 * @throws an error named StageFailure with the exit status
 */
export async function runCommand(
  command: readonly CommandPiece[],
  job: JobFile,
  signal: AbortSignal,
): Promise<void> {
  const { $, useBash } = await import('zx');
  useBash();
  // The shell stays in this process's group, so that it ends when the group is ended.
  $.detached = false;
  const texts = [''];
  const values: string[][] = [];
  for (const piece of command) {
    if (piece.kind === 'text') texts[texts.length - 1] += piece.text;
    else {
      values.push([...piece.values]);
      texts.push('');
    }
  }
  const strings = Object.assign([...texts], { raw: texts }) as unknown as TemplateStringsArray;
  const result = await $({
    cwd: job.workspace,
    stdio: ['ignore', 'inherit', 'inherit'],
    nothrow: true,
    signal,
  })(strings, ...values);
  if (result.exitCode === 0) return;
  const how =
    result.exitCode === null
      ? `was ended by ${result.signal ?? 'a signal'}`
      : `exited with status ${result.exitCode}`;
  throw Object.assign(new Error(`the command ${how}`), { name: 'StageFailure' });
}
