import { openWorkspace, type Workspace, type WorkspaceOptions } from './open-workspace.ts';

/**
 * Opens the workspace in each of its profiles, the default one first; in one only where the options
 * name it. Each is to be closed.
 */
export async function openProfiles(options: WorkspaceOptions): Promise<Workspace[]> {
  const first = await openWorkspace(options, []);
  if (options.profile !== undefined) return [first];
  const opened = [first];
  for (const profile of Object.keys(first.graph.spec.profiles)) {
    if (profile === first.graph.profile) continue;
    opened.push(await openWorkspace({ ...options, profile }, []));
  }
  return opened;
}
