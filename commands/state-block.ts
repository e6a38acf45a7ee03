/** The block `state:` of an experiment's config: what the last training of it came to. */

import { isMap, isScalar, parseDocument, stringify } from 'yaml';
import { fail } from '../experiment/data/failure.ts';

/** What is noted in a config. Paths are relative to the workspace. */
export interface ConfigState {
  /** Epochs trained. */
  readonly epochs: number;
  readonly checkpoint: string;
  /** Where the interpolation threshold was reached; null where it was not. */
  readonly interpolation: { readonly epoch: number; readonly step: number } | null;
  /** The test error at the threshold, or at the last epoch where it was not reached; null where the training diverged. */
  readonly test_error: number | null;
  /** The key under which Comet knows the experiment; null where it was not told of it. */
  readonly experiment_key: string | null;
  /** Tells the work that the key is of from that of an edited config; absent without a key. */
  readonly experiment_work?: string;
}

/**
 * Replaces the block in a config's text, or appends it. Every other byte, comments included, stays.
 * Fails where the text is no YAML mapping.
 */
export function writeState(text: string, state: ConfigState): string {
  const document = parseDocument(text);
  const { contents } = document;
  if (document.errors.length > 0 || !isMap(contents)) return fail('the config is no YAML mapping');
  const starts = contents.items.map(({ key }) => (isScalar(key) ? (key.range?.[0] ?? 0) : 0));
  const index = contents.items.findIndex(({ key }) => isScalar(key) && key.value === 'state');
  const before =
    index === -1
      ? text
      : text.slice(0, starts[index]) + text.slice(starts[index + 1] ?? text.length);
  const rest = before === '' || before.endsWith('\n') ? before : `${before}\n`;
  return `${rest}${stringify({ state })}`;
}
