/** What a person may have meant who wrote what the schema does not know. */

import type { ErrorObject } from 'ajv';
import { type Diagnostic, suggest, suggestName } from './diagnostic.ts';
import type { YamlPath, YamlSource } from './yaml-source.ts';

type Help = Pick<Diagnostic, 'expected' | 'hint'>;

/** Keys of a stage of which it has exactly one. */
export const ACTIONS: readonly string[] = ['command', 'module', 'template'];

/** What other tools call the keys of this format. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    command: 'cmd run script shell exec entry',
    inputs: 'dep deps dependencies sources reads files',
    outputs: 'out outs targets artifacts writes',
    needs: 'depends depends_on dependsOn after requires',
    env: 'environment vars_env',
    matrix: 'foreach strategy sweep grid wildcards',
    params: 'vars variables parameters config',
    stages: 'jobs rules tasks steps pipeline',
    retries: 'retry attempts',
    timeout: 'timeout_seconds timeout_minutes time_limit',
    cpus: 'threads cores num_cpus',
    memory: 'mem mem_mb ram',
  }).flatMap(([ours, theirs]) => theirs.split(' ').map((name) => [name, ours] as const)),
);

/** The key that an unknown one stands for, where the mapping may have it and does not; else undefined. */
export function findMeantKey(error: ErrorObject, source: YamlSource): string | undefined {
  if (error.keyword !== 'additionalProperties') return undefined;
  const { additionalProperty: key } = error.params as { additionalProperty: string };
  const known = knownKeys(error);
  const other = OTHER_NAMES.get(key);
  const meant = other !== undefined && known.includes(other) ? other : suggestName(key, known);
  const has = error.data as Readonly<Record<string, unknown>>;
  return meant === undefined || Object.hasOwn(has, meant) || source.value === undefined
    ? undefined
    : meant;
}

/** What an unknown key may have meant. */
export function hintAtKey(error: ErrorObject, key: string, source: YamlSource): Help {
  if (isPathKey(error))
    return { hint: 'a file or folder is given by its path alone: name: data.csv' };
  const meant = findMeantKey(error, source);
  if (meant !== undefined) return { hint: `did you mean "${meant}"?` };
  const { params } = source.value as { readonly params?: unknown };
  const isParam = typeof params === 'object' && params !== null && Object.hasOwn(params, key);
  return isParam && knownKeys(error).includes('params')
    ? { hint: `write params: { ${key}: … }` }
    : suggest(key, knownKeys(error));
}

/** A path under a key of its own, in an input: only an output of a stage is a mapping. */
export function isPathKey(error: ErrorObject): boolean {
  const { additionalProperty: key = '' } = error.params as { additionalProperty?: string };
  return ['path', 'file', 'folder'].includes(key) && knownKeys(error).includes('from');
}

function knownKeys({ parentSchema }: ErrorObject): string[] {
  return Object.keys((parentSchema as { properties?: object } | undefined)?.properties ?? {});
}

/** Which actions a stage has, where it has several. */
export function describeActions(stage: unknown): string {
  const has = ACTIONS.filter((key) => Object.hasOwn(stage as object, key));
  return has.length > 1 ? `; it has ${has.join(' and ')}` : '';
}

