/**
 * A workspace opened for one piece of work and closed whatever happens: the way every command opens
 * one.
 */

import {
  type OpenOptions,
  openSession,
  type Session,
  type WorkspaceOptions,
} from './open-session.ts';

/**
 * Opens the workspace for one piece of work and closes it again, also where the work throws or a
 * signal ends the process.
 *
 * @param targets what the nodes of the session are selected by; none for everything
 * @throws {UserMistakes} with everything that is wrong in the files and the arguments
 */
export async function withSession<T>(
  options: WorkspaceOptions,
  targets: readonly string[],
  how: OpenOptions,
  use: (session: Session) => T | Promise<T>,
): Promise<T> {
  const session = await openSession(options, targets, how);
  try {
    return await use(session);
  } finally {
    session.close();
  }
}

/**
 * Uses the workspace in each of its profiles at once, the default one first; in one only where the
 * options name it. All are closed again, as by {@link withSession}.
 *
 * @throws {UserMistakes} with what is wrong in any of them
 */
export function withProfiles<T>(
  options: WorkspaceOptions,
  use: (sessions: readonly [Session, ...Session[]]) => T | Promise<T>,
): Promise<T> {
  return withSession(options, [], {}, async (first) => {
    const sessions: [Session, ...Session[]] = [first];
    try {
      for (const profile of listOthers(first, options)) {
        sessions.push(await openSession({ ...options, profile }, []));
      }
      return await use(sessions);
    } finally {
      for (const session of sessions.slice(1)) session.close();
    }
  });
}

function listOthers({ graph }: Session, { profile }: WorkspaceOptions): readonly string[] {
  if (profile !== undefined) return [];
  return Object.keys(graph.spec.profiles).filter((name) => name !== graph.profile);
}
