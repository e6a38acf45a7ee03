/** Fetches one archive by HTTP: retried and resumed where it breaks, checked at the end. */

import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { ensureFreeSpace, formatBytes } from '../../experiment/data/disk-space.ts';
import { fail, StageFailure } from '../../experiment/data/failure.ts';
import { type Digests, describeMismatch, digestFile, type ExpectedChecksums } from './checksum.ts';
import { openResponse, type Response, toSourceFailure } from './http-response.ts';
import {
  beginPartialFile,
  type HeldPart,
  type PartialFile,
  type PartialState,
  partialFileOf,
  readHeldPart,
  removePartialFile,
} from './partial-file.ts';
import type { Source } from './sources.ts';
import { SourceFailure, type Transfer } from './transfer.ts';

type HttpSource = Extract<Source, { kind: 'http' }>;

/** Statuses that may pass: timeout, too many requests, faults of the server or a gateway. */
const TEMPORARY = new Set([408, 429, 500, 502, 503, 504]);

/** New bytes that make a broken transfer count as progress, so that retries start afresh. */
const PROGRESS_BYTES = 1024 ** 2;

/**
 * Fetches the archive into the scratch folder and checks it; what an earlier attempt left there is
 * continued. Rejects with a {@link SourceFailure} where this source cannot deliver; a part that can
 * be continued stays then, anything else is deleted.
 */
export async function fetchArchive(
  source: HttpSource,
  expected: ExpectedChecksums,
  transfer: Transfer,
): Promise<{ readonly path: string; readonly digests: Digests }> {
  const partial = partialFileOf(transfer.scratch, source.url);
  // A part of an earlier attempt may have been damaged on the disk, so a resumed archive with a
  // wrong checksum is fetched once more from the start.
  for (let mayRefetch = true; ; mayRefetch = false) {
    const resumed = await transferWithRetries(source, partial, transfer);
    const digests = await digestFile(partial.path, transfer.signal);
    const mismatch = describeMismatch(expected, digests);
    if (mismatch === null) return { path: partial.path, digests };
    await removePartialFile(partial);
    if (!resumed || !mayRefetch) throw new SourceFailure('refused', mismatch);
    warn(transfer, `${source.label}: ${mismatch} after resuming; fetching it again from the start`);
  }
}

/** Tells whether any of the bytes were continued rather than fetched in one piece. */
async function transferWithRetries(
  source: HttpSource,
  partial: PartialFile,
  transfer: Transfer,
): Promise<boolean> {
  const { limits, signal } = transfer;
  let furthest = 0;
  let reached = false;
  let failures = 0;
  for (;;) {
    try {
      return await transferOnce(source, partial, transfer);
    } catch (error) {
      const kept =
        error instanceof SourceFailure && error.kind === 'refused'
          ? null
          : await readHeldPart(partial);
      if (kept === null) await removePartialFile(partial);
      if (!(error instanceof SourceFailure)) throw error;
      const held = kept?.size ?? 0;
      reached ||= error.kind === 'broken';
      if (held >= furthest + PROGRESS_BYTES) failures = 0;
      furthest = Math.max(furthest, held);
      failures += 1;
      const isLong = error.waitMs > limits.longestWaitMs;
      if (!reached || error.kind === 'refused' || isLong || failures > limits.retries) throw error;
      const pauseMs = Math.max(limits.backoffMs * 2 ** (failures - 1), error.waitMs);
      warn(
        transfer,
        `${source.label}: ${error.message}; trying again ` +
          `${pauseMs < 1000 ? '' : `in ${Math.ceil(pauseMs / 1000)} s `}at ${formatBytes(held)}, ` +
          `${failures} of ${limits.retries}`,
      );
      await wait(pauseMs, undefined, { signal });
    }
  }
}

