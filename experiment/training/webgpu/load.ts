/** The one door to Dawn, the package `webgpu`. */

import { fail } from '../../data/failure.ts';
import { findCards } from './cards.ts';
import { chooseAdapter } from './choose-adapter.ts';

/** Installs the package where `npm ci` in a clone has not. */
export const INSTALL_WEBGPU = 'npm install --save-dev webgpu@0.6.2';

/** Where a process keeps what `create` returned: collected before the process ends, it crashes Node. */
const KEPT = Symbol.for('rethinking-generalization.webgpu');

/** What was opened to list adapters, kept as well. */
const LISTED = Symbol.for('rethinking-generalization.webgpu.listed');
const NO_NAME = '\u0001';

/** How Dawn is opened, besides what it does by itself. */
export interface DawnOptions {
  /** Names of its toggles (src/dawn/native/Toggles.cpp); one that begins with "-" is switched off. */
  readonly toggles: readonly string[];
}

/** Dawn, whose first adapter is that of the GPU that this process was given. */
export interface Dawn {
  readonly gpu: GPU;
  /** Why its first adapter is that of another GPU, in a sentence; null where it is not. */
  readonly doubt: string | null;
}

/**
 * Opens Dawn, once a process: later calls get what the first one has opened.
 *
 * @throws StageFailure where the package is not installed, or not for this system
 */
export async function loadDawn({ toggles }: DawnOptions): Promise<Dawn> {
  const globals = globalThis as { [KEPT]?: Dawn };
  const known = globals[KEPT];
  if (known !== undefined) return known;
  const doubt = await chooseAdapter({
    environment: process.env,
    list: listAdapters,
    findCards,
  });
  const create = await openPackage();
  const on = toggles.filter((toggle) => !toggle.startsWith('-'));
  const off = toggles.flatMap((toggle) => (toggle.startsWith('-') ? [toggle.slice(1)] : []));
  const gpu = create([
    ...(on.length === 0 ? [] : [`enable-dawn-features=${on.join(',')}`]),
    ...(off.length === 0 ? [] : [`disable-dawn-features=${off.join(',')}`]),
  ]);
  const opened = { gpu, doubt };
  globals[KEPT] = opened;
  return opened;
}

/**
 * Names of the adapters that are here, in Dawn's order; none where it does not tell.
 *
 * @throws StageFailure where the package is not installed, or not for this system
 */
export async function listAdapters(): Promise<readonly string[]> {
  const create = await openPackage();
  // It tells all of them where it finds none of a name.
  const gpu = create([`adapter=${NO_NAME}`]);
  const globals = globalThis as { [LISTED]?: GPU[] };
  globals[LISTED] = [...(globals[LISTED] ?? []), gpu];
  try {
    await gpu.requestAdapter({ powerPreference: 'high-performance' });
    return [];
  } catch (error) {
    return [...String(error).matchAll(/ name: '(.*)'$/gm)].map(([, name = '']) => name);
  }
}

async function openPackage(): Promise<typeof import('webgpu').create> {
  // Vulkan's loader complains on standard error where it is not set; nothing is drawn here.
  process.env['XDG_RUNTIME_DIR'] ??= '/tmp';
  return (await importPackage()).create;
}

async function importPackage(): Promise<typeof import('webgpu')> {
  try {
    return await import('webgpu');
  } catch (error) {
    const [line] = String(error instanceof Error ? error.message : error).split('\n');
    return fail(
      `the engine "webgpu" needs the package webgpu, which does not load (${line}): run "${INSTALL_WEBGPU}"`,
    );
  }
}
