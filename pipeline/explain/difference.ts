/** What explaining talks of: differences, reasons, causes. */

import type { Json, JsonObject } from '../contract/values.ts';
import type { Change, FileChange } from '../fingerprint/compare-trees.ts';
import type { ContentId, FingerprintRecord } from '../fingerprint/record.ts';
import type { VariableDigest } from '../fingerprint/variable-digests.ts';

/** The lines that changed, as a unified diff. */
export interface Patch {
  readonly text: string;
  readonly added: number;
  readonly removed: number;
}

/** One thing in which the fingerprint records of two runs differ, by its content. */
export type Difference =
  /** The node has another name or another cell. */
  | {
      readonly kind: 'node';
      readonly before: { readonly node: string; readonly cell: JsonObject };
      readonly after: { readonly node: string; readonly cell: JsonObject };
    }
  /** Another module, template or command line. */
  | {
      readonly kind: 'action';
      readonly before: FingerprintRecord['run'];
      readonly after: FingerprintRecord['run'];
    }
  /** A parameter, by its dotted name; a side on which it is not read is absent. */
  | {
      readonly kind: 'parameter';
      readonly name: string;
      readonly before?: Json;
      readonly after?: Json;
    }
  | {
      readonly kind: 'environment';
      readonly name: string;
      /** What stands for a value; null where it was unset, absent where the stage did not read it. */
      readonly before?: VariableDigest | null;
      readonly after?: VariableDigest | null;
    }
  /** Something of the machine; a side on which it did not count is absent. */
  | {
      readonly kind: 'machine';
      readonly name: string;
      readonly before?: string;
      readonly after?: string;
    }
  /** One source of an input. */
  | {
      readonly kind: 'input';
      readonly name: string;
      /** The node that makes it; null for a file or folder of the workspace. */
      readonly node: string | null;
      /** What that node was called, where only its name differs; absent otherwise. */
      readonly formerNode?: string;
      /** Its place among the input's sources, today, or before where it was removed. */
      readonly index: number;
      /** Where it stands today; null where that is not known. */
      readonly path: string | null;
      /** `remade`: the same bytes, made by another result, which the stage is told. */
      readonly change: Change | 'reordered' | 'remade';
      readonly before: ContentId | null;
      readonly after: ContentId | null;
      /** Of a folder, the files that changed; null where their earlier list is not kept. */
      readonly files: readonly FileChange[] | null;
    }
  /** One source of an input has another path. */
  | {
      readonly kind: 'path';
      readonly name: string;
      readonly index: number;
      /** From the workspace; null where the input had, or has, no such source. */
      readonly before: string | null;
      readonly after: string | null;
    }
  /** A module of the stage's code, or a template. */
  | {
      readonly kind: 'module';
      readonly path: string;
      readonly change: Change;
      /** Null where a text is not kept. */
      readonly patch: Patch | null;
    }
  /** An external package, with its installed versions; several copies may be installed. */
  | {
      readonly kind: 'package';
      readonly name: string;
      readonly before: readonly string[];
      readonly after: readonly string[];
    }
  /** The code is another, and what it was is not kept any more. */
  | { readonly kind: 'code' }
  /** What stands at a path that the stage was seen to read; null on a side where it is not known. */
  | {
      readonly kind: 'found';
      /** From the workspace; with `/` at its end, of a folder that it listed. */
      readonly path: string;
      readonly before: string | null;
      readonly after: string | null;
    }
  /** Something else that decides nodes; a side without it is absent. */
  | {
      readonly kind: 'ingredient';
      readonly name: string;
      readonly before?: Json;
      readonly after?: Json;
    }
  /** An output has another file name. */
  | {
      readonly kind: 'output';
      readonly name: string;
      readonly before: string | null;
      readonly after: string | null;
    };

/** Why a node has to run: something differs, or there is nothing to compare with. */
export type Reason =
  | Difference
  | { readonly kind: 'never-run' }
  | { readonly kind: 'damaged-record' };

/** A reason at the node where it arose, and the way from there to the node that is asked about. */
export interface Cause {
  /** Names of nodes, from the root to the node itself. */
  readonly chain: readonly [string, ...string[]];
  readonly reason: Reason;
}
