/** Fetches tfjs-node and what it needs from the npm registry, without its own installer. */

import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '../../experiment/data/failure.ts';
import { lastLines, runProgram } from '../run-program.ts';
import type { Tool } from './find-tools.ts';
import manifest from './npm/package.json' with { type: 'json' };
import lock from './npm/package-lock.json' with { type: 'json' };
import type { Staging } from './staging.ts';

/** The packages of TensorFlow.js that can be installed. */
export type NativePackage = 'tfjs-node' | 'tfjs-node-gpu';

/** A package with all it needs in its own node_modules, and the headers of Node's C interface. */
export interface FetchedPackage {
  readonly folder: string;
  readonly headers: string;
}

/**
 * What tfjs-node needs only to install itself: download tools of 2018 with 50 packages below them.
 * The lockfile overrides each by a package that is there anyway; the copies are removed. Of one of them
 * tfjs-node calls a function at each start: where its binding is.
 */
const STAND_INS = ['adm-zip', 'https-proxy-agent', 'rimraf', 'tar', '@mapbox/node-pre-gyp'];
const FIND_BINDING = `'use strict';
const { dirname, join } = require('node:path');
exports.find = (description) => join(dirname(description), 'lib', 'napi-v8', 'tfjs_binding.node');
`;

/** The version of both packages. */
export const TFJS_NODE_VERSION = manifest.dependencies['@tensorflow/tfjs-node'];

/**
 * Installs what the lockfile lists, whose hashes npm checks; no script of a package runs.
 *
 * @throws StageFailure where npm cannot fetch it
 */
export async function fetchPackage(
  npm: Tool,
  name: NativePackage,
  { workspace, staging }: { readonly workspace: string; readonly staging: Staging },
): Promise<FetchedPackage> {
  const root = join(staging.folder, 'npm');
  const temporary = join(staging.folder, 'tmp');
  for (const folder of [root, temporary]) mkdirSync(folder, { recursive: true });
  const { description, lockfile } = selectPackage(name);
  writeFileSync(join(root, 'package.json'), JSON.stringify(description));
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify(lockfile));
  const settings = join(workspace, '.npmrc');
  if (existsSync(settings)) copyFileSync(settings, join(root, '.npmrc'));
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier'];
  const options = { cwd: root, env: { TMPDIR: temporary }, signal: staging.signal };
  const result = await runProgram(staging.$, [npm.command, ...npm.args, ...args], options);
  if (result.code !== 0) fail(`npm could not fetch ${name}:\n${lastLines(result)}`);
  return nest(staging.folder, name);
}

/** The manifest and the lockfile without the package that is not asked for. */
function selectPackage(name: NativePackage) {
  const other = `@tensorflow/${name === 'tfjs-node' ? 'tfjs-node-gpu' : 'tfjs-node'}`;
  const without = (record: Readonly<Record<string, unknown>>, key: string) =>
    Object.fromEntries(Object.entries(record).filter(([each]) => each !== key));
  const dependencies = without(manifest.dependencies, other);
  const root = { ...lock.packages[''], dependencies };
  const packages = { ...without(lock.packages, `node_modules/${other}`), '': root };
  return {
    description: { ...manifest, dependencies },
    lockfile: { ...lock, packages },
  };
}

/** Moves the package's dependencies below it, so that all of it is one folder. */
function nest(staging: string, name: NativePackage): FetchedPackage {
  const modules = join(staging, 'npm', 'node_modules');
  const folder = join(staging, name);
  const headers = join(staging, 'node-api-headers');
  renameSync(join(modules, '@tensorflow', name), folder);
  renameSync(join(modules, 'node-api-headers'), headers);
  for (const each of [...STAND_INS, '.package-lock.json', '.bin']) {
    rmSync(join(modules, each), { recursive: true, force: true });
  }
  renameSync(modules, join(folder, 'node_modules'));
  const finder = join(folder, 'node_modules', '@mapbox', 'node-pre-gyp');
  mkdirSync(finder, { recursive: true });
  writeFileSync(join(finder, 'index.js'), FIND_BINDING);
  return { folder, headers: join(headers, 'include') };
}
