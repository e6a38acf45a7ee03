/** Code of commands: what is found of it. */

import type { Digest } from '../fingerprint/canonical.ts';
import type { TraceSpot } from '../python/python-program.ts';
import type { InterpreterChoice } from './launch.ts';

/** What a command runs, as far as it is known. */
export interface TracedCommand {
  /** Path from the workspace → what of the file matters. */
  readonly modules: ReadonlyMap<string, Digest>;
  /** Path from the workspace → text, for showing what changed. */
  readonly texts: ReadonlyMap<string, string>;
  /** `name@version`; the interpreter itself among them. */
  readonly packages: ReadonlySet<string>;
  readonly spots: readonly CodeSpot[];
  /** Files that count by their content alone, from the workspace. */
  readonly unfollowed: readonly string[];
  /** What was looked for in PATH, and where it was found. */
  readonly programs: readonly FoundProgramFile[];
  /** Folders of environments, absolute. */
  readonly environments: readonly string[];
}

/** A program that was looked for. */
export interface FoundProgramFile {
  readonly choice: InterpreterChoice;
  readonly folder: string;
  readonly found: string | null;
}

/** Something that keeps code from being followed, at its place; without a file, in the command itself. */
export interface CodeSpot extends Omit<TraceSpot, 'file'> {
  readonly file: string | null;
}
