/** An input given by path → its content, without what `ignore` leaves out. */

import type { IgnoreRules } from '../ignore/ignore-rules.ts';
import { resolveIn } from '../system/resolve-path.ts';
import type { FileMemo } from './file-memo.ts';
import type { PathContent } from './path-content.ts';

/** What reading inputs takes. */
export interface InputTools {
  /** Absolute path. */
  readonly workspace: string;
  readonly files: FileMemo;
  /** What in folders does not count. */
  readonly ignored: IgnoreRules;
}

/**
 * The content of an input that is a path of the workspace, without what does not count in a folder.
 * A file counts, whatever its name is: somebody has named it.
 *
 * @param path from the workspace, or absolute
 * @throws a system error that is not about what stands there, such as too many open files
 */
export function readInput(path: string, { workspace, files, ignored }: InputTools): PathContent {
  const target = resolveIn(workspace, path);
  return files.read(target, ignored.below(target));
}
