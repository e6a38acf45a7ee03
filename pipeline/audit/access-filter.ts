/** All that a stage does on disk → the few accesses that nothing grants. */

import type { Stats } from 'node:fs';
import type { Access, AccessKind, Grants } from './access.ts';

/** Looks at the disk that the audit itself does not see. */
export interface Disk {
  /** @throws where there is nothing */
  readonly realpath: (path: string) => string;
  readonly stat: (path: string) => Stats;
}

/** A stage that touches more has been told enough about. */
const MOST_ACCESSES = 2_000;

/**
 * Tells what a stage did to the workspace beyond its grants, each thing once. Most of what a stage
 * does is granted, and known to be by the text of its path; only what remains is looked up on disk,
 * where links are followed.
 *
 * No access: what is not there (unless all is asked for), packages (the lockfile counts in a fingerprint; not those that are
 * linked to a folder elsewhere), whether folders exist, anything that is neither file nor folder, and
 * what the stage has written itself.
 */
export class AccessFilter {
  readonly #roots: readonly string[];
  readonly #grants: Grants;
  readonly #readable: ReadonlySet<string>;
  readonly #writable: ReadonlySet<string>;
  readonly #report: (access: Access) => void;
  readonly #disk: Disk;
  /** Kinds and paths that were judged. */
  readonly #judged = new Set<string>();
  readonly #written = new Set<string>();
  #real: { readonly readable: ReadonlySet<string>; readonly writable: ReadonlySet<string> } | null =
    null;
  #told = 0;

  constructor(grants: Grants, report: (access: Access) => void, disk: Disk) {
    const { workspace } = grants;
    this.#grants = grants;
    this.#report = report;
    this.#disk = disk;
    this.#roots = [...new Set([workspace, this.#follow(workspace) ?? workspace])];
    this.#readable = this.#withRealRoot(grants.readable);
    this.#writable = this.#withRealRoot(grants.writable);
  }

  /** @param path absolute and normalised */
  note(kind: AccessKind, path: string): void {
    if (kind === 'miss' && !this.#grants.asksAll) return;
    const granted = kind === 'write' ? this.#writable : this.#readable;
    if (isCovered(path, granted)) return;
    const key = `${kind} ${path}`;
    if (this.#judged.has(key)) return;
    const real = kind === 'write' ? this.#followParent(path) : this.#follow(path);
    if (real === null || kind === 'miss') {
      this.#noteGone(kind, path, key);
      return;
    }
    this.#judged.add(key);
    const name = this.#nameOf(path) ?? this.#nameOf(real);
    if (name === null || isInPackage(real)) return;
    this.#real ??= {
      readable: this.#followAll(this.#grants.readable),
      writable: this.#followAll(this.#grants.writable),
    };
    if (isCovered(real, kind === 'write' ? this.#real.writable : this.#real.readable)) return;
    if (kind === 'write') this.#written.add(real);
    else if (isCovered(real, this.#written) || !this.#isOfKind(kind, real)) return;
    this.#tell({ kind, path: name });
  }

  /** What is not there, or not any more: it may appear yet, which counts where all is asked for. */
  #noteGone(kind: AccessKind, path: string, key: string): void {
    if (!this.#grants.asksAll || kind === 'write') return;
    this.#judged.add(key);
    const name = this.#nameOf(path);
    const isOwn = isCovered(this.#followParent(path), this.#written);
    if (name !== null && !isInPackage(path) && !isOwn) this.#tell({ kind, path: name });
  }

  #tell(access: Access): void {
    this.#told += 1;
    if (this.#told <= MOST_ACCESSES || this.#grants.asksAll) this.#report(access);
  }

  /** Reading a folder's bytes, or listing a file, is nothing; a pipe has no content to declare. */
  #isOfKind(kind: AccessKind, real: string): boolean {
    try {
      const stats = this.#disk.stat(real);
      return kind === 'list' ? stats.isDirectory() : stats.isFile();
    } catch {
      // Gone since, or not to be looked at; the stage must not fail of our looking.
      return false;
    }
  }

  #nameOf(path: string): string | null {
    for (const root of this.#roots) {
      if (path === root) return '.';
      if (path.startsWith(`${root}/`)) return path.slice(root.length + 1);
    }
    return null;
  }

  #follow(path: string): string | null {
    try {
      return this.#disk.realpath(path);
    } catch {
      return null;
    }
  }

  /** What is written need not be there; where it is a link, the link itself may be meant. */
  #followParent(path: string): string {
    const slash = path.lastIndexOf('/');
    const parent = this.#follow(path.slice(0, slash) || '/');
    return parent === null ? path : `${parent === '/' ? '' : parent}${path.slice(slash)}`;
  }

  #followAll(paths: readonly string[]): ReadonlySet<string> {
    return new Set(paths.flatMap((path) => this.#follow(path) ?? []));
  }

  /** A workspace that is reached by a link has two names, of which a stage may use either. */
  #withRealRoot(paths: readonly string[]): ReadonlySet<string> {
    const [workspace = '', real] = this.#roots;
    if (real === undefined) return new Set(paths);
    const twins = paths
      .filter((path) => path.startsWith(`${workspace}/`))
      .map((path) => real + path.slice(workspace.length));
    return new Set([...paths, ...twins]);
  }
}

/** Whether a path, or a folder that it lies in, is among some. */
function isCovered(path: string, by: ReadonlySet<string>): boolean {
  if (by.size === 0) return false;
  for (let at = path; at.length > 1; at = at.slice(0, at.lastIndexOf('/'))) {
    if (by.has(at)) return true;
  }
  return false;
}

function isInPackage(path: string): boolean {
  return path.includes('/node_modules/') || path.endsWith('/node_modules');
}
