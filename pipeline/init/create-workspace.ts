/** `pipeline init`: a folder → a small workspace that runs. */

import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { isErrorCode } from '../system/errors.ts';
import { Obstacle } from '../system/fault.ts';
import { TEMPLATES, type Template, type TemplateName } from './templates.ts';

/** Names of files that would act on this program's own tree, were they called so there. */
const STORED_NAMES: Readonly<Record<string, string>> = {
  _gitignore: '.gitignore',
  '_package.json': 'package.json',
  '_tsconfig.json': 'tsconfig.json',
  _vscode: '.vscode',
};

const PACKAGE_FILE = 'package.json';
/** What `npm install`, Git and virtual environments put into a folder that is else empty. */
const HARMLESS =
  /^(?:package(?:-lock)?\.json|node_modules|\.git|LICENSE|\.venv|\.python-version|\.DS_Store|.*\.tgz)$/;

/** A program that workspaces depend on. */
export interface InitProgram {
  /** The folder of its package. */
  readonly root: string;
  readonly version: string;
}

/**
 * Puts a small pipeline that runs into a folder, which is made where it does not exist. A package.json that
 * stands there keeps what it says.
 *
 * @throws Obstacle where that is no JSON; a system error where the folder cannot be made or written
 */
export function createWorkspace(folder: string, name: TemplateName, program: InitProgram): void {
  const template: Template = TEMPLATES[name];
  mkdirSync(folder, { recursive: true });
  const description = join(folder, PACKAGE_FILE);
  const own = existsSync(description) ? readPackage(description) : {};
  for (const source of template.folders) {
    cpSync(join(program.root, 'init', 'templates', source), folder, { recursive: true });
    for (const [stored, known] of Object.entries(STORED_NAMES)) {
      if (existsSync(join(folder, stored))) renameSync(join(folder, stored), join(folder, known));
    }
  }
  if (template.usesPythonEvents) {
    const file = 'pipeline_events.py';
    copyFileSync(join(program.root, 'contract', file), join(folder, file));
  }
  const { name: engine } = readPackage(join(program.root, PACKAGE_FILE));
  const merged = mergePackages(readPackage(description), own);
  const dependencies = { [String(engine)]: `^${program.version}`, ...merged.dependencies };
  writeFileSync(description, `${JSON.stringify({ ...merged, dependencies }, null, 2)}\n`);
}

/**
 * What of a folder stands in the way of a workspace; nothing where there is no folder.
 *
 * @throws a system error where it may not be read, or is no folder
 */
export function listInTheWay(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => !HARMLESS.test(name));
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/** A package.json, of which some keys matter here. */
interface PackageDescription {
  readonly name?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
}

function readPackage(path: string): PackageDescription {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as PackageDescription;
  } catch (error) {
    if (error instanceof SyntaxError) throw new Obstacle(`${path} is no JSON: ${error.message}`);
    throw error;
  }
}

/** The second package wins, key by key. */
function mergePackages(first: PackageDescription, second: PackageDescription): PackageDescription {
  const merged = { ...first, ...second };
  const parts = ['scripts', 'dependencies', 'devDependencies'] as const;
  const both = parts.flatMap((part) =>
    merged[part] === undefined ? [] : [[part, { ...first[part], ...second[part] }] as const],
  );
  return { ...merged, ...Object.fromEntries(both) };
}
