/**
 * The engine's own folder, opened without the pipeline: checked, held for one piece of work, let
 * go.
 */

import { relative } from 'node:path';
import { locateArgument } from '../pipeline-file/diagnostic.ts';
import { beforeDying } from '../system/before-dying.ts';
import { StateLayout } from '../system/layout.ts';
import { makeOwnerName } from '../system/owner.ts';
import { removeTemporary } from '../system/remove-path.ts';
import { checkReading, checkWriting } from '../system/state-folder.ts';
import { findWorkspace } from './find-workspace.ts';
import { UserMistakes } from './mistakes.ts';

/** A layout whose temporary folder is this holder's own. */
export interface HeldLayout {
  readonly layout: StateLayout;
  /** Removes the temporary folder, where one was made. */
  readonly letGo: () => void;
}

/**
 * The layout of a workspace for one piece of work. Its temporary folder, which nothing makes before it
 * is needed, goes when the work lets go, and where a signal ends the process before.
 *
 * @param pilotFolder see {@link StateLayout}
 */
export function holdLayout(root: string, pilotFolder?: string): HeldLayout {
  const layout = new StateLayout(root, makeOwnerName(), pilotFolder);
  const remove = () => removeTemporary(layout.temporary);
  const forget = beforeDying(remove);
  const letGo = () => {
    forget();
    remove();
  };
  return { layout, letGo };
}

/**
 * Uses the engine's own files of a workspace, whatever its `pipeline.yaml` says.
 *
 * @param directory as it was typed; undefined for the nearest workspace
 * @param writer as for {@link checkState}
 * @throws {UserMistakes} where there is no workspace, or its files cannot be used
 */
export async function withLayout<T>(
  directory: string | undefined,
  writer: string | undefined,
  use: (layout: StateLayout) => T | Promise<T>,
): Promise<T> {
  const { layout, letGo } = holdLayout(findWorkspace(directory));
  try {
    checkState(layout, writer);
    return await use(layout);
  } finally {
    letGo();
  }
}

/**
 * Sees that the engine's own folder can be used.
 *
 * @param writer the command as it is typed, where it must write; undefined for one that only looks
 * @throws {UserMistakes} where it cannot be used
 */
export function checkState(layout: StateLayout, writer: string | undefined): void {
  const refusal = writer === undefined ? checkReading(layout) : checkWriting(layout);
  if (refusal === null) return;
  const does = writer === undefined ? 'this command reads' : `pipeline ${writer} must write`;
  throw new UserMistakes([
    {
      code: 'no-access',
      message: `${does} what belongs to this workspace, and ${refusal}`,
      location: locateArgument(relative(layout.workspace, layout.stateFolder)),
    },
  ]);
}
