import { realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/**
 * The address by which a bundle is imported: it tells the modules in it where their sources are.
 *
 * @param turn how often the bundle has been imported in this process: under another name each time,
 * so that what a module keeps to itself starts anew
 */
export function addressBundle(bundle: string, workspace: string, turn = 1): string {
  const url = pathToFileURL(bundle);
  url.searchParams.set('in', pathToFileURL(`${realpathSync(workspace)}/`).href);
  if (turn > 1) url.searchParams.set('task', String(turn));
  return url.href;
}
