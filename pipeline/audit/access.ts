/** What the audit talks of: an access, and what a stage is granted. */

import type { JobFile } from '../contract/stage.ts';

/**
 * What a stage does with a path: reads a file, lists a folder, looks whether a file is there (its
 * size and dates count as that), looks for something in vain, or makes, changes or removes something.
 */
export type AccessKind = 'read' | 'list' | 'look' | 'miss' | 'write';

/** Something that a stage did to the workspace without declaring it. */
export interface Access {
  readonly kind: AccessKind;
  /** From the workspace, with `/`; `.` for the workspace itself. */
  readonly path: string;
}

/** What a stage may do without a word: all paths are absolute, and stand for what is below them. */
export interface Grants {
  readonly workspace: string;
  readonly readable: readonly string[];
  readonly writable: readonly string[];
  /** All that it reads is asked for, what it looks for in vain too: it counts as inputs. */
  readonly asksAll: boolean;
}

const KINDS: readonly unknown[] = ['read', 'list', 'look', 'miss', 'write'] satisfies AccessKind[];

/** Whether a value is an {@link Access}. */
export function isAccess(value: unknown): value is Access {
  const access = value as Partial<Record<keyof Access, unknown>> | null | undefined;
  return KINDS.includes(access?.kind) && typeof access?.path === 'string';
}

/** Reads an {@link Access} from JSON; null where the text is none. */
export function parseAccess(text: string): Access | null {
  try {
    const value: unknown = JSON.parse(text);
    return isAccess(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * What a job hands to its stage.
 *
 * @param code what the engine itself reads to run the stage
 * @param provided what the engine has put there for it, to use as it likes
 */
export function grantsOf(
  job: JobFile,
  code: readonly string[],
  asksAll: boolean,
  provided: readonly string[] = [],
): Grants {
  const own = [...Object.values(job.outputs).map(folderOf), job.scratch, ...provided];
  const inputs = Object.values(job.inputs).flatMap((sources) => sources.map(({ path }) => path));
  const previous = Object.values(job.previous?.outputs ?? {});
  return {
    workspace: job.workspace,
    readable: [...inputs, ...previous, ...own, ...code],
    writable: own,
    asksAll,
  };
}

/** An output has a folder to itself, in which a stage may put temporary files. */
function folderOf(output: string): string {
  return output.slice(0, output.lastIndexOf('/'));
}
