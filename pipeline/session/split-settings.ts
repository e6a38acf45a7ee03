/** `--set key=value` → key and text, before the parameters are known. */

import type { Setting } from '../graph/read-setting.ts';
import type { Diagnostic } from '../pipeline-file/diagnostic.ts';
import { describeBadArgument } from './mistakes.ts';

/** `dataset.train=500` → key and text: what the text means depends on the parameter. */
export function splitSettings(texts: readonly string[]): {
  readonly settings: readonly Setting[];
  readonly mistakes: Diagnostic[];
} {
  const mistakes: Diagnostic[] = [];
  const settings = texts.flatMap((text): Setting[] => {
    const equals = text.indexOf('=');
    if (equals >= 1) return [{ key: text.slice(0, equals), text: text.slice(equals + 1) }];
    const expected = 'key=value, such as --set dataset.train=500';
    mistakes.push(
      describeBadArgument(`--set ${text}`, `"${text}" has no key and value`, { expected }),
    );
    return [];
  });
  return { settings, mistakes };
}
