/** Compiles tfjs-node's binding against a TensorFlow library. */

import { constants } from 'node:fs';
import { copyFile, cp, mkdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fail } from '../../experiment/data/failure.ts';
import { lastLines, runProgram } from '../run-program.ts';
import type { FetchedPackage } from './fetch-package.ts';
import type { Tool } from './find-tools.ts';
import type { Staging } from './staging.ts';
import type { TensorFlowFiles } from './tensorflow-files.ts';

/** The version of Node's C interface that the folder of the binding is named after. */
const NAPI_VERSION = 8;
const SOURCES = ['tfjs_backend.cc', 'tfjs_binding.cc'];
const ORIGIN = process.platform === 'darwin' ? '@loader_path' : '$ORIGIN';

/** Puts TensorFlow's libraries into the package, so that it stands alone. */
export async function placeLibraries(
  { libraries, nvidia }: TensorFlowFiles,
  folder: string,
  { gpu, staging }: { readonly gpu: boolean; readonly staging: Staging },
): Promise<void> {
  const target = join(folder, 'deps', 'lib');
  await mkdir(target, { recursive: true });
  const mode = constants.COPYFILE_FICLONE;
  // What was unpacked here is moved, what belongs to the user copied, without its links.
  const isOurs = (path: string) => path.startsWith(staging.folder);
  for (const library of libraries) {
    const to = join(target, basename(library));
    await (isOurs(library) ? rename(library, to) : copyFile(library, to, mode));
  }
  if (!gpu || nvidia === null) return;
  // TensorFlow's library looks for CUDA's in ../nvidia, as Python's packages lie.
  const beside = join(folder, 'deps', 'nvidia');
  if (isOurs(nvidia)) await rename(nvidia, beside);
  else await cp(nvidia, beside, { recursive: true, dereference: true, mode });
}

/** Compiles and links the binding where tfjs-node looks for it. Fails with the compiler's last lines. */
export async function compileBinding(
  compiler: Tool,
  { folder, headers }: FetchedPackage,
  { include, libraries }: TensorFlowFiles,
  { $, signal, folder: cwd }: Staging,
): Promise<void> {
  const output = join(folder, 'lib', `napi-v${NAPI_VERSION}`, 'tfjs_binding.node');
  await mkdir(join(output, '..'), { recursive: true });
  const args = [
    ...['-std=c++17', '-O2', '-shared', '-fPIC', `-DNAPI_VERSION=${NAPI_VERSION}`],
    ...['-I', include, '-I', headers],
    ...SOURCES.map((source) => join(folder, 'binding', source)),
    ...libraries.map((library) => join(folder, 'deps', 'lib', basename(library))),
    `-Wl,-rpath,${ORIGIN}/../../deps/lib`,
    // Node itself has the functions of its interface.
    ...(process.platform === 'darwin' ? ['-Wl,-undefined,dynamic_lookup'] : []),
    ...['-o', output],
  ];
  const env = { TMPDIR: join(cwd, 'tmp') };
  const result = await runProgram($, [compiler.command, ...compiler.args, ...args], {
    cwd,
    env,
    signal,
  });
  if (result.code === 0) return;
  fail(
    `${compiler.command} could not compile the binding of tfjs-node:\n${lastLines(result, 15)}\n` +
      'Another compiler can be named in the variable CXX',
  );
}
