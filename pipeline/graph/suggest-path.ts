/** Words for a path at which nothing stands: what may be meant instead. */

import type { WorkspaceView } from './types.ts';

/** A mend for a path at which nothing stands, where its text tells why. */
export function suggestPath(
  path: string,
  workspace: Pick<WorkspaceView, 'kindOf'>,
): { hint?: string } {
  if (findTwin(path, workspace) !== null) {
    return {
      hint: 'a name that looks the same is there, but of other Unicode characters (é as one or as two, NFC or NFD): rename it, or copy its name from ls',
    };
  }
  const folder = path.replace(/\/?[^/]*[*?[{].*$/, '');
  if (folder === path) return {};
  const named = folder === '' ? '' : `, "${folder}"`;
  return { hint: `patterns are not expanded: name the folder${named}, whose files all count` };
}

/** Why what stands at a path cannot be read as a file, for after its name. */
export function whyNoFile(kind: ReturnType<WorkspaceView['kindOf']>): string {
  if (kind === 'folder') return 'is a folder';
  return kind === 'special' ? 'is a pipe, a socket or a device' : 'does not exist';
}

/** A path that stands there and differs in the normal form of its characters alone. */
function findTwin(path: string, workspace: Pick<WorkspaceView, 'kindOf'>): string | null {
  if (path.normalize('NFC') === path.normalize('NFD')) return null;
  let found: string | null = '';
  for (const step of path.split('/')) {
    const parent: string = found === '' ? '' : `${found}/`;
    const forms = [step, step.normalize('NFC'), step.normalize('NFD')];
    const next = forms.map((form) => parent + form).find((one) => workspace.kindOf(one) !== 'none');
    if (next === undefined) return null;
    found = next;
  }
  return found;
}
