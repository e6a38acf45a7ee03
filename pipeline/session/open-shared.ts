/** The remote cache of a session, by `pipeline.yaml`, the environment and the arguments. */

import type { OpenRemote, RemoteListener } from '../remote/open-remote.ts';
import {
  type RemoteOptions,
  type RemoteSettings,
  readRemoteSettings,
} from '../remote/remote-settings.ts';
import { UserMistakes } from './mistakes.ts';
import type { Session } from './open-session.ts';

/**
 * Which remote cache a session has, and for what.
 *
 * @returns null for none
 * @throws {UserMistakes} where what was said of it cannot be used
 */
export function findRemote(
  { graph, root, tools }: Session,
  options: RemoteOptions,
): RemoteSettings | null {
  const read = readRemoteSettings(graph.spec, tools.environment, options);
  if (!read.ok) throw new UserMistakes(read.diagnostics, { root });
  return read.value;
}

/** Opens a remote cache before the local one of a session. */
export async function openShared(
  { layout, tools, history }: Session,
  settings: RemoteSettings,
  listener: RemoteListener,
): Promise<OpenRemote> {
  // Loaded where there is one: most runs have none.
  const { openRemote } = await import('../remote/open-remote.ts');
  return openRemote(settings, { layout, history, ...tools }, listener);
}
