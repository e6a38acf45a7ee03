/** Reads `claims.yaml`. */

import { Ajv } from 'ajv';
import { type Document, isMap, isNode, LineCounter, parseDocument } from 'yaml';
import { fail } from '../data/failure.ts';
import type { Claims } from './claim.ts';
import schema from './claims.schema.json' with { type: 'json' };

const validate = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true }).compile<Claims>(
  schema,
);

/**
 * Parses the text of a claims file. Fails, listing each mistake with line and column, where it does
 * not follow the schema or repeats an id.
 *
 * @param file its name, for messages
 */
export function parseClaims(file: string, text: string): Claims {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const locate = (path: readonly (string | number)[], key?: string): string => {
    for (let length = path.length; length >= 0; length--) {
      const node: unknown =
        length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
      if (!isNode(node)) continue;
      const pair = isMap(node) ? node.items.find((item) => String(item.key) === key) : undefined;
      const found = isNode(pair?.key) ? pair.key : node;
      if (found.range) return place(found.range[0]);
    }
    return place(0);
  };
  const mistakes = document.errors.map(
    ({ message, pos }) => `${place(pos[0])}: not valid YAML: ${message}`,
  );
  if (mistakes.length > 0) return fail(mistakes.join('\n'));
  const value = toValue(file, document);
  if (!validate(value)) {
    for (const { instancePath, keyword, message, params, data } of validate.errors ?? []) {
      if (keyword === 'if') continue;
      const steps = instancePath.slice(1).split('/').filter(Boolean);
      const path = steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step));
      const key: unknown = params['additionalProperty'];
      const words = describeMistake(String(message), params, data);
      const name = steps.length === 0 ? 'the file' : steps.join('.');
      mistakes.push(`${locate(path, typeof key === 'string' ? key : undefined)}: ${name} ${words}`);
    }
    return fail([...new Set(mistakes)].join('\n'));
  }
  const ids = value.claims.map(({ id }) => id);
  for (const [index, id] of ids.entries()) {
    if (ids.indexOf(id) === index) continue;
    mistakes.push(`${locate(['claims', index, 'id'])}: the id "${id}" is used twice`);
  }
  return mistakes.length > 0 ? fail(mistakes.join('\n')) : value;
}

/** The value of a document; an alias without an anchor, or a merge of what is no mapping, fails. */
function toValue(file: string, document: Document): unknown {
  try {
    return document.toJS();
  } catch (error) {
    return fail(`${file}: not valid YAML: ${error instanceof Error ? error.message : error}`);
  }
}

function describeMistake(
  message: string,
  params: Readonly<Record<string, unknown>>,
  data: unknown,
): string {
  const { additionalProperty, allowedValues } = params;
  if (typeof additionalProperty === 'string') return `has an unknown key "${additionalProperty}"`;
  const allowed = Array.isArray(allowedValues) ? `: ${allowedValues.join(', ')}` : '';
  const found = typeof data === 'object' ? '' : `; found ${JSON.stringify(data)}`;
  return `${message}${allowed}${found}`;
}
