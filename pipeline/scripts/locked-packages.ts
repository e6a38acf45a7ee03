/** Code of commands: what a lock file says is installed, where no environment is there to ask. */

import { join } from 'node:path';
import type { DiskLook } from '../python/disk-look.ts';
import { normalizeName } from '../python/distributions.ts';

/** Packages whose module has another name. */
const RENAMED: Readonly<Record<string, string>> = {
  PIL: 'pillow',
  bs4: 'beautifulsoup4',
  cv2: 'opencv-python',
  dateutil: 'python-dateutil',
  skimage: 'scikit-image',
  sklearn: 'scikit-learn',
  yaml: 'pyyaml',
};

/** The versions that a lock file names. */
export interface LockedVersions {
  /** `name@version` of the package of a module; undefined where it names none. */
  readonly find: (module: string) => string | undefined;
}

/** Reads uv.lock, poetry.lock, pdm.lock or pinned lines of requirements.txt; null where none is there. */
export function readLocked(folder: string, root: string, disk: DiskLook): LockedVersions | null {
  for (const place of new Set([folder, root])) {
    for (const name of ['uv.lock', 'poetry.lock', 'pdm.lock', 'requirements.txt']) {
      const path = join(place, name);
      const text = disk.isFile(path) ? disk.readText(path) : null;
      if (text === null) continue;
      const versions = name.endsWith('.txt') ? readRequirements(text) : readToml(text);
      return {
        find(module) {
          const [first = ''] = module.split('.');
          const own = normalizeName(RENAMED[first] ?? first);
          const version = versions.get(own);
          return version === undefined ? undefined : `${own}@${version}`;
        },
      };
    }
  }
  return null;
}

function readToml(text: string): Map<string, string> {
  const packages = text.split(/^\[\[package\]\]\s*$/m).slice(1);
  const value = (part: string, key: string) =>
    new RegExp(`^${key} = "([^"]*)"`, 'm').exec(part)?.[1];
  return new Map(
    packages.map((part) => [
      normalizeName(value(part, 'name') ?? ''),
      value(part, 'version') ?? '',
    ]),
  );
}

function readRequirements(text: string): Map<string, string> {
  const pinned = text.matchAll(/^\s*([\w.-]+)(?:\[[^\]]*\])?\s*===?\s*([^\s;#\\]+)/gm);
  return new Map([...pinned].map(([, name = '', version = '']) => [normalizeName(name), version]));
}
