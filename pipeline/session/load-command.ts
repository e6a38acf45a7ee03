/** A command of the workspace: its module bundled like a stage's, ready to be imported. */

import { existsSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { keepForLooks } from '../cache/code-sinks.ts';
import { ObjectStore } from '../cache/objects.ts';
import { addressBundle } from '../executor/address-bundle.ts';
import { CodeMemo } from '../fingerprint/code-memo.ts';
import { FileClock } from '../fingerprint/file-clock.ts';
import type { StateLayout } from '../system/layout.ts';
import { keepIfPossible } from '../system/memo-file.ts';
import { removeTemporary } from '../system/remove-path.ts';
import { makeStateFolder } from '../system/state-folder.ts';
import { UserMistakes } from './mistakes.ts';
import { holdLayout } from './open-layout.ts';

/** A module of the workspace, ready to be imported. */
export interface LoadedModule {
  readonly url: string;
  /** Removes what stands in temporary folders; to be called when the module has done its work. */
  readonly dispose: () => void;
}

/**
 * Bundles the module of a command of the workspace, or finds its bundle. Where the workspace cannot be
 * written, the bundle is in a temporary folder.
 *
 * @param makesState whether the workspace's state may be made where there is none, to keep the bundle
 * @throws {UserMistakes} where its code cannot be followed
 */
export async function loadCommandModule(
  workspace: string,
  module: string,
  { makesState = true }: { readonly makesState?: boolean } = {},
): Promise<LoadedModule> {
  const { layout, letGo } = holdLayout(workspace);
  try {
    if (makesState) keepIfPossible(() => makeStateFolder(layout));
    return await loadModule(layout, module);
  } finally {
    letGo();
  }
}

async function loadModule(layout: StateLayout, module: string): Promise<LoadedModule> {
  const { workspace } = layout;
  const sink = keepForLooks(new ObjectStore(layout), layout, existsSync(layout.stateFolder));
  let made: readonly string[] = [];
  const code = new CodeMemo(
    layout,
    {
      ...sink,
      putBundles(bundles, digest) {
        made = bundles;
        sink.putBundles(bundles, digest);
      },
    },
    new FileClock(Date.now, null),
  );
  const traced = await code.digestModule(module);
  if (existsSync(layout.stateFolder)) keepIfPossible(() => code.save());
  if (!traced.ok) throw new UserMistakes(traced.diagnostics, { root: workspace });
  const { digest } = traced.value;
  const kept = layout.code(digest);
  if (existsSync(kept)) return { url: addressBundle(kept, workspace), dispose: () => {} };
  const folder = mkdtempSync(join(tmpdir(), 'pipeline-'));
  const inner = linkPackages(workspace, folder);
  for (const [i, bundle] of made.entries()) {
    const name = basename(layout.code(digest, i === 0 ? undefined : i - 1));
    writeFileSync(join(inner, name), bundle);
  }
  const url = addressBundle(join(inner, basename(kept)), workspace);
  return { url, dispose: () => removeTemporary(folder) };
}

/** Makes a folder in another, in which modules find the packages that they would in the workspace. */
function linkPackages(workspace: string, folder: string): string {
  const parent = dirname(workspace);
  const inner = parent === workspace ? folder : join(linkPackages(parent, folder), 'in');
  mkdirSync(inner, { recursive: true });
  const packages = join(workspace, 'node_modules');
  if (existsSync(packages)) symlinkSync(packages, join(inner, 'node_modules'), 'junction');
  return inner;
}
