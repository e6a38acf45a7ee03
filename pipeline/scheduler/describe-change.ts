import type { Access } from '../audit/access.ts';
import type { NodeId } from '../graph/types.ts';
import { listNames } from '../pipeline-file/diagnostic.ts';
import type { ChangedInput } from './find-changed-input.ts';

const REMEDY = 'A stage must leave its inputs as they are and write to its outputs, or to a copy';

/**
 * Why a result does not count after an input changed: who may have changed it, and what to do.
 *
 * @param undeclared what the stage did without declaring it, as far as anybody looked
 * @param readers nodes that ran at the same time and read the input too
 */
export function describeChange(
  { path, text, remedy }: ChangedInput,
  undeclared: readonly Access[],
  readers: readonly NodeId[],
): string {
  const isOwn = undeclared.some(
    (access) =>
      access.kind === 'write' && (access.path === path || access.path.startsWith(`${path}/`)),
  );
  const start = `its input ${text} changed while it ran, so the result is not published`;
  if (isOwn) return `${start}: it wrote into that itself. ${REMEDY}`;
  const others =
    readers.length === 0 ? '' : ` or ${listNames(readers)}, which ran meanwhile and read it too,`;
  const ignoring = remedy === null ? '' : `. If it decides nothing, such as a log: ${remedy}`;
  return `${start}. If it is this stage${others} that wrote into it: ${REMEDY.toLowerCase()}, and run --audit tells which one does not. If somebody edited it: run again${ignoring}`;
}
