import { join } from 'node:path';
import type { ActionOutput } from '../cache/actions.ts';
import { holdsOutput } from '../cache/holds-output.ts';
import { restoreOutput } from '../cache/restore.ts';
import { hashBytes } from '../fingerprint/canonical.ts';
import { holdLease } from '../lease/hold-lease.ts';
import type { Leases } from '../lease/leases.ts';
import type { Inspection, InspectionTools } from '../plan/inspect.ts';
import { isSystemError } from '../system/files.ts';

/** How placing outputs went: all in place, or why the first could not be. */
export type PlaceResult =
  | { readonly ok: true; readonly restored: boolean }
  | {
      readonly ok: false;
      /** An object was missing or damaged, or the workspace does not let it be put there. */
      readonly cause: 'cache' | 'place';
      readonly text: string;
    };

/** Brings a result's outputs to their places in the workspace. Those that are there stay. */
export async function placeOutputs(
  { node }: Inspection,
  outputs: Readonly<Record<string, ActionOutput>>,
  tools: InspectionTools & { readonly leases: Leases },
): Promise<PlaceResult> {
  let restored = false;
  for (const { name, path } of node.outputs) {
    const output = outputs[name];
    if (output === undefined) throw new Error(`the record of ${node.id} has no output ${name}`);
    const target = join(tools.workspace, path);
    const place = () =>
      holdsOutput(target, output, tools)
        ? null
        : restoreOutput(target, output, tools.objects, tools.files);
    try {
      if (holdsOutput(target, output, tools)) continue;
      // A file is replaced in one step. A folder is away for a moment: never one that is right
      // already, which a stage of another process may be reading.
      const result =
        output.kind !== 'tree'
          ? place()
          : await holdLease(tools.leases, hashBytes(`place ${path}`), place);
      if (result === null) continue;
      if (!result.ok) {
        const text = `the cached output ${path} is ${result.fault} (object ${result.digest.slice(0, 12)})`;
        return { ok: false, cause: 'cache', text };
      }
    } catch (error) {
      // Its folder is a file, another device, not writable: the user's to mend.
      if (!isSystemError(error)) throw error;
      return {
        ok: false,
        cause: 'place',
        text: `its output ${path} cannot be put there: ${error.message}`,
      };
    }
    restored = true;
  }
  return { ok: true, restored };
}
