/** Installs tfjs-node, or tfjs-node-gpu, for the TensorFlow and the Node of today. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Shell } from 'rederive/contract';
import { ensureFreeSpace } from '../../experiment/data/disk-space.ts';
import { fail } from '../../experiment/data/failure.ts';
import { callInChild } from '../call-in-child.ts';
import { throwIfInterrupted } from '../run-program.ts';
import { compileBinding, placeLibraries } from './compile-binding.ts';
import { fetchPackage, type NativePackage, TFJS_NODE_VERSION } from './fetch-package.ts';
import { fetchTensorFlow } from './fetch-wheel.ts';
import { findPythonPackage, readLibraryFolder } from './find-tensorflow.ts';
import {
  findCompiler,
  findNpm,
  findPip,
  findPython,
  TOOL_REMEDIES,
  type Tool,
} from './find-tools.ts';
import { noteTensorFlow, placeFolder } from './place.ts';
import { type Staging, withStaging } from './staging.ts';
import { takeStep } from './steps.ts';
import type { TensorFlowFiles } from './tensorflow-files.ts';
import type { TrainingProof } from './training-proof.ts';

/** What the user asks for. */
export interface InstallOptions {
  /** What runs programs. */
  readonly $: Shell;
  /** Absolute path of the folder whose node_modules gets the package. */
  readonly workspace: string;
  readonly gpu: boolean;
  /** Installs it again where it works already. */
  readonly force: boolean;
  /** A folder with TensorFlow's library and headers. */
  readonly libtensorflow?: string;
  /** The Python to look for tensorflow, and to run pip with. */
  readonly python?: string;
}

/** What was found before anything is fetched. */
interface Means {
  readonly npm: Tool;
  readonly compiler: Tool;
  readonly tensorflow: TensorFlowFiles | { readonly pipOf: Tool };
}

/** Bytes on disk while it is put together: with CUDA's libraries it is much more. */
const SPACE = { cpu: 2 * 1024 ** 3, gpu: 10 * 1024 ** 3 } as const;

/**
 * Puts the package together in a private folder, trains a step with it, and moves it to its place in
 * node_modules by renaming it. Whatever fails on the way leaves nothing.
 *
 * @throws StageFailure for what the user can mend, `Interrupted` after a signal
 */
export async function installTfjsNode(options: InstallOptions): Promise<void> {
  const { $, workspace, gpu, force } = options;
  const name: NativePackage = gpu ? 'tfjs-node-gpu' : 'tfjs-node';
  const modules = join(workspace, 'node_modules');
  const target = join(modules, '@tensorflow', name);
  await withStaging($, modules, async (staging) => {
    if (!force && (await isWorking(name, target, staging))) return;
    const means = await findMeans(options, staging);
    await ensureFreeSpace(staging.folder, gpu ? SPACE.gpu : SPACE.cpu, `installing ${name}`);
    const tensorflow = await obtainTensorFlow(means.tensorflow, gpu, staging);
    const fetched = await takeStep(
      `Fetching ${name} ${TFJS_NODE_VERSION} and its packages from the npm registry`,
      'a minute',
      () => fetchPackage(means.npm, name, { workspace, staging }),
    );
    const { folder } = fetched;
    await placeLibraries(tensorflow, folder, { gpu, staging });
    await takeStep(`Compiling the binding with ${means.compiler.command}`, 'half a minute', () =>
      compileBinding(means.compiler, fetched, tensorflow, staging),
    );
    const proof = await takeStep('Training a step to see that it works', 'seconds', () =>
      prove(folder, staging),
    );
    const version = noteTensorFlow(folder, proof.tensorflow);
    throwIfInterrupted(staging.signal);
    placeFolder(folder, target, join(staging.folder, 'replaced'));
    process.stdout.write(`Installed @tensorflow/${name} ${version}.\n${remark(gpu, proof)}`);
  });
}

async function isWorking(name: string, target: string, staging: Staging): Promise<boolean> {
  if (!existsSync(target)) return false;
  const result = await callInChild<TrainingProof>('proveTraining', target, {
    cwd: staging.folder,
    signal: staging.signal,
  });
  if (!result.ok) {
    process.stdout.write(`The installed ${name} does not work (${result.reason}); replacing it.\n`);
    return false;
  }
  process.stdout.write(
    `${name} is installed and works, with TensorFlow ${result.value.tensorflow}; ` +
      '--force installs it again.\n',
  );
  return true;
}

/** Looks for everything before the first download; what is missing is told together. */
async function findMeans(options: InstallOptions, staging: Staging): Promise<Means> {
  const { $, libtensorflow, gpu } = options;
  const given = libtensorflow === undefined ? null : readLibraryFolder(libtensorflow);
  const [npm, compiler] = await Promise.all([findNpm($), findCompiler($)]);
  const missing: string[] = [];
  if (npm === null) missing.push(TOOL_REMEDIES.npm);
  if (compiler === null) missing.push(TOOL_REMEDIES.compiler);
  let tensorflow: Means['tensorflow'] | null = given;
  if (given === null) {
    const python = await findPython($, options.python);
    if (python === null) missing.push(TOOL_REMEDIES.python);
    else {
      tensorflow = await findPythonPackage(python, { gpu }, staging);
      if (tensorflow === null && (await findPip($, python)) === null)
        missing.push(TOOL_REMEDIES.pip);
      tensorflow ??= { pipOf: python };
    }
  }
  throwIfInterrupted(staging.signal);
  if (missing.length > 0 || npm === null || compiler === null || tensorflow === null) {
    return fail(`this is missing:\n${missing.map((each) => `- ${each}\n`).join('')}`.trimEnd());
  }
  return { npm, compiler, tensorflow };
}

async function obtainTensorFlow(
  tensorflow: Means['tensorflow'],
  gpu: boolean,
  staging: Staging,
): Promise<TensorFlowFiles> {
  if ('pipOf' in tensorflow) {
    return takeStep(
      `Fetching TensorFlow with pip of ${tensorflow.pipOf.command}`,
      gpu ? '3 GB, many minutes' : '300 MB, minutes',
      () => fetchTensorFlow(tensorflow.pipOf, { gpu }, staging),
    );
  }
  process.stdout.write(`Using ${tensorflow.origin}\n`);
  return tensorflow;
}

async function prove(folder: string, { signal, folder: cwd }: Staging): Promise<TrainingProof> {
  const result = await callInChild<TrainingProof>('proveTraining', folder, { cwd, signal });
  return result.ok ? result.value : fail(`what was built does not work: ${result.reason}`);
}

function remark(gpu: boolean, proof: TrainingProof): string {
  if (gpu && !proof.gpu) {
    return (
      'It found no GPU and computes on the CPU. It needs an NVIDIA driver, and the versions of CUDA\n' +
      `and cuDNN that TensorFlow ${proof.tensorflow} was built for.\n`
    );
  }
  return 'npm ci and npm install remove it from node_modules; run this command again after them.\n';
}
