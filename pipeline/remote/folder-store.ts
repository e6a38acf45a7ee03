/**
 * A remote cache in a folder that several machines have: `ac/<2>/<key>` and `cas/<2>/<sha-256>`, the layout
 * of Bazel's own disk cache. Files get their names when they are whole.
 */

import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isErrorCode, isSystemError } from '../system/errors.ts';
import { movePath, nameUnfinished } from '../system/move-path.ts';
import { type EntryKind, RemoteFault, type RemoteStore, type Upload } from './remote-store.ts';

const PIECE = 1 << 20;

/** Entries in a folder. */
export class FolderStore implements RemoteStore {
  readonly #root: string;

  /** @param root absolute path, which is never made: where it is missing, a disk is not mounted */
  constructor(root: string) {
    this.#root = root;
  }

  async get(
    kind: EntryKind,
    key: string,
    take: (piece: Buffer) => Promise<void> | undefined,
  ): Promise<boolean> {
    const file = await this.#try(() => open(this.#path(kind, key), 'r'));
    if (file === null) return false;
    try {
      for (;;) {
        const { bytesRead, buffer } = await this.#try(() =>
          file.read(Buffer.allocUnsafe(PIECE), 0, PIECE, null),
        ).then((read) => read ?? { bytesRead: 0, buffer: Buffer.alloc(0) });
        if (bytesRead === 0) return true;
        await take(buffer.subarray(0, bytesRead));
      }
    } finally {
      await file.close();
    }
  }

  async has(kind: EntryKind, key: string): Promise<boolean> {
    const stats = await this.#try(async () => statSync(this.#path(kind, key)));
    return stats !== null;
  }

  async put(kind: EntryKind, key: string, { read }: Upload): Promise<void> {
    const target = this.#path(kind, key);
    const aside = nameUnfinished(target);
    await this.#try(async () => {
      // Not made with what is below it.
      statSync(this.#root);
      mkdirSync(dirname(target), { recursive: true });
      try {
        const file = await open(aside, 'wx');
        try {
          for await (const piece of read()) await file.writeFile(piece);
          await file.sync();
        } finally {
          await file.close();
        }
        movePath(aside, target);
      } catch (error) {
        rmSync(aside, { force: true });
        throw error;
      }
    });
  }

  close(): void {}

  /** @returns null where nothing is there @throws {RemoteFault} for an error of the system */
  async #try<T>(act: () => Promise<T>): Promise<T | null> {
    try {
      return await act();
    } catch (error) {
      if (isErrorCode(error, 'ENOENT')) {
        if (existsSync(this.#root)) return null;
        throw new RemoteFault('away', `there is no folder ${this.#root}`);
      }
      if (!isSystemError(error)) throw error;
      const kind = isErrorCode(error, 'EACCES', 'EPERM', 'EROFS') ? 'refused' : 'broken';
      throw new RemoteFault(kind, error.message);
    }
  }

  #path(kind: EntryKind, key: string): string {
    return join(this.#root, kind, key.slice(0, 2), key);
  }
}
