/** Before anything runs: what a look at a workspace warns of. */

import { findCodeFaults } from './code-warnings.ts';
import type { Session } from './open-session.ts';
import { listNamedWarnings } from './tell-named.ts';

/** Something that a run could not see, and its user should know. */
export interface LookWarning {
  /** Name of a stage, or of one of its nodes. */
  readonly node: string;
  readonly text: string;
}

/**
 * What a run of the same nodes would warn of at each of its starts: code that cannot be followed, and files
 * that commands name and do not declare.
 */
export async function listLookWarnings(session: Session): Promise<LookWarning[]> {
  const { unclear } = await findCodeFaults(session);
  const named = await listNamedWarnings(session);
  return [...unclear, ...named.map(({ node, text }) => ({ node, text }))];
}
