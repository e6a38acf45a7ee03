/** How a worker imports a bundle: an address that tells it where its sources are. */

import { randomBytes } from 'node:crypto';
import { mkdirSync, readlinkSync, realpathSync, renameSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readHead } from '../fingerprint/bundle-head.ts';

/**
 * The address by which a bundle is imported: it tells the modules in it where their sources are. What
 * the bundle imports by names of its own leads, after that, to the packages meant.
 *
 * @param turn how often the bundle has been imported in this process: under another name each time,
 * so that what a module keeps to itself starts anew
 */
export function addressBundle(bundle: string, workspace: string, turn = 1): string {
  const root = realpathSync(workspace);
  if (turn === 1) linkPackages(bundle, root);
  const url = pathToFileURL(bundle);
  url.searchParams.set('in', pathToFileURL(`${root}/`).href);
  if (turn > 1) url.searchParams.set('task', String(turn));
  return url.href;
}

function linkPackages(bundle: string, root: string): void {
  const aliases = Object.entries(readHead(bundle).packages);
  if (aliases.length === 0) return;
  // Where the bundle really is, is where Node begins to look.
  const modules = join(dirname(realpathSync(bundle)), 'node_modules');
  for (const [alias, folder] of aliases) {
    const link = join(modules, alias);
    const target = resolve(root, folder);
    if (leadsTo(link) === target) continue;
    mkdirSync(modules, { recursive: true });
    const aside = `${link}.${randomBytes(4).toString('hex')}`;
    symlinkSync(target, aside);
    renameSync(aside, link);
  }
}

function leadsTo(link: string): string | null {
  try {
    return readlinkSync(link);
  } catch {
    return null;
  }
}
