/** Stage `download`: fetches CIFAR-10's archive, checks it and unpacks its records. */

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StageContext } from 'rederive/contract';
import { fail } from '../../experiment/data/failure.ts';
import type { RecordsInfo } from '../../experiment/data/records.ts';
import { ArchiveFailure, extractRecords } from './extract-records.ts';
import { discardDownloads, obtainArchive } from './obtain-archive.ts';
import { readArchiveRequest } from './sources.ts';
import { TRANSFER_LIMITS, type TransferLimits } from './transfer.ts';

const NOTE =
  'A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009; ' +
  'https://www.cs.toronto.edu/~kriz/cifar.html';

/**
 * Writes output `records`: CIFAR-10's seven files and `dataset.json`. Parameters: `dataset.mirrors`,
 * `md5`, `url` and `sha256`. A failed attempt leaves no output, and in the scratch folder only what
 * the next attempt can continue.
 *
 * @throws StageFailure where parameters are wrong, or no mirror gives the archive
 */
export async function run(
  context: StageContext,
  limits: TransferLimits = TRANSFER_LIMITS,
): Promise<void> {
  const { outputs, params, workspace, scratch, signal, emit } = context;
  const records = outputs['records'] ?? fail('the job names no output "records"');
  const request = readArchiveRequest(params, workspace);
  const archive = await obtainArchive(request, { ...context, limits });
  try {
    const counts = await extractRecords(archive, records, limits.unpackedBytes, signal);
    await writeInfo(records, archive.digests.sha256);
    emit({ type: 'summary', values: { ...counts, archive_bytes: archive.digests.bytes } });
  } catch (error) {
    await rm(records, { recursive: true, force: true });
    // A checked archive that could not be unpacked for want of disk space is worth keeping.
    if (error instanceof ArchiveFailure) await discardDownloads(request.sources, scratch);
    throw error;
  }
  await discardDownloads(request.sources, scratch);
}

async function writeInfo(folder: string, sha256: string): Promise<void> {
  const info: RecordsInfo = {
    name: 'CIFAR-10',
    synthetic: false,
    source_sha256: sha256,
    note: NOTE,
  };
  await writeFile(join(folder, 'dataset.json'), `${JSON.stringify(info, null, 2)}\n`);
}
