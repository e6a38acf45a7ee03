import { openSession, type Session, type WorkspaceOptions } from './open-session.ts';

/**
 * Opens the workspace in each of its profiles, the default one first; in one only where the options
 * name it. Each is to be closed.
 */
export async function openProfiles(options: WorkspaceOptions): Promise<Session[]> {
  const first = await openSession(options, []);
  if (options.profile !== undefined) return [first];
  const opened = [first];
  for (const profile of Object.keys(first.graph.spec.profiles)) {
    if (profile === first.graph.profile) continue;
    opened.push(await openSession({ ...options, profile }, []));
  }
  return opened;
}
