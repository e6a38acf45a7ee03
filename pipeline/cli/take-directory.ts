/**
 * `--directory` before commander reads the rest: which workspace's commands there are depends on
 * it.
 */

/** Arguments, and the workspace's folder that they said. */
export interface TakenDirectory {
  /** As it was typed; null where none is named. */
  readonly directory: string | null;
  /** The arguments without those that said the folder. */
  readonly rest: readonly string[];
}

/** Finds the folder among the arguments of a command that says which workspace it is about. */
export function takeDirectory(args: readonly string[]): TakenDirectory {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  for (const index of args.slice(0, end).keys()) {
    const found = readAt(args, index);
    if (found === null) continue;
    return { directory: found.directory, rest: args.toSpliced(index, found.length) };
  }
  return { directory: null, rest: args };
}

/** Finds the folder where it stands before a command, as with git and make; the last one counts. */
export function takeLeadingDirectory(args: readonly string[]): TakenDirectory {
  let taken: TakenDirectory = { directory: null, rest: args };
  for (;;) {
    const found = readAt(taken.rest, 0);
    if (found === null) return taken;
    taken = { directory: found.directory, rest: taken.rest.slice(found.length) };
  }
}

function readAt(
  args: readonly string[],
  index: number,
): { directory: string; length: number } | null {
  const arg = args[index] ?? '';
  const [, joined] = /^(?:--directory=|-C)(.+)$/s.exec(arg) ?? [];
  if (joined !== undefined) return { directory: joined, length: 1 };
  const next = arg === '-C' || arg === '--directory' ? args[index + 1] : undefined;
  return next === undefined ? null : { directory: next, length: 2 };
}
