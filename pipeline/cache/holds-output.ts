/** Whether a place in the workspace still holds a result's output, beside what does not count. */

import type { InputTools } from '../fingerprint/read-input.ts';
import { formatTree, parseTree, type TreeManifest } from '../fingerprint/tree-manifest.ts';
import { keepsModes } from '../system/kept-modes.ts';
import type { ObjectStore } from './objects.ts';
import { isRemade } from './remade.ts';
import { isInPlace } from './restore.ts';
import type { ResultOutput } from './results.ts';

/** What comparing an output's place takes. */
export interface PlaceTools extends Pick<InputTools, 'files' | 'ignored'> {
  readonly objects: Pick<ObjectStore, 'readText'>;
}

/**
 * Whether a place holds an output, be it with files beside it that do not count and have come since:
 * the `__pycache__` of who has tried a module in it, the swap file of who is looking at a log. What the
 * stage itself wrote counts, whatever its name is, but for what programs write anew by themselves.
 */
export function holdsOutput(path: string, output: ResultOutput, tools: PlaceTools): boolean {
  if (isInPlace(path, output, tools.files)) return true;
  if (output.kind !== 'tree') return false;
  const rules = tools.ignored.below(path);
  let own: ReadonlySet<string> | undefined;
  let hasOthers = false;
  const skips = (name: string, isFolder: boolean): boolean => {
    if (!rules.skips(name, isFolder)) return false;
    own ??= listOwn(output, tools.objects);
    const isOther = !own.has(name);
    hasOthers ||= isOther;
    return isOther;
  };
  const content = tools.files.read(path, { skips, keepsEmptied: true });
  if (content.kind !== 'tree') return false;
  if (content.digest === output.digest) return hasOthers;
  const text = tools.objects.readText(output.digest);
  if (text === null) return false;
  // Where no modes are kept, all files may be executed, or none.
  const plain = !keepsModes(path);
  const format = (tree: TreeManifest) => formatTree(leaveOutRemade(tree), plain);
  return format(content.manifest) === format(parseTree(text));
}

function leaveOutRemade({ files, links, folders }: TreeManifest): TreeManifest {
  return {
    files: new Map([...files].filter(([name]) => !isRemade(name))),
    links: new Map([...links].filter(([name]) => !isRemade(name))),
    folders: new Set([...folders].filter((name) => !isRemade(name))),
  };
}

/** What a folder holds by its manifest, the folders in it included. */
function listOwn({ digest }: ResultOutput, objects: PlaceTools['objects']): ReadonlySet<string> {
  const text = objects.readText(digest);
  const own = new Set<string>();
  if (text === null) return own;
  // It has its digest, so it is what publishing wrote.
  const { files, links, folders } = parseTree(text);
  for (const name of [...files.keys(), ...links.keys(), ...folders]) {
    for (let end = name.length; end > 0; end = name.lastIndexOf('/', end - 1)) {
      own.add(name.slice(0, end));
    }
  }
  return own;
}
