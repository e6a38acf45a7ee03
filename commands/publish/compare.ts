/** Compares two publications by value. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FieldValue } from '../../experiment/claims/claim.ts';
import type { ClaimsReport } from '../../experiment/claims/claims-report.ts';
import { parseRows } from '../../experiment/claims/read-rows.ts';
import type { Row } from '../../experiment/claims/select.ts';
import { fail } from '../../experiment/data/failure.ts';
import { compileSchema, formatErrors } from '../../experiment/data/json.ts';
import type { Evaluation } from '../../experiment/recorded/evaluation.ts';
import { readManifest } from './publication.ts';

/** What of a publication is compared. */
export interface PublishedResults {
  readonly profile: string;
  /** The digest of the publication, as its manifest has it. */
  readonly digest: string;
  readonly claims: readonly PublishedClaim[];
  readonly rows: readonly Row[];
}

type PublishedClaim = Pick<
  ClaimsReport['claims'][number],
  'id' | 'statement' | 'verdict' | 'reason'
>;

/** A claim whose verdict is another; null where it was not there. */
interface ClaimChange {
  readonly id: string;
  readonly statement: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** A value of an experiment that moved. */
export interface ValueChange {
  readonly experiment: string;
  readonly field: string;
  readonly from: FieldValue;
  readonly to: FieldValue;
  /** `to` less `from`, where both are numbers. */
  readonly change: number | null;
}

/** The content of `comparison.json`. */
export interface Comparison {
  readonly schema: 1;
  readonly base: { readonly profile: string; readonly digest: string };
  readonly current: { readonly profile: string; readonly digest: string };
  readonly claims: readonly ClaimChange[];
  readonly values: readonly ValueChange[];
  /** Names of experiments that only one of them has. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** What is compared of an experiment, in this order. */
const FIELDS = [
  ...(['reached', 'step', 'epoch', 'test_error', 'train_accuracy', 'train', 'test'] as const),
] satisfies readonly (keyof Evaluation)[];

/** Compares a publication with an earlier one. */
export function compareResults(base: PublishedResults, current: PublishedResults): Comparison {
  const verdicts = (one: PublishedResults) => new Map(one.claims.map((claim) => [claim.id, claim]));
  const [claimsBefore, claimsNow] = [verdicts(base), verdicts(current)];
  const claims = [...new Set([...claimsNow.keys(), ...claimsBefore.keys()])].flatMap((id) => {
    const [before, now] = [claimsBefore.get(id), claimsNow.get(id)];
    if (before?.verdict === now?.verdict) return [];
    const statement = now?.statement ?? before?.statement ?? id;
    return { id, statement, from: before?.verdict ?? null, to: now?.verdict ?? null };
  });
  const rowsOf = (one: PublishedResults) => new Map(one.rows.map((row) => [row.experiment, row]));
  const [rowsBefore, rowsNow] = [rowsOf(base), rowsOf(current)];
  const names = [...rowsNow.keys()].sort();
  return {
    schema: 1,
    base: { profile: base.profile, digest: base.digest },
    current: { profile: current.profile, digest: current.digest },
    claims,
    values: names.flatMap((name) => compareRows(rowsBefore.get(name), rowsNow.get(name))),
    added: names.filter((name) => !rowsBefore.has(name)),
    removed: [...rowsBefore.keys()].filter((name) => !rowsNow.has(name)).sort(),
  };
}

function compareRows(before: Row | undefined, now: Row | undefined): readonly ValueChange[] {
  if (before === undefined || now === undefined) return [];
  return FIELDS.flatMap((field) => {
    const [from = null, to = null] = [before, now].map((row) => tellValue(row[field]));
    if (from === to) return [];
    const change = typeof from === 'number' && typeof to === 'number' ? to - from : null;
    return { experiment: now.experiment, field, from, to, change };
  });
}

/** None of the fields compared is a list. */
function tellValue(value: Row[string] | undefined): FieldValue {
  return value === undefined || typeof value === 'object' ? null : value;
}

const validateClaims = compileSchema<{ readonly claims: readonly PublishedClaim[] }>({
  type: 'object',
  properties: {
    claims: {
      type: 'array',
      items: {
        type: 'object',
        properties: { id: { type: 'string' }, verdict: { type: 'string' } },
        required: ['id', 'verdict'],
      },
    },
  },
  required: ['claims'],
});

/** Reads the results of a publication. Fails where the folder holds none. */
export function readResults(folder: string): PublishedResults {
  const manifest = readManifest(folder);
  if (manifest === null) {
    return fail(
      `${folder} holds no publication: it has no manifest.json; expected what pipeline publish wrote`,
    );
  }
  const read = (name: string) => {
    try {
      return readFileSync(join(folder, name), 'utf8');
    } catch {
      return fail(`${folder} holds no whole publication: it has no ${name}`);
    }
  };
  const claims: unknown = JSON.parse(read('claims.json'));
  if (!validateClaims(claims)) {
    return fail(`${join(folder, 'claims.json')}:\n${formatErrors(validateClaims)}`);
  }
  const rows = parseRows(join(folder, 'experiments.jsonl'), read('experiments.jsonl'));
  const { profile, digest } = manifest;
  return { profile, digest, claims: claims.claims, rows };
}
