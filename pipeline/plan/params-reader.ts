import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { splitBlocks } from '../cache/mutable-blocks.ts';
import type { ObjectStore } from '../cache/objects.ts';
import { isDigest } from '../fingerprint/canonical.ts';
import type { ContentId } from '../fingerprint/record.ts';
import type { InputSource } from '../graph/types.ts';
import type { Json, JsonObject } from '../job/contract.ts';
import type { Diagnostic, Result } from '../spec/diagnostic.ts';
import { isJsonObject } from '../spec/types.ts';
import { parseYamlSource } from '../spec/yaml-source.ts';
import { writeFileAtomic } from '../system/files.ts';

/**
 * Reads inputs `as: params`: YAML mappings. What a content holds is remembered, between runs too,
 * because parsing is what a run without work would spend most of its time on.
 */
export class ParamsReader {
  readonly #workspace: string;
  readonly #objects: ObjectStore;
  readonly #memoPath: string;
  readonly #known: Map<string, JsonObject>;
  #changed = false;

  /** @param memoPath file that keeps the memory; losing it costs time only */
  constructor(workspace: string, objects: ObjectStore, memoPath: string) {
    this.#workspace = workspace;
    this.#objects = objects;
    this.#memoPath = memoPath;
    this.#known = readMemo(memoPath);
  }

  /** @param mutable keys of the file that do not count */
  read(source: InputSource, content: ContentId, mutable: readonly string[]): Result<JsonObject> {
    const known = this.#known.get(content);
    if (known !== undefined) return { ok: true, value: known };
    const text = content.startsWith('file:') ? this.#readText(source, content) : '';
    const { fixed } = splitBlocks(text, mutable);
    const { source: yaml, diagnostics } = parseYamlSource(source.path, fixed, 'program');
    if (diagnostics.length > 0) return { ok: false, diagnostics };
    const value = yaml.value as Json;
    if (isJsonObject(value)) {
      this.#remember(content, value);
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

  /** @param asideFolder see {@link writeFileAtomic} */
  save(asideFolder: string): void {
    if (!this.#changed) return;
    writeFileAtomic(this.#memoPath, JSON.stringify(Object.fromEntries(this.#known)), asideFolder);
    this.#changed = false;
  }

  #remember(content: ContentId, value: JsonObject): void {
    this.#known.set(content, value);
    this.#changed = true;
  }

  /**
   * The text of an input. While planning the file may not be back in its place yet, so the store is
   * asked first; a text counts only if it has the digest.
   */
  #readText(source: InputSource, content: ContentId): string {
    const digest = content.slice(content.indexOf(':') + 1);
    const kept = isDigest(digest) ? this.#objects.readText(digest) : null;
    return kept ?? readFileSync(join(this.#workspace, source.path), 'utf8');
  }
}

function readMemo(path: string): Map<string, JsonObject> {
  try {
    const entries = Object.entries(JSON.parse(readFileSync(path, 'utf8')) as object);
    return new Map(entries.filter(([, value]) => isJsonObject(value as Json)));
  } catch {
    // Absent or damaged: everything is parsed again.
    return new Map();
  }
}
