/** The one door to Dawn, the package `webgpu`. */

import { fail } from '../../data/failure.ts';

/** Installs the package where `npm ci` in a clone has not. */
export const INSTALL_WEBGPU = 'npm install --save-dev webgpu@0.6.2';

/** Where a process keeps what `create` returned: collected before the process ends, it crashes Node. */
const KEPT = Symbol.for('rethinking-generalization.webgpu');

/** How Dawn is opened, besides what it does by itself. */
export interface DawnOptions {
  /** Names of its toggles (src/dawn/native/Toggles.cpp); one that begins with "-" is switched off. */
  readonly toggles: readonly string[];
}

/**
 * Opens Dawn, once a process: later calls get what the first one has opened.
 *
 * @throws StageFailure where the package is not installed, or not for this system
 */
export async function loadDawn({ toggles }: DawnOptions): Promise<GPU> {
  const globals = globalThis as { [KEPT]?: GPU };
  const known = globals[KEPT];
  if (known !== undefined) return known;
  // Vulkan's loader complains on standard error where it is not set; nothing is drawn here.
  process.env['XDG_RUNTIME_DIR'] ??= '/tmp';
  const { create } = await importPackage();
  const on = toggles.filter((toggle) => !toggle.startsWith('-'));
  const off = toggles.flatMap((toggle) => (toggle.startsWith('-') ? [toggle.slice(1)] : []));
  const opened = create([
    ...(on.length === 0 ? [] : [`enable-dawn-features=${on.join(',')}`]),
    ...(off.length === 0 ? [] : [`disable-dawn-features=${off.join(',')}`]),
  ]);
  globals[KEPT] = opened;
  return opened;
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
