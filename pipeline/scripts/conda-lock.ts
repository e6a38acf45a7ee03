/** Code of commands: lock files of conda → the versions of what they install on this machine. */

import { parseYamlSource, type YamlPath } from '../pipeline-file/yaml-source.ts';
import { normalizeName } from '../python/distributions.ts';

/** What a lock file says is installed. */
export interface CondaLock {
  /** Name, normalised → version. */
  readonly versions: ReadonlyMap<string, string>;
  /** Why it is not believed, with the place; null where it is. */
  readonly fault: LockFault | null;
}

/** What is wrong in a lock file. Lines and columns count from 1. */
export interface LockFault {
  readonly what: string;
  readonly line: number;
  readonly column: number;
}

const SYSTEMS: Readonly<Record<string, string>> = { linux: 'linux', darwin: 'osx', win32: 'win' };
const MACHINES: Readonly<Record<string, string>> = { x64: '64', ia32: '32', ppc64: 'ppc64le' };

/** What conda calls a machine: `linux-64`, `osx-arm64`. */
export function nameCondaPlatform(
  system: string = process.platform,
  machine: string = process.arch,
): string {
  const own =
    machine === 'arm64' && system === 'linux' ? 'aarch64' : (MACHINES[machine] ?? machine);
  return `${SYSTEMS[system] ?? system}-${own}`;
}

/** Entries of `package:`, each of one platform; what pip installs comes after what conda does. */
interface CondaEntry {
  readonly name: string;
  readonly version: string;
  readonly manager: string;
  readonly platform: string;
}

const ENTRY_KEYS = ['name', 'version', 'manager', 'platform'] as const;
const MANAGERS = ['conda', 'pip'];

/**
 * Reads what conda-lock has written, `conda-lock.yml`.
 *
 * @param platform of which entries count, as {@link nameCondaPlatform} names it
 */
export function readCondaLock(file: string, text: string, platform: string): CondaLock {
  const { source, diagnostics } = parseYamlSource(file, text, 'program');
  const [mistake] = diagnostics;
  if (mistake !== undefined) {
    const { message, location } = mistake;
    return refuse(message, location.line, location.column);
  }
  const refuseAt = (path: YamlPath, what: string): CondaLock => {
    const { line, column } = source.locate(path);
    return refuse(what, line, column);
  };
  const listed = isMapping(source.value) ? source.value['package'] : undefined;
  if (!Array.isArray(listed)) return refuseAt(['package'], 'it has no list "package"');
  const entries: CondaEntry[] = [];
  for (const [i, entry] of (listed as readonly unknown[]).entries()) {
    const wrong = findWrong(entry);
    if (wrong !== null) return refuseAt(['package', i, wrong.key], wrong.what);
    entries.push(entry as CondaEntry);
  }
  const platforms = new Set(entries.map((entry) => entry.platform));
  if (platforms.size > 0 && !platforms.has(platform)) {
    const others = [...platforms].join(', ');
    return refuseAt(['package'], `it has packages for ${others} and none for ${platform}`);
  }
  const here = entries.filter((entry) => entry.platform === platform);
  const inOrder = MANAGERS.flatMap((manager) => here.filter((entry) => entry.manager === manager));
  return {
    versions: new Map(inOrder.map(({ name, version }) => [normalizeName(name), version])),
    fault: null,
  };
}

/** What keeps an entry from being one. */
function findWrong(entry: unknown): { readonly key: string; readonly what: string } | null {
  const values: Readonly<Record<string, unknown>> = isMapping(entry) ? entry : {};
  for (const key of ENTRY_KEYS) {
    const value = values[key];
    if (typeof value !== 'string' || value === '') {
      const found = value === undefined ? 'has none' : `has ${JSON.stringify(value)}`;
      return { key, what: `a package needs a "${key}", a text; this one ${found}` };
    }
  }
  const { manager } = entry as CondaEntry;
  if (MANAGERS.includes(manager)) return null;
  return { key: 'manager', what: `the manager "${manager}" is neither conda nor pip` };
}

/** The head of a list of addresses, which `conda list --explicit` and `conda-lock -k explicit` write. */
const EXPLICIT = /^@EXPLICIT\s*$/m;
/** `…/linux-64/numpy-1.26.4-py312heda63a1_0.conda#d8285bea…`: no part of the end has a hyphen in it but a name. */
const ADDRESS =
  /^(?:(?:\S*\/)?([\w-]+)\/)?([\w.-]+)-([\w.!+]+)-[\w.]+\.(?:conda|tar\.bz2)(?:#\S*)?$/;
/** `# pip torch @ https://…/torch-2.1.0-cp312-….whl`, as conda-lock writes what pip is to install. */
const PIP_ADDRESS =
  /^# pip ([\w.-]+) @ \S*\/[^/\s]+?-(\d[\w.!+]*?)(?:-[^/\s]*)?\.(?:whl|tar\.gz|zip)/;

/** Whether a text is a list of addresses of conda. */
export function isExplicitList(text: string): boolean {
  return EXPLICIT.test(text);
}

/** Reads a list of addresses of conda, see {@link isExplicitList}. @param platform as of {@link readCondaLock} */
export function readExplicitList(text: string, platform: string): CondaLock {
  const versions = new Map<string, string>();
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const [, pip, pipVersion = ''] = PIP_ADDRESS.exec(line) ?? [];
    if (pip !== undefined) versions.set(normalizeName(pip), pipVersion);
    const address = line.trim();
    if (address === '' || /^(?:#|@EXPLICIT)/.test(address)) continue;
    const [, folder = 'noarch', name, version = ''] = ADDRESS.exec(address) ?? [];
    if (name === undefined) {
      return refuse(`"${address}" is no address of a package of conda`, i + 1, 1);
    }
    const isForeign = /^(?:linux|osx|win)-/.test(folder) && folder !== platform;
    if (isForeign)
      return refuse(`${name} is for ${folder}, and this machine ${platform}`, i + 1, 1);
    versions.set(normalizeName(name), version);
  }
  return { versions, fault: null };
}

function refuse(what: string, line: number, column: number): CondaLock {
  return { versions: new Map(), fault: { what, line, column } };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
