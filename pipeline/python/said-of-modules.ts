/** Python, read: what can be said of the text of one module. */

import type { Digest } from '../fingerprint/canonical.ts';

/** A place in a module, from 1. */
interface ModulePlace {
  readonly line: number;
  readonly column: number;
}

/** `import a.b`, `from ..a import b, c`, `import_module('a')`. */
export interface PythonImport extends ModulePlace {
  /** Its dotted name; empty in `from . import b`. */
  readonly module: string;
  /** How many dots stand before it. */
  readonly level: number;
  /** What is taken from it, each perhaps a module of its own; `*` for all. */
  readonly names: readonly string[];
  /** It may fail, or never be reached: in `try`, `if` and the like. */
  readonly isOptional: boolean;
}

/** Where a folder or file is looked for. */
export interface PythonPath extends ModulePlace {
  /** From the module's file, or from the folder that the program runs in. */
  readonly from: 'file' | 'folder';
  readonly path: string;
  /** A folder to look for modules in, before or behind the others; a program to be run. */
  readonly use: 'first' | 'last' | 'script';
}

/** Something that leads to code which cannot be told from the text. */
export interface BlindSpot extends ModulePlace {
  readonly what: string;
}

/** What the text of a module says. */
export interface ModuleFacts {
  /** Of what it does; without docstrings, and with them. */
  readonly digest: Digest;
  readonly digestWithDocstrings: Digest;
  /** Something in it reads docstrings. */
  readonly readsDocstrings: boolean;
  readonly imports: readonly PythonImport[];
  readonly paths: readonly PythonPath[];
  readonly blind: readonly BlindSpot[];
  /** Texts in `__all__`. */
  readonly exported: readonly string[];
}
