/** Profiles that a command does not use: what would be wrong if it used them. */

import { type Diagnostic, formatPlace } from '../pipeline-file/diagnostic.ts';
import type { LoadedSpec } from '../pipeline-file/load-spec.ts';
import { expandGraph } from './expand.ts';
import type { WorkspaceView } from './types.ts';

/** What the disk says may be otherwise by the time that the profile is used: data that is not fetched yet. */
const OF_THE_DISK: ReadonlySet<string> = new Set(['missing-file', 'missing-input']);

/**
 * Expands the profiles other than the one in use as if each were, without settings, so that a mistake
 * in one shows before the day that it is needed. Files that are missing are passed over.
 *
 * @param profile the one in use; undefined for the file's default
 * @param found its mistakes, of which none is told again
 */
export function checkOtherProfiles(
  loaded: LoadedSpec,
  profile: string | undefined,
  found: readonly Diagnostic[],
  workspace: WorkspaceView,
): Diagnostic[] {
  const { spec } = loaded;
  if (spec === null) return [];
  const told = new Set(found.map(nameMistake));
  const used = profile ?? spec.defaultProfile;
  return Object.keys(spec.profiles).flatMap((name) => {
    if (name === used) return [];
    const options = { profile: name, settings: [], isPilot: false };
    const expanded = expandGraph(loaded, options, workspace);
    if (expanded.ok) return [];
    return expanded.diagnostics.flatMap((one) => {
      const key = nameMistake(one);
      if (OF_THE_DISK.has(one.code) || told.has(key)) return [];
      told.add(key);
      return [{ ...one, message: `in profile "${name}", ${one.message}` }];
    });
  });
}

/** Equal for what is one mistake, however many nodes each profile has of it. */
function nameMistake({ code, location }: Diagnostic): string {
  return `${code} ${formatPlace(location)}`;
}
