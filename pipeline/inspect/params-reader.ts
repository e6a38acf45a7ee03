/** Inputs `as: params` → values, remembered by content. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { splitBlocks } from '../cache/mutable-blocks.ts';
import type { ObjectStore } from '../cache/objects.ts';
import type { Json, JsonObject } from '../contract/values.ts';
import { hashBytes, isDigest } from '../fingerprint/canonical.ts';
import type { ContentId } from '../fingerprint/record.ts';
import type { InputSource } from '../graph/types.ts';
import { decodeText } from '../pipeline-file/decode-text.ts';
import type { Diagnostic, Result } from '../pipeline-file/diagnostic.ts';
import { isJsonObject } from '../pipeline-file/types.ts';
import { parseYamlSource } from '../pipeline-file/yaml-source.ts';
import { type AgedRow, AgedRows } from '../system/aged-rows.ts';
import { dayOf } from '../system/memo-age.ts';
import { readJsonMemo, writeJsonMemo } from '../system/memo-file.ts';

/**
 * Reads inputs `as: params`: YAML mappings. What a content holds is remembered, between runs too,
 * because parsing is what a run without work would spend most of its time on.
 */
export class ParamsReader {
  readonly #workspace: string;
  readonly #objects: ObjectStore;
  readonly #memoPath: string;
  readonly #known: AgedRows<JsonObject>;
  readonly #today: number;

  /** @param memoPath file that keeps the memory; losing it costs time only */
  constructor(workspace: string, objects: ObjectStore, memoPath: string, now: () => number) {
    this.#workspace = workspace;
    this.#objects = objects;
    this.#memoPath = memoPath;
    // Nothing where the memo is absent, damaged or another program's: everything is parsed again.
    this.#known = new AgedRows((readJsonMemo(memoPath) ?? []) as readonly AgedRow<JsonObject>[]);
    this.#today = dayOf(now());
  }

  /** @param mutable keys of the file that do not count */
  read(source: InputSource, content: ContentId, mutable: readonly string[]): Result<JsonObject> {
    const known = this.#known.find(content, this.#today);
    if (known !== undefined) return { ok: true, value: known };
    const { text, isOfContent, diagnostics: bytes } = this.#readText(source, content, mutable);
    if (bytes.length > 0) return { ok: false, diagnostics: bytes };
    const { source: yaml, diagnostics } = parseYamlSource(source.path, text, 'program');
    if (diagnostics.length > 0) return { ok: false, diagnostics };
    const value = yaml.value as Json;
    if (isJsonObject(value)) {
      if (isOfContent) this.#known.keep(content, value, this.#today);
      return { ok: true, value };
    }
    const diagnostic: Diagnostic = {
      code: 'yaml-syntax',
      message: `${source.path} is read as parameters but is not a YAML mapping`,
      location: { file: source.path, line: 1, column: 1 },
      expected: 'key: value lines',
    };
    return { ok: false, diagnostics: [diagnostic] };
  }

  /** Writes the memory back, if anything changed. @param asideFolder see {@link writeJsonMemo} */
  save(asideFolder: string): void {
    if (!this.#known.changed) return;
    writeJsonMemo(this.#memoPath, this.#known.list(this.#today), asideFolder);
    this.#known.changed = false;
  }

  /**
   * The text of an input without its mutable blocks. While planning the file may not be back in its
   * place yet, so the store is asked first. A file may have been saved since it was hashed: then what
   * it says is not of the content, and the run that reads it will find that out.
   */
  #readText(
    source: InputSource,
    content: ContentId,
    mutable: readonly string[],
  ): { text: string; isOfContent: boolean; diagnostics: readonly Diagnostic[] } {
    if (content.startsWith('tree:')) return { text: '', isOfContent: true, diagnostics: [] };
    const digest = content.slice(content.indexOf(':') + 1);
    const kept = isDigest(digest) ? this.#objects.readBytes(digest) : null;
    const bytes = kept ?? readFileSync(join(this.#workspace, source.path));
    const decoded = decodeText(source.path, bytes);
    const text = splitBlocks(decoded.text, mutable).fixed;
    const isOfContent = kept !== null || hashBytes(text) === digest;
    return { text, isOfContent, diagnostics: decoded.diagnostics };
  }
}
