/** Gets the archive from the first source that delivers it with the right checksum. */

import { stat } from 'node:fs/promises';
import { formatBytes } from '../../experiment/data/disk-space.ts';
import { fail } from '../../experiment/data/failure.ts';
import { type Digests, describeMismatch, digestFile, type ExpectedChecksums } from './checksum.ts';
import { openDispatcher } from './dispatcher.ts';
import type { Archive } from './extract-records.ts';
import { fetchArchive } from './fetch-archive.ts';
import { partialFileOf, readHeldPart, removePartialFile } from './partial-file.ts';
import type { ArchiveRequest, Source } from './sources.ts';
import { SourceFailure, type Transfer } from './transfer.ts';

/** An archive whose checksums were checked. */
export interface VerifiedArchive extends Archive {
  readonly digests: Digests;
}

/** Everything of a transfer but the connections, and whether there may be any. */
export type Surroundings = Omit<Transfer, 'dispatcher'> & { readonly offline: boolean };

interface FailedSource {
  readonly source: Source;
  readonly failure: SourceFailure;
}

/**
 * Tries the sources in order. A local file is checked where it lies; a download comes to the scratch
 * folder. Fails, where none delivers, with one message that lists every source and why it failed.
 */
export async function obtainArchive(
  { sources, expected }: ArchiveRequest,
  surroundings: Surroundings,
): Promise<VerifiedArchive> {
  const failed: FailedSource[] = [];
  for (const source of sources) {
    try {
      return { label: source.label, ...(await obtainFrom(source, expected, surroundings)) };
    } catch (error) {
      if (!(error instanceof SourceFailure)) throw error;
      failed.push({ source, failure: error });
    }
  }
  return fail(await describeFailures(failed, surroundings));
}

/** Deletes what the downloads of these sources left in the scratch folder. */
export async function discardDownloads(sources: readonly Source[], scratch: string): Promise<void> {
  for (const source of sources) {
    if (source.kind === 'http') await removePartialFile(partialFileOf(scratch, source.url));
  }
}

async function obtainFrom(
  source: Source,
  expected: ExpectedChecksums,
  surroundings: Surroundings,
): Promise<{ readonly path: string; readonly digests: Digests }> {
  if (source.kind === 'file') return checkFile(source.path, expected, surroundings);
  if (surroundings.offline) throw new SourceFailure('refused', 'not tried under --offline');
  const { emit, limits } = surroundings;
  emit({ type: 'message', text: `Downloading ${source.shown}`, level: 'info' });
  const dispatcher = openDispatcher(limits);
  try {
    return await fetchArchive(source, expected, { ...surroundings, dispatcher });
  } finally {
    await dispatcher.destroy();
  }
}

async function checkFile(
  path: string,
  expected: ExpectedChecksums,
  { limits, signal }: Surroundings,
): Promise<{ readonly path: string; readonly digests: Digests }> {
  const refuse = (problem: string) => new SourceFailure('refused', problem);
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw refuse(error.code === 'ENOENT' ? `there is no file ${path}` : error.message);
  });
  if (!stats.isFile()) throw refuse(`${path} is no regular file`);
  if (stats.size > limits.archiveBytes) {
    throw refuse(
      `${path} has ${formatBytes(stats.size)}; the limit for an archive is ` +
        formatBytes(limits.archiveBytes),
    );
  }
  const digests = await digestFile(path, signal).catch((error: NodeJS.ErrnoException) => {
    signal.throwIfAborted();
    throw refuse(`cannot be read: ${error.message}`);
  });
  const mismatch = describeMismatch(expected, digests);
  if (mismatch !== null) throw refuse(mismatch);
  return { path, digests };
}

async function describeFailures(
  failed: readonly FailedSource[],
  { scratch }: Surroundings,
): Promise<string> {
  const lines = ["CIFAR-10's archive could not be had from any source:"];
  for (const { source, failure } of failed) lines.push(`  ${source.shown}: ${failure.message}`);
  for (const { source } of failed) {
    if (source.kind !== 'http') continue;
    const held = await readHeldPart(partialFileOf(scratch, source.url));
    if (held === null) continue;
    lines.push(
      `The ${formatBytes(held.size)} that came from ${source.url.host} are kept: run again to go on ` +
        'from there.',
    );
  }
  if (failed.some(({ failure }) => failure.kind === 'unreachable')) {
    lines.push('Behind a proxy, set HTTP_PROXY and HTTPS_PROXY to its address.');
  }
  if (failed.some(({ failure }) => failure.kind === 'untrusted')) {
    lines.push(
      'Where your network or mirror has an authority of its own, set NODE_EXTRA_CA_CERTS to the file of ' +
        'its certificate (PEM).',
    );
  }
  lines.push(
    'To use another copy of the archive, give its path or URL and its SHA-256 (sha256sum prints ' +
      'it): --set dataset.url=<path or URL> --set dataset.sha256=<64 digits>',
    'Without a network, --profile quick runs on synthetic images that are generated here.',
  );
  return lines.join('\n');
}
