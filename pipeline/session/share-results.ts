/** `cache push`, `pull` and `check`, acting: results of targets to the remote cache and from it, and whether it answers. */

import type { ResultRecord } from '../cache/results.ts';
import type { RemoteAnswer } from '../contract/command.ts';
import type { GraphNode, NodeId } from '../graph/types.ts';
import type { KnownResult } from '../inspect/inspect.ts';
import { inspectSafely } from '../inspect/inspect-safely.ts';
import { planNodes } from '../inspect/plan.ts';
import type { RemoteListener } from '../remote/open-remote.ts';
import type { RemoteCache } from '../remote/remote-cache.ts';
import { REMOTE_VARIABLES, type RemoteSettings } from '../remote/remote-settings.ts';
import { RemoteFault } from '../remote/remote-store.ts';
import { UserMistakes } from './mistakes.ts';
import type { Session, WorkspaceOptions } from './open-session.ts';
import { findRemote, openShared } from './open-shared.ts';
import { withSession } from './with-session.ts';

/** Options of the commands on the remote cache. */
export interface ShareOptions extends WorkspaceOptions {
  readonly remote?: string;
}

/** What became of the results of nodes. */
export interface SharedResults {
  /** Address of the remote cache. */
  readonly remote: string;
  /** Nodes whose results were sent, or brought, or were whole before. */
  readonly done: readonly NodeId[];
  /** Nodes that have no result, here or there, and those of which it cannot be told. */
  readonly without: readonly NodeId[];
  /** Nodes whose results could not be sent or brought as a whole. */
  readonly failed: readonly NodeId[];
}

/**
 * Sends the results that targets and all upstream have here.
 *
 * @throws {UserMistakes} with what is wrong in `pipeline.yaml` or the arguments, or where no remote cache is given
 */
export function pushTargets(
  targets: readonly string[],
  options: ShareOptions,
  listener: RemoteListener,
): Promise<SharedResults> {
  return withRemote(targets, options, listener, 'cache push', async (session, cache) => {
    const { graph, nodes, tools, recall } = session;
    const plan = await planNodes(graph, nodes, { ...tools, recall }, false);
    const ends = await Promise.all(
      plan.nodes.map(async ({ node, state, fingerprint }) => {
        const isThere = state === 'up-to-date' || state === 'cached';
        const result =
          isThere && fingerprint !== null ? tools.results.read(fingerprint).result : null;
        if (result === null) return { node, end: 'without' as const };
        const sent = await cache.send(result);
        return { node, end: sent === 'sent' ? ('done' as const) : ('failed' as const) };
      }),
    );
    return sortEnds(ends);
  });
}

/**
 * Brings the results of targets and all upstream, with all outputs, into the local cache. Nothing in the
 * workspace changes, and nothing runs.
 *
 * @throws {UserMistakes} as {@link pushTargets}
 */
export function pullTargets(
  targets: readonly string[],
  options: ShareOptions,
  listener: RemoteListener,
): Promise<SharedResults> {
  return withRemote(targets, options, listener, 'cache pull', async (session, cache) => {
    const known = new Map<NodeId, KnownResult>();
    const pulls = new Map<NodeId, Promise<NodeEnd>>();
    for (const node of session.nodes) {
      const upstream = node.upstream.map((id) => pulls.get(id));
      pulls.set(
        node.id,
        Promise.all(upstream).then(() => pullNode(node, known, session, cache)),
      );
    }
    return sortEnds(await Promise.all(pulls.values()));
  });
}

/**
 * Asks the remote cache of a workspace for something that nobody has.
 *
 * @returns null where none is given
 * @throws {UserMistakes} with what is wrong in `pipeline.yaml` or the arguments
 */
export function checkRemote(options: ShareOptions): Promise<RemoteAnswer | null> {
  return withSession(options, [], {}, async (session) => {
    const settings = findRemote(session, options);
    if (settings === null) return null;
    const { openStore } = await import('../remote/open-remote.ts');
    const { url, pull, push } = settings;
    const about = { remote: url.href, pull, push };
    const store = openStore(settings);
    const startedAt = performance.now();
    try {
      await store.has('ac', '0'.repeat(64));
      const milliseconds = Math.ceil(performance.now() - startedAt);
      return { ...about, milliseconds, fault: null };
    } catch (error) {
      if (!(error instanceof RemoteFault)) throw error;
      return { ...about, milliseconds: null, fault: error.message };
    } finally {
      store.close();
    }
  });
}

interface NodeEnd {
  readonly node: GraphNode;
  readonly end: 'done' | 'without' | 'failed';
}

function withRemote(
  targets: readonly string[],
  options: ShareOptions,
  listener: RemoteListener,
  writer: string,
  share: (session: Session, cache: RemoteCache) => Promise<Omit<SharedResults, 'remote'>>,
): Promise<SharedResults> {
  return withSession(options, targets, { writer }, async (session) => {
    const settings = findRemoteOrFail(session, options);
    const opened = await openShared(session, settings, listener);
    try {
      return { remote: settings.url.href, ...(await share(session, opened.cache)) };
    } finally {
      opened.close();
    }
  });
}

/** @throws {UserMistakes} where no remote cache is given */
function findRemoteOrFail(session: Session, options: ShareOptions): RemoteSettings {
  const settings = findRemote(session, options);
  if (settings !== null) return settings;
  const { source } = session.graph.spec;
  throw new UserMistakes(
    [
      {
        code: 'missing-key',
        message: 'no remote cache is given',
        location: source.locate([]),
        expected: `cache: { remote: https://… } in ${source.file}, the variable ${REMOTE_VARIABLES.remote}, or --remote`,
      },
    ],
    { root: session.root },
  );
}

async function pullNode(
  node: GraphNode,
  known: Map<NodeId, KnownResult>,
  { graph, tools }: Session,
  cache: RemoteCache,
): Promise<NodeEnd> {
  if (!node.upstream.every((id) => known.has(id))) return { node, end: 'without' };
  const look = async () => {
    const looked = await inspectSafely(graph, node, known, tools, null);
    return looked.ok ? looked.value : null;
  };
  let work = await look();
  if (work !== null && work.result === null && node.findsInputs) {
    await cache.findReads(work.record);
    work = await look();
  }
  if (work !== null && work.result === null) {
    if (!(await cache.find(work.fingerprint, node.stage.extends))) return { node, end: 'without' };
    work = await look();
  }
  const result: ResultRecord | null = work?.result ?? null;
  if (result === null) return { node, end: 'without' };
  known.set(node.id, result);
  const outputs = Object.values(result.outputs);
  const missing = outputs.filter(({ digest, kind }) => !tools.objects.hasAll(digest, kind));
  const [isHere] = await Promise.all([
    cache.fetchOutputs(missing),
    result.pulled === undefined ? null : cache.fetchTelling(result),
  ]);
  return { node, end: isHere ? 'done' : 'failed' };
}

function sortEnds(ends: readonly NodeEnd[]): Omit<SharedResults, 'remote'> {
  const named = (wanted: NodeEnd['end']) =>
    ends.filter(({ end }) => end === wanted).map(({ node }) => node.id);
  return { done: named('done'), without: named('without'), failed: named('failed') };
}
