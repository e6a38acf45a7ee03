/** Opens a remote cache for one piece of work, and tells of its transfers a few times a second. */

import { fileURLToPath } from 'node:url';
import { FolderStore } from './folder-store.ts';
import { HttpStore } from './http-store.ts';
import { type LocalCache, RemoteCache } from './remote-cache.ts';
import { RemoteLink, type TransferCount } from './remote-link.ts';
import type { RemoteSettings } from './remote-settings.ts';
import type { RemoteStore } from './remote-store.ts';

/** Requests at a time: few enough for a small server, enough that waiting for answers costs little. */
const MOST_AT_A_TIME = 24;
const TOLD_EVERY_MS = 250;

/** How far transfers have come, and whether that is all. */
export interface TransferReport extends TransferCount {
  readonly isLast: boolean;
}

/** Who is told. */
export interface RemoteListener {
  /** What the user should know. */
  readonly warn: (text: string) => void;
  readonly transfer: (report: TransferReport) => void;
}

/** A remote cache that is open. */
export interface OpenRemote {
  readonly cache: RemoteCache;
  /** Ends all that is under way, and tells what there was in the end. */
  readonly close: () => void;
}

/** What is asked of a remote cache by itself, without a local one. */
export function openStore({ url, token, patienceMs }: RemoteSettings): RemoteStore {
  if (url.protocol === 'file:') return new FolderStore(fileURLToPath(url));
  return new HttpStore(url, { token, patienceMs, connections: MOST_AT_A_TIME });
}

/** Opens a remote cache; nothing is asked of it yet. */
export function openRemote(
  settings: RemoteSettings,
  local: LocalCache,
  { warn, transfer }: RemoteListener,
): OpenRemote {
  const { url, pull, push } = settings;
  const latest = new Map<string, TransferCount>();
  let toldAt = 0;
  const count = (one: TransferCount) => {
    latest.set(one.direction, one);
    const now = Date.now();
    if (now - toldAt < TOLD_EVERY_MS) return;
    toldAt = now;
    for (const each of latest.values()) transfer({ ...each, isLast: false });
  };
  const link = new RemoteLink(url.href, openStore(settings), MOST_AT_A_TIME, { warn, count });
  const cache = new RemoteCache(link, local, { pull, push }, warn);
  const close = () => {
    cache.close();
    for (const one of latest.values()) if (one.done > 0) transfer({ ...one, isLast: true });
    latest.clear();
  };
  return { cache, close };
}
