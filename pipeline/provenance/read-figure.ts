/** `trace`, first step: a figure's file → what it says of itself. */

import { existsSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import type { FigureProvenance } from '../contract/figure.ts';
import type { Json, JsonObject } from '../contract/values.ts';
import { isJsonObject } from '../pipeline-file/types.ts';
import { parseCsv } from './csv.ts';
import { readPdfText } from './pdf-text.ts';
import { readPngText } from './png-text.ts';

/** What the name of a figure's file ends in. The CSV carries no provenance of its own. */
const ENDINGS = ['.vl.json', '.plain.svg', '.svg', '.png', '.pdf', '.csv'] as const;
type Ending = (typeof ENDINGS)[number];

/** A figure's file, with what it says of itself. */
export interface FigureFile {
  readonly path: string;
  readonly provenance: FigureProvenance;
  /** The file that carries the provenance: this one, or one beside it. */
  readonly carrier: string;
  /** The rows of data: the file's own, else those of the spec beside it; null where there are none. */
  readonly rows: readonly JsonObject[] | null;
  /** The rows are those of the CSV, which may be more than those that are drawn. */
  readonly isTable: boolean;
}

/** Why a file says nothing of where it comes from. */
export type FigureFault = 'missing' | 'no-figure' | 'no-provenance';

/** Reads a figure's file. Whatever its bytes are, it is a value or a fault, never thrown. */
export function readFigure(path: string): FigureFile | FigureFault {
  if (!existsSync(path)) return 'missing';
  const ending = ENDINGS.find((one) => path.endsWith(one));
  if (ending === undefined) return 'no-figure';
  const base = path.slice(0, -ending.length);
  // Itself first, so that a file that was taken elsewhere alone still speaks for itself.
  const carriers = [ending, ...ENDINGS.filter((one) => one !== ending)];
  for (const one of carriers) {
    const carrier = base + one;
    const provenance = existsSync(carrier) ? readProvenance(readFileSync(carrier), one) : null;
    if (provenance === null) continue;
    const isTable = ending === '.csv';
    const rows = isTable ? parseCsv(readFileSync(path, 'utf8')) : readSpecRows(`${base}.vl.json`);
    return { path, provenance, carrier, rows, isTable };
  }
  return 'no-provenance';
}

/** The rows of data of a Vega-Lite spec; null where there is none. */
export function readSpecRows(path: string): readonly JsonObject[] | null {
  if (!existsSync(path)) return null;
  const spec = parseJson(readFileSync(path, 'utf8'));
  const data = isJsonObject(spec) ? spec['data'] : undefined;
  const values = isJsonObject(data) ? data['values'] : undefined;
  return Array.isArray(values) && values.every(isJsonObject) ? values : null;
}

function readProvenance(bytes: Buffer, ending: Ending): FigureProvenance | null {
  const usermeta = readUsermeta(bytes, ending);
  const provenance = isJsonObject(usermeta) ? usermeta['provenance'] : undefined;
  return isProvenance(provenance) ? provenance : null;
}

function readUsermeta(bytes: Buffer, ending: Ending): Json | undefined {
  switch (ending) {
    case '.vl.json': {
      const spec = parseJson(bytes.toString('utf8'));
      return isJsonObject(spec) ? spec['usermeta'] : undefined;
    }
    case '.plain.svg':
    case '.svg': {
      const [, text = ''] = /<metadata[^>]*>([^<]*)<\/metadata>/.exec(bytes.toString('utf8')) ?? [];
      return parseJson(text.replace(/&(?:lt|gt|amp);/g, (entity) => ENTITIES[entity] ?? entity));
    }
    case '.png':
      return parseJson(readPngText(bytes, 'usermeta') ?? '');
    case '.pdf':
      return parseJson(readPdfText(bytes, 'usermeta') ?? '');
    case '.csv':
      return undefined;
  }
}

const ENTITIES: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&amp;': '&' };

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

const text = { type: 'string' };
const digest = { type: 'string', pattern: '^[0-9a-f]{64}$' };
const row = { type: 'integer', minimum: 1 };
const stretches = {
  type: 'array',
  items: { type: 'array', items: [row, row], minItems: 2, maxItems: 2 },
};
const isProvenance = new Ajv({ allowUnionTypes: true }).compile<FigureProvenance>({
  type: 'object',
  required: ['schema', 'node', 'fields', 'runs'],
  properties: {
    schema: { const: 1 },
    node: text,
    fields: { type: 'array', items: text },
    without: stretches,
    runs: {
      type: 'array',
      items: {
        type: 'object',
        required: ['run', 'input', 'node', 'fingerprint', 'sha256', 'rows'],
        properties: {
          run: text,
          input: text,
          node: text,
          fingerprint: digest,
          sha256: { anyOf: [digest, { type: 'null' }] },
          rows: stretches,
        },
      },
    },
  },
});
