/** Python, what is installed: an interpreter → its version, and the folders that it looks in. */

import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { statIfReadable } from '../fingerprint/file-stamp.ts';
import type { DiskLook } from './disk-look.ts';

/** Where a program looks for what is no module of its own. */
export interface PythonEnvironment {
  /** `3.11.7`; null where it is not known. */
  readonly version: string | null;
  /** Folders of packages, absolute. */
  readonly packages: readonly string[];
  /** Folders of code that was installed to be edited, absolute. */
  readonly sources: readonly string[];
  /** Packages that were installed to be edited → their folder or file. */
  readonly linked: ReadonlyMap<string, string>;
  /** The environment's own folder; null for an interpreter of the system. */
  readonly folder: string | null;
}

/** What an interpreter says of itself. */
interface OwnWords {
  readonly version: string;
  readonly path: readonly string[];
}

/** What was asked of interpreters before, by {@link nameAsked}. */
export type AskedInterpreters = Map<string, OwnWords>;

const QUESTION =
  'import json,sys;print(json.dumps({"version":"%d.%d.%d"%sys.version_info[:3],"path":sys.path[1:]}))';
const NOTHING: OwnWords = { version: '', path: [] };

/** How an interpreter is started, where it must be asked. */
export interface AskTools {
  readonly asked: AskedInterpreters;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
}

/** The file that a name stands for, in the folders of PATH; null where there is none. */
export function findProgram(
  name: string,
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | null {
  const isProgram = (path: string) => statIfReadable(path)?.isFile() === true;
  if (name.includes('/')) {
    const path = isAbsolute(name) ? name : join(folder, name);
    return isProgram(path) ? path : null;
  }
  for (const place of (environment['PATH'] ?? '').split(':')) {
    const path = join(isAbsolute(place) ? place : join(folder, place), name);
    if (isProgram(path)) return path;
  }
  return null;
}

/** The environment of an interpreter, by its files; it is started where they do not tell. */
export function openEnvironment(
  interpreter: string,
  disk: DiskLook,
  tools: AskTools,
): PythonEnvironment {
  const folder = dirname(dirname(interpreter));
  const settings = disk.readText(join(folder, 'pyvenv.cfg'));
  if (settings !== null) return openVirtual(folder, settings, disk, tools);
  const conda = [
    ...(disk.isFile(join(folder, 'conda-meta', 'history'))
      ? disk.list(join(folder, 'conda-meta'))
      : []),
  ].flatMap((name) => /^python-(\d+\.\d+\.\d+)-.*\.json$/.exec(name)?.[1] ?? []);
  if (conda[0] !== undefined) return gather(conda[0], listPackages(folder, disk), folder, disk);
  const { version, path } = ask(interpreter, disk, tools);
  const packages = path.filter((one) => /(?:site|dist)-packages$/.test(one));
  const found = gather(version || null, packages, null, disk);
  return found;
}

function openVirtual(
  folder: string,
  settings: string,
  disk: DiskLook,
  tools: AskTools,
): PythonEnvironment {
  const value = (key: string) =>
    new RegExp(`^\\s*${key}\\s*=\\s*(.*?)\\s*$`, 'm').exec(settings)?.[1];
  const version = /^\d+\.\d+\.\d+/.exec(value('version_info') ?? value('version') ?? '')?.[0];
  const packages = listPackages(folder, disk);
  if (value('include-system-site-packages')?.toLowerCase() === 'true') {
    const base = ['python3', 'python'].map((name) => join(value('home') ?? '', name));
    const program = base.find((path) => statIfReadable(path)?.isFile() === true);
    const { path } = program === undefined ? NOTHING : ask(program, disk, tools);
    packages.push(...path.filter((one) => /(?:site|dist)-packages$/.test(one)));
  }
  return gather(version ?? null, packages, folder, disk);
}

function listPackages(folder: string, disk: DiskLook): string[] {
  const library = join(folder, 'lib');
  const versions = [...disk.list(library)].filter((name) => /^(?:python|pypy)\d/.test(name)).sort();
  return versions.map((name) => join(library, name, 'site-packages'));
}

/** Follows what packages leave to lead to code elsewhere. */
function gather(
  version: string | null,
  packages: readonly string[],
  folder: string | null,
  disk: DiskLook,
): PythonEnvironment {
  const sources: string[] = [];
  const linked = new Map<string, string>();
  for (const place of packages) {
    for (const name of [...disk.list(place)].sort()) {
      if (name.endsWith('.pth')) {
        const lines = (disk.readText(join(place, name)) ?? '').split(/\r?\n/);
        for (const line of lines.map((one) => one.trim())) {
          if (line === '' || /^(?:#|import[ \t])/.test(line)) continue;
          const path = isAbsolute(line) ? line : join(place, line);
          if (statIfReadable(path)?.isDirectory() === true) sources.push(path);
        }
      } else if (/^__editable__.*_finder\.py$/.test(name)) {
        // As setuptools writes it: MAPPING: dict[str, str] = {'package': '/path/of/package'}
        const text = disk.readText(join(place, name)) ?? '';
        const [, mapping = ''] = /^MAPPING\b[^=\n]*= *(\{.*\})/m.exec(text) ?? [];
        for (const [, module = '', path = ''] of mapping.matchAll(/'([\w.]+)': '([^']+)'/g)) {
          linked.set(module, path);
        }
      }
    }
  }
  return { version, packages, sources, linked, folder };
}

/** Starts an interpreter once, as long as its file is the same. */
function ask(interpreter: string, disk: DiskLook, tools: AskTools): OwnWords {
  const { asked, environment, folder } = tools;
  // What stands for several versions, as that of pyenv does, chooses by these.
  const choices = [
    join(folder, '.python-version'),
    join(environment['HOME'] ?? '/', '.pyenv/version'),
  ];
  const said = choices.map((path) => disk.readText(path));
  disk.isFile(interpreter);
  const stats = statIfReadable(interpreter);
  const key = JSON.stringify([realpathSync(interpreter), stats?.mtimeMs, stats?.size, said]);
  const known = asked.get(key);
  if (known !== undefined) return known;
  const { PATH, HOME, LD_LIBRARY_PATH } = environment;
  const env = Object.fromEntries(
    Object.entries({ PATH, HOME, LD_LIBRARY_PATH }).filter(([, value]) => value !== undefined),
  );
  const { stdout } = spawnSync(interpreter, ['-c', QUESTION], {
    cwd: folder,
    env,
    encoding: 'utf8',
    timeout: 20_000,
    argv0: basename(interpreter),
  });
  let words = NOTHING;
  try {
    words = JSON.parse(stdout) as OwnWords;
  } catch {
    // It does not run here: whoever runs the stage tells of that.
  }
  asked.set(key, words);
  return words;
}
