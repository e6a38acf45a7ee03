/**
 * `ignore:` → what below a folder does not count, the same for fingerprints, guard, `watch` and
 * audit.
 */

import { createRequire } from 'node:module';
import type { Ignore } from 'ignore';
import { DEFAULT_PATTERNS } from './default-patterns.ts';
import { makeNameTest } from './name-test.ts';

const require = createRequire(import.meta.url);

/** Decides what below one folder does not count. A path is from that folder, with `/`. */
export interface FolderRules {
  /** Whether something does not count, given that the folders on the way to it do. */
  readonly skips: (path: string, isFolder: boolean) => boolean;
  /** Whether something does not count, by itself or for lying in a folder that does not. */
  readonly covers: (path: string) => boolean;
}

/**
 * What in the folders of a workspace does not count: {@link DEFAULT_PATTERNS} and then those of
 * `ignore` in `pipeline.yaml`, of which a later one overrules an earlier one. The one idea of it that
 * fingerprints, the guard against changes during a run, `watch` and the audit have.
 *
 * A folder that is named, as an input is, counts itself, whatever its name is.
 */
export class IgnoreRules {
  /** Equal for rules that decide alike. */
  readonly key: string;
  readonly #root: string;
  readonly #patterns: readonly string[];
  readonly #explorations: string | null;
  readonly #mayMatch: (path: string) => boolean;
  #matcher: Ignore | undefined;

  /**
   * @param workspace absolute path
   * @param patterns gitignore syntax, one pattern each, without mistakes
   * @param explorations the folder of explorations, from the workspace; null for none. In each of them
   *   patterns mean what they mean outside
   */
  constructor(workspace: string, patterns: readonly string[], explorations: string | null = null) {
    this.key = JSON.stringify([patterns, explorations]);
    this.#explorations = explorations;
    this.#root = `${workspace}/`;
    this.#patterns = [...DEFAULT_PATTERNS, ...patterns];
    this.#mayMatch = patterns.length === 0 ? DEFAULT_TEST : makeNameTest(this.#patterns);
  }

  /** The rules for what lies in a folder. @param folder absolute path */
  below(folder: string): FolderRules {
    let prefix: string | undefined;
    const skips = (path: string, isFolder: boolean): boolean => {
      // Hardly any name comes further than this, which is what keeps large folders quick.
      if (!this.#mayMatch(path)) return false;
      prefix ??= this.#prefixOf(folder);
      return this.#ignores(prefix + path, isFolder);
    };
    const covers = (path: string): boolean => {
      for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) {
        if (skips(path.slice(0, end), true)) return true;
      }
      return skips(path, false) || skips(path, true);
    };
    return { skips, covers };
  }

  /**
   * What stands before a path of the folder when it is compared with patterns, which are written from
   * the workspace. A folder elsewhere, and one that would itself be left out, has its own paths only.
   */
  #prefixOf(folder: string): string {
    if (!folder.startsWith(this.#root)) return '';
    const whole = folder.slice(this.#root.length);
    const path = this.#splitExploration(whole)?.inner ?? whole;
    return path === '' || this.#matches(path, true) ? '' : `${path}/`;
  }

  #ignores(path: string, isFolder: boolean): boolean {
    const split = this.#splitExploration(path);
    if (split === null || split.inner === '') return this.#matches(path, isFolder);
    return this.#matches(split.outer, true) || this.#matches(split.inner, isFolder);
  }

  #matches(path: string, isFolder: boolean): boolean {
    this.#matcher ??= openMatcher(this.#patterns);
    return this.#matcher.ignores(isFolder ? `${path}/` : path);
  }

  /** Of a path at or in the folder of an exploration, that folder and the rest; null for any other. */
  #splitExploration(path: string): { readonly outer: string; readonly inner: string } | null {
    if (this.#explorations === null || !path.startsWith(`${this.#explorations}/`)) return null;
    const slash = path.indexOf('/', this.#explorations.length + 1);
    const end = slash === -1 ? path.length : slash;
    return { outer: path.slice(0, end), inner: path.slice(end + 1) };
  }
}

const DEFAULT_TEST = makeNameTest(DEFAULT_PATTERNS);

/**
 * Whether a pattern can be compared with paths at all.
 *
 * @throws what is not about the pattern
 */
export function canCompare(pattern: string): boolean {
  try {
    openMatcher([pattern]).ignores('x');
    return true;
  } catch (error) {
    // What cannot become a regular expression.
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** Loaded when a name first asks for it. Names differ in case, as on the disks of most machines that train. */
function openMatcher(patterns: readonly string[]): Ignore {
  const make = require('ignore') as typeof import('ignore');
  return make({ ignorecase: false, allowRelativePaths: true }).add([...patterns]);
}
