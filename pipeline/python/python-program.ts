/** Python, followed: what a program is, and what it is found to run. */

import type { Digest } from '../fingerprint/canonical.ts';
import type { DiskLook } from './disk-look.ts';
import type { PythonEnvironment } from './environment.ts';
import type { BlindSpot, ModuleFacts } from './said-of-modules.ts';

/** What Python is told to run. */
export type PythonEntry =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'module'; readonly name: string }
  | { readonly kind: 'text'; readonly text: string };

/** A program and where it looks for modules; paths are absolute. */
export interface PythonProgram {
  readonly entry: PythonEntry;
  /** The folder that it runs in. */
  readonly folder: string;
  /** PYTHONPATH. */
  readonly path: readonly string[];
  /** The folder of the program, or that it runs in, is not looked in (`-P`, `-I`). */
  readonly isIsolated: boolean;
  readonly environment: PythonEnvironment;
}

/** What reading modules takes. */
export interface PythonTools {
  readonly disk: DiskLook;
  readonly readFacts: (text: string) => ModuleFacts;
}

/** A module of the workspace that a program runs. */
export interface TracedModule {
  readonly text: string | null;
  readonly facts: ModuleFacts | null;
  /** Of its bytes, for what was compiled. */
  readonly bytes: Digest;
}

/** Something that keeps code from being followed. */
export interface TraceSpot extends BlindSpot {
  /** Absolute; null for the text of a command. */
  readonly file: string | null;
}

/** What a program runs. */
export interface TracedProgram {
  /** By absolute path. */
  readonly modules: ReadonlyMap<string, TracedModule>;
  /** Name of each package that is imported, and of what it needs → its version. */
  readonly packages: ReadonlyMap<string, string>;
  readonly spots: readonly TraceSpot[];
  /** The entry is not there. */
  readonly isMissing: boolean;
}