/** One request. Tells whether it continued an earlier part. */
async function transferOnce(
  source: HttpSource,
  partial: PartialFile,
  transfer: Transfer,
): Promise<boolean> {
  const held = await readHeldPart(partial);
  if (held !== null && held.size === held.total) return true;
  const headers = held === null ? {} : { range: `bytes=${held.size}-`, 'if-range': held.validator };
  const response = await openResponse(source.url, headers, transfer);
  const { statusCode, statusText } = response;
  if (statusCode === 200) {
    await receive(source, response, 0, partial, transfer);
    return false;
  }
  if (statusCode === 206 && held !== null && continues(response, held)) {
    await receive(source, response, held.size, partial, transfer);
    return true;
  }
  await response.body.dump();
  if (statusCode === 206 || statusCode === 416) {
    if (held !== null && response.header('content-range') === `bytes */${held.size}`) return true;
    await removePartialFile(partial);
    throw new SourceFailure('broken', `the server has no such part of it (HTTP ${statusCode})`);
  }
  const status = `HTTP ${statusCode} ${statusText}`.trim();
  if (!TEMPORARY.has(statusCode)) throw new SourceFailure('refused', status);
  const waitMs = readRetryAfter(response.header('retry-after'), Date.now());
  const asked = waitMs === 0 ? '' : `, which asks to wait ${Math.ceil(waitMs / 1000)} s`;
  throw new SourceFailure('broken', `${status}${asked}`, waitMs);
}

/** Appends a response's body to the first `offset` bytes of the partial file. */
async function receive(
  source: HttpSource,
  response: Response,
  offset: number,
  partial: PartialFile,
  transfer: Transfer,
): Promise<void> {
  const { scratch, limits, signal, emit } = transfer;
  const length = readLength(response);
  const total = length === null ? null : offset + length;
  if (total !== null && total > limits.archiveBytes) {
    await response.body.dump();
    throw new SourceFailure('refused', describeExcess(`declares ${formatBytes(total)}`, transfer));
  }
  await ensureFreeSpace(scratch, length ?? 0, source.label);
  if (offset === 0) await beginPartialFile(scratch, partial, readState(response, total));
  let done = offset;
  const file = await open(partial.path, 'a');
  try {
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      done += chunk.length;
      if (done > limits.archiveBytes) {
        throw new SourceFailure('refused', describeExcess('sends more', transfer));
      }
      await append(file, chunk, partial.path);
      emit({ type: 'progress', label: source.label, unit: 'B', done, total, fields: {} });
    }
  } catch (error) {
    if (error instanceof SourceFailure || error instanceof StageFailure) throw error;
    signal.throwIfAborted();
    throw toSourceFailure(error, 'broken');
  } finally {
    await file.close();
  }
  const { size } = await stat(partial.path);
  if (total !== null && size !== total) {
    throw new SourceFailure('broken', `the body ended at ${size} of ${total} bytes`);
  }
}

/**
 * How long a server asks to be left alone, in milliseconds: `Retry-After` (RFC 9110, 10.2.3) is a
 * number of seconds or a date. 0 where it asks for nothing, or not intelligibly.
 *
 * @param now milliseconds since the epoch
 */
function readRetryAfter(header: string | null, now: number): number {
  if (header === null) return 0;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}

/** Whether a 206 answers with exactly the missing rest of the version that is held. */
function continues(response: Response, held: HeldPart): boolean {
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.header('content-range') ?? '');
  if (range === null || Number(range[1]) !== held.size) return false;
  const total = range[2] === '*' ? held.total : Number(range[2]);
  const etag = response.header('etag');
  return (
    total === (held.total ?? total) &&
    (etag === null || !isStrong(held.validator) || etag === held.validator)
  );
}

/**
 * What identifies this version, for `If-Range`: a strong entity tag, else the date of last change.
 * RFC 9110 asks for more of that date; the checksum of the whole makes up for it.
 */
function readState(response: Response, total: number | null): PartialState | null {
  const etag = response.header('etag');
  const validator = etag !== null && isStrong(etag) ? etag : response.header('last-modified');
  return validator === null ? null : { validator, total };
}

function isStrong(etag: string): boolean {
  return etag.startsWith('"');
}

function readLength(response: Response): number | null {
  const text = response.header('content-length');
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}

function describeExcess(found: string, { limits }: Transfer): string {
  return `the server ${found}; the limit for an archive is ${formatBytes(limits.archiveBytes)}`;
}

async function append(file: FileHandle, chunk: Buffer, path: string): Promise<void> {
  await file.appendFile(chunk).catch((error: NodeJS.ErrnoException) => {
    fail(`cannot write the download to ${path}: ${error.message}`);
  });
}

function warn({ emit }: Transfer, text: string): void {
  emit({ type: 'message', text, level: 'warning' });
}
