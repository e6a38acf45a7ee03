/** Unpacks the record files of a verified CIFAR-10 archive, and refuses any archive that is odd. */

import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { Parser, type ReadEntry } from 'tar';
import { ensureFreeSpace, formatBytes } from '../../experiment/data/disk-space.ts';
import { StageFailure } from '../../experiment/data/failure.ts';

// These constants of the format repeat those of experiment/data/records.ts on purpose: an edit of that
// reader must not make every user download 162 MiB again.
const RECORD_BYTES = 1 + 3 * 32 * 32;
const TRAIN_FILES = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`);
const TEST_FILE = 'test_batch.bin';
const CLASSES_FILE = 'batches.meta.txt';
const EXPECTED_FILES = [...TRAIN_FILES, TEST_FILE, CLASSES_FILE];

const MAX_ENTRIES = 1000;
const MAX_CLASSES_BYTES = 64 * 1024;
const REGULAR_TYPES = new Set(['File', 'OldFile', 'ContiguousFile']);

/** The archive itself is at fault: fetching the same bytes again would not help. */
export class ArchiveFailure extends StageFailure {}

/** An archive to unpack. */
export interface Archive {
  readonly path: string;
  /** Its name in messages. */
  readonly label: string;
}

/** Numbers of images in the unpacked files. */
export interface RecordCounts {
  readonly train: number;
  readonly test: number;
}

/**
 * Unpacks the seven files of CIFAR-10's binary version into `folder`, whichever folders they have in
 * the archive (a tar, gzipped or not); other regular files are left out. Rejects with an
 * {@link ArchiveFailure} that names the entry where one is no regular file or folder, leaves the
 * folder, comes twice or exceeds a limit, and where a file is missing or the archive is damaged.
 * What was written by then stays: the caller removes the folder.
 */
export async function extractRecords(
  archive: Archive,
  folder: string,
  maxUnpackedBytes: number,
  signal: AbortSignal,
): Promise<RecordCounts> {
  await mkdir(folder, { recursive: true });
  const parser = new Parser({ strict: true, zstd: false });
  const examine = createExaminer(archive.label, maxUnpackedBytes);
  const kept = new Map<string, number>();
  const writes: Promise<void>[] = [];
  const stop = new AbortController();
  let failure: Error | null = null;
  parser.on('error', (error: Error) => {
    failure ??= error;
  });
  const receive = (entry: ReadEntry) => {
    if (failure !== null) return;
    try {
      const name = examine(entry);
      if (name === null) {
        entry.resume();
        return;
      }
      kept.set(name, sizeOf(entry));
      // The entry waits, and the parser with it, until its writer takes the data.
      const write = writeEntry(entry, join(folder, name), stop.signal);
      writes.push(write.catch((error: unknown) => parser.abort(toError(error))));
    } catch (error) {
      parser.abort(toError(error));
    }
  };
  parser.on('entry', receive);
  // Entries of a type that the parser does not know, and oversized headers.
  parser.on('ignoredEntry', receive);
  try {
    await feed(parser, archive.path, signal);
    await Promise.all(writes);
    if (failure !== null) throw failure;
  } catch (error) {
    // No writer may outlive this call, or it could write after the folder is removed.
    stop.abort();
    await Promise.allSettled(writes);
    signal.throwIfAborted();
    throw explain(failure ?? toError(error), archive.label);
  }
  return countRecords(kept, archive.label);
}

/** Checks entries one by one. Gives the name under which to keep one, null for one to leave out. */
function createExaminer(label: string, maxBytes: number): (entry: ReadEntry) => string | null {
  const paths = new Set<string>();
  const names = new Set<string>();
  let total = 0;
  let count = 0;
  return (entry) => {
    const refuse = (problem: string): never => {
      throw new ArchiveFailure(
        `${label} is refused: entry ${JSON.stringify(entry.path)} ${problem}`,
      );
    };
    const segments = entry.path.split(/[\\/]/);
    if (/^([\\/]|[a-z]:)/i.test(entry.path)) refuse('has an absolute path');
    if (segments.includes('..')) refuse('has a path with ".."');
    count += 1;
    if (count > MAX_ENTRIES) refuse(`is one too many; the limit is ${MAX_ENTRIES} entries`);
    if (entry.type === 'Directory') return null;
    if (!REGULAR_TYPES.has(entry.type)) {
      const target = entry.linkpath === undefined ? '' : ` to ${JSON.stringify(entry.linkpath)}`;
      refuse(`is no regular file but of type ${entry.type}${target}`);
    }
    const path = segments.filter((segment) => segment !== '' && segment !== '.').join('/');
    if (paths.has(path)) refuse('comes twice');
    paths.add(path);
    const size = sizeOf(entry);
    total += size;
    if (total > maxBytes) refuse(`exceeds the limit of ${formatBytes(maxBytes)} unpacked`);
    const name = segments.at(-1) ?? '';
    if (!EXPECTED_FILES.includes(name)) return null;
    if (names.has(name)) refuse(`is a second ${name}`);
    names.add(name);
    if (name === CLASSES_FILE) {
      if (size > MAX_CLASSES_BYTES) refuse(`has ${formatBytes(size)}, far too many`);
    } else if (size === 0 || size % RECORD_BYTES !== 0) {
      refuse(`has ${size} bytes; expected one or more records of ${RECORD_BYTES} bytes`);
    }
    return name;
  };
}

/** The size that the parser reads; `entry.size` may be overwritten by a global pax header. */
function sizeOf(entry: ReadEntry): number {
  return entry.header.size ?? 0;
}

async function writeEntry(entry: ReadEntry, path: string, signal: AbortSignal): Promise<void> {
  await ensureFreeSpace(dirname(path), sizeOf(entry), basename(path));
  const file = createWriteStream(path, { flags: 'wx', signal });
  entry.pipe(file);
  await finished(file);
  if (file.bytesWritten !== sizeOf(entry)) {
    throw new Error(`entry ${JSON.stringify(entry.path)} ends early`);
  }
}

/** Feeds the archive to the parser at the speed of the writers. Rejects with the first failure. */
async function feed(parser: Parser, path: string, signal: AbortSignal): Promise<void> {
  const ended = once(parser, 'end', { signal });
  // It may reject before anything awaits it.
  ended.catch(() => undefined);
  for await (const chunk of createReadStream(path, { signal }) as AsyncIterable<Buffer>) {
    // A parser that has failed drains no more, so that its failure must end the wait too.
    if (!parser.write(chunk)) await Promise.race([once(parser, 'drain', { signal }), ended]);
  }
  parser.end();
  await ended;
}

function explain(error: NodeJS.ErrnoException, label: string): StageFailure {
  if (error instanceof StageFailure) return error;
  const { message, syscall } = error;
  if (syscall !== undefined) return new StageFailure(`cannot unpack ${label}: ${message}`);
  return new ArchiveFailure(
    `${label} is truncated or no tar.gz archive of CIFAR-10's binary version: ${message}`,
  );
}

function toError(error: unknown): NodeJS.ErrnoException {
  return error instanceof Error ? error : new Error(String(error));
}

function countRecords(kept: ReadonlyMap<string, number>, label: string): RecordCounts {
  const missing = EXPECTED_FILES.filter((name) => !kept.has(name));
  if (missing.length > 0) {
    throw new ArchiveFailure(
      `${label} lacks ${missing.join(', ')}; expected the binary version of CIFAR-10 with ` +
        EXPECTED_FILES.join(', '),
    );
  }
  const count = (name: string) => (kept.get(name) ?? 0) / RECORD_BYTES;
  return {
    train: TRAIN_FILES.reduce((sum, name) => sum + count(name), 0),
    test: count(TEST_FILE),
  };
}
