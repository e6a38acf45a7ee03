/** Looks for a TensorFlow that is on this machine already. */

import { readdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fail } from '../../experiment/data/failure.ts';
import { runProgram } from '../run-program.ts';
import type { Tool } from './find-tools.ts';
import type { Staging } from './staging.ts';
import { examineFolder, type TensorFlowFiles } from './tensorflow-files.ts';

const FIND_TIMEOUT = 60_000;

/** Prints the folder of Python's package without importing it, which would take seconds. */
const FIND_PACKAGE = `
import importlib.util
spec = importlib.util.find_spec("tensorflow")
print(next(iter(spec.submodule_search_locations or []), "") if spec else "")
`;

/** The library in a folder that the user names. Fails where something is missing there. */
export function readLibraryFolder(folder: string): TensorFlowFiles {
  const path = resolve(folder);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    return fail(`--libtensorflow is ${folder}, which is no folder`);
  }
  const found = examineFolder(path, path);
  if (typeof found !== 'string') return found;
  return fail(
    `--libtensorflow is ${folder}, but ${found}; expected the folder of TensorFlow's C library ` +
      "(lib/ and include/), or that of Python's package tensorflow",
  );
}

/**
 * The package `tensorflow` that a Python has installed; null where it has none that can be used.
 *
 * @param staging with an empty folder: Python would take a folder `tensorflow` in it for the package
 */
export async function findPythonPackage(
  python: Tool,
  { gpu }: { readonly gpu: boolean },
  { $, folder: cwd }: Pick<Staging, '$' | 'folder'>,
): Promise<TensorFlowFiles | null> {
  const options = { cwd, timeout: FIND_TIMEOUT };
  const { code, stdout } = await runProgram(
    $,
    [python.command, ...python.args, '-c', FIND_PACKAGE],
    options,
  );
  const folder = stdout.trim();
  if (code !== 0 || folder === '') return null;
  // The build for CPUs alone has the same files under another name of distribution.
  if (gpu && readdirSync(dirname(folder)).some((name) => /^tensorflow_cpu-.*-info$/.test(name))) {
    return null;
  }
  const found = examineFolder(folder, `the tensorflow of ${python.command}, ${folder}`);
  return typeof found === 'string' ? null : found;
}