/** What is to stand in the place of a value of the wrong type, where that is known better than its type. */
export function describeType(error: ErrorObject, path: YamlPath): Help {
  const { data, params, parentSchema } = error;
  const { type } = params as { type: unknown };
  const { pattern } = (parentSchema ?? {}) as { pattern?: string };
  const [key = ''] = path.slice(-1).map(String);
  if (data === null && path.length > 0) return { hint: `leave ${key} out, or give it a value` };
  if (type === 'string' && pattern !== undefined) return describePattern(pattern, String(data));
  if (path[2] === 'matrix' && path[0] === 'stages') {
    const [, , , axis = ''] = path.map(String);
    if (type === 'string' && ['from', 'count'].includes(key)) {
      return { expected: 'the name of a parameter that holds a whole number' };
    }
    const meant = suggestName(axis, ['include', 'exclude']);
    if (meant !== undefined && meant !== axis) return { hint: `did you mean "${meant}"?` };
  }
  if (type === 'array') return describeList(data, key);
  if (type === 'string' && key === 'command' && Array.isArray(data)) {
    return { hint: 'write the lines of the command below `command: |`, without dashes' };
  }
  if (type === 'object' && key === 'stages' && path.length === 1 && Array.isArray(data)) {
    return { hint: 'give each stage its name as a key: `count: { command: …, outputs: … }`' };
  }
  if (type === 'object' && ['inputs', 'outputs'].includes(key)) {
    const [first] = [data].flat();
    return typeof first === 'string' ? { hint: `give it a name: { file: ${first} }` } : {};
  }
  if (type === 'integer' && typeof data === 'number') return describeGpus(error, path);
  const text = typeof data === 'string' && String(Number(data)) === data;
  return text && ['integer', 'number'].includes(String(type)) ? { hint: `write ${data}` } : {};
}

/** What a stage can ask of GPUs, where it is that which is wrong. */
export function describeGpus({ data }: ErrorObject, path: YamlPath): Help {
  const [section, , resources, key] = path;
  if (section !== 'stages' || resources !== 'resources' || key !== 'gpus') return {};
  const least = path.includes('count') ? 'a whole number from 1' : 'a whole number';
  const expected = `${least}, or the part of one GPU that it shares with others, from 0.01 to 0.99: 0.5`;
  if (Number(data) < 1 && Number(data) > 0.99) return { expected, hint: 'write 1' };
  return Number(data) > 1
    ? { expected, hint: `write ${Math.ceil(Number(data))}: of more than one, GPUs are had whole` }
    : { expected };
}

function describeList(data: unknown, key: string): Help {
  if (typeof data === 'object' && data !== null) {
    const isOfMappings = ['include', 'exclude', 'where'].includes(key);
    const names = Object.keys(data).join(', ');
    return { hint: isOfMappings ? 'put it in a list: [{ … }]' : `write [${names}]` };
  }
  if (data === undefined) return {};
  const variable = /^\{\{\s*([\w.]+)\s*\}\}$/.exec(String(data))?.[1];
  return {
    hint: variable === undefined ? `write [${String(data)}]` : `write { param: ${variable} }`,
  };
}

/** What a pattern of the schema asks for, and what a text that misses it may have meant. */
export function describePattern(pattern: string, text: string): Help {
  const help = (expected: string, hint: string, form: RegExp) =>
    form.test(hint) ? { expected, hint: `write ${hint}` } : { expected };
  const form = new RegExp(pattern);
  const [, amount = '', unit = ''] = /^\s*([\d.]+)\s*([A-Za-z])/.exec(text) ?? [];
  if (pattern.endsWith('(MB|GB|TB)$')) {
    return help('a size such as 500MB or 4GB', `${amount}${unit.toUpperCase()}B`, form);
  }
  if (pattern.endsWith('[smhd]$')) {
    return help('a time such as 90s, 10m, 2h or 1d', `${amount}${unit.toLowerCase()}`, form);
  }
  if (pattern === '^all$') return help('a whole number, or all', text, /^\d+$/);
  if (pattern.startsWith('^[A-Za-z_]')) {
    const expected = 'letters, digits and _, not beginning with a digit';
    const [, variable] = /^([A-Za-z_]\w*)=/.exec(text) ?? [];
    if (variable !== undefined) {
      return { expected, hint: `write ${variable}: its value is that of the environment` };
    }
    return help(expected, text.replace(/\W/g, '_'), form);
  }
  const expected = 'letters, digits, ".", "_" and "-", beginning with a letter or digit';
  return help(expected, text.replace(/[^\w.-]/g, '-'), form);
}
