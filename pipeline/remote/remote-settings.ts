/** Which remote cache is used and for what: `cache:` of `pipeline.yaml`, the environment, the arguments. */

import { type Diagnostic, type Location, locateArgument } from '../pipeline-file/diagnostic.ts';
import type { PipelineSpec } from '../pipeline-file/types.ts';

/** What the arguments of a command say of the remote cache. */
export interface RemoteOptions {
  /** Its address, or `off`. */
  readonly remote?: string;
  /** Whether results are sent there; absent where that is not said. */
  readonly push?: boolean;
  readonly offline?: boolean;
}

/** A remote cache with what it is used for. */
export interface RemoteSettings {
  /** Its address, which has no secret in it. */
  readonly url: URL;
  readonly pull: boolean;
  readonly push: boolean;
  /** A secret, sent to a server with each request and shown nowhere; null for none. */
  readonly token: string | null;
  /** So long a server may be silent. */
  readonly patienceMs: number;
}

/** Either what is used, null where nothing is, or what is wrong with what was said. */
export type ReadRemote =
  | { readonly ok: true; readonly value: RemoteSettings | null }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Variables of the environment that count before `pipeline.yaml`, and after arguments. */
export const REMOTE_VARIABLES = {
  remote: 'PIPELINE_CACHE_REMOTE',
  pull: 'PIPELINE_CACHE_PULL',
  push: 'PIPELINE_CACHE_PUSH',
  token: 'PIPELINE_CACHE_TOKEN',
  patience: 'PIPELINE_CACHE_PATIENCE',
} as const;

/** Seconds that a server may be silent. */
const PATIENCE = 10;

/** Reads which remote cache is used. @returns null for none, as by `off` */
export function readRemoteSettings(
  spec: Pick<PipelineSpec, 'cache' | 'source'>,
  environment: Readonly<Record<string, string | undefined>>,
  options: RemoteOptions,
): ReadRemote {
  const { cache } = spec;
  const named = environment[REMOTE_VARIABLES.remote];
  // Of the file without its line, which would be quoted, and for which the file would have to be parsed.
  const [text, place]: [string | null, string] =
    options.remote !== undefined
      ? [options.remote, '--remote']
      : named !== undefined && named !== ''
        ? [named, REMOTE_VARIABLES.remote]
        : [cache.remote, `${spec.source.file} cache.remote`];
  if (text === null || text === 'off') return { ok: true, value: null };
  const diagnostics: Diagnostic[] = [];
  const switches = { pull: cache.pull, push: cache.push };
  for (const name of ['pull', 'push'] as const) {
    const variable = REMOTE_VARIABLES[name];
    const value = readSwitch(environment[variable]);
    if (value === 'unclear')
      diagnostics.push(
        refuse(locateArgument(variable), `${variable} is neither 1 nor 0`, '1 or 0'),
      );
    else if (value !== null) switches[name] = value;
  }
  if (options.push !== undefined) switches.push = options.push;
  const patience = Number(environment[REMOTE_VARIABLES.patience] || PATIENCE);
  if (!(patience > 0))
    diagnostics.push(
      refuse(
        locateArgument(REMOTE_VARIABLES.patience),
        `${REMOTE_VARIABLES.patience} is no number of seconds`,
        'a number above 0, such as 10',
      ),
    );
  const token = environment[REMOTE_VARIABLES.token] || null;
  const url = URL.canParse(text) ? new URL(text) : null;
  diagnostics.push(...findAddressMistakes(url, token, locateArgument(place)));
  if (diagnostics.length > 0 || url === null) return { ok: false, diagnostics };
  const isFolder = url.protocol === 'file:';
  if (!isFolder && options.offline === true) return { ok: true, value: null };
  return { ok: true, value: { url, ...switches, token, patienceMs: patience * 1000 } };
}

/** What of an address cannot be used. The messages do not repeat it: there may be a secret in it. */
function findAddressMistakes(
  url: URL | null,
  token: string | null,
  where: Location,
): readonly Diagnostic[] {
  if (url !== null && (url.username !== '' || url.password !== '')) {
    const message = 'the address of the remote cache has a user or password in it';
    const hint = `put user:password, or a bearer token, into the variable ${REMOTE_VARIABLES.token}`;
    return [{ ...refuse(where, message, 'an address without them, since it is shown'), hint }];
  }
  if (url === null || !['http:', 'https:', 'file:'].includes(url.protocol)) {
    const message = 'the remote cache has no address that can be used';
    return [refuse(where, message, 'https://…, http://… or file:///…; or off')];
  }
  if (url.search !== '' || url.hash !== '') {
    const message = 'the address of the remote cache has a query or fragment';
    return [refuse(where, message, 'an address to which /ac/… and /cas/… can be added')];
  }
  if (url.protocol === 'file:' && url.host !== '') {
    const message = 'the address of the remote cache names a folder of another host';
    return [refuse(where, message, 'three slashes before the absolute path: file:///…')];
  }
  if (token !== null && url.protocol === 'http:' && !isLoopback(url.hostname)) {
    const message = `${REMOTE_VARIABLES.token} would go over the network for anybody to read`;
    return [refuse(where, message, 'https://… where there is a token')];
  }
  return [];
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\./.test(host);
}

function readSwitch(text: string | undefined): boolean | null | 'unclear' {
  if (text === undefined || text === '') return null;
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  return /^(0|false|no|off)$/i.test(text) ? false : 'unclear';
}

function refuse(location: Location, message: string, expected: string): Diagnostic {
  return {
    code: 'bad-argument',
    message,
    location,
    expected,
  };
}
