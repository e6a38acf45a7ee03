/** A node whose result two runs have otherwise → what differs, at the nodes where that arose. */

import type { ResultRecord } from '../cache/results.ts';
import type { JsonObject } from '../contract/values.ts';
import { lengthenChains, mergeCauses } from '../explain/causes.ts';
import { compareRecords } from '../explain/compare-records.ts';
import { type DetailSide, detailDifference } from '../explain/detail-difference.ts';
import type { Cause, Difference } from '../explain/difference.ts';
import { type Digest, stringifyCanonical } from '../fingerprint/canonical.ts';
import type { FingerprintRecord } from '../fingerprint/record.ts';
import type { RunSide } from './run-side.ts';

/** Larger outputs are not read as parameters. */
const MOST_BYTES = 1 << 20;

/** The result of a node in both runs. */
interface BothResults {
  readonly then: ResultRecord;
  readonly now: ResultRecord;
}

/** An output with what it holds in both runs, as parameters. */
interface HeldParams {
  readonly node: string;
  readonly before: string;
  readonly after: string;
}

/** Follows what differs in a node to the nodes upstream in which it arose. */
export class CauseFinder {
  readonly #before: RunSide;
  readonly #after: RunSide;
  readonly #found = new Map<string, readonly Cause[]>();
  /** Modules with their texts, which many nodes share, by both manifests of sources. */
  readonly #detailed = new Map<string, Difference>();
  /** Of outputs by the name of their file. */
  readonly #held = new Map<string, readonly HeldParams[]>();

  constructor(before: RunSide, after: RunSide) {
    this.#before = before;
    this.#after = after;
  }

  /** Whether a node has another result in the second run. */
  isChanged(node: string): boolean {
    const both = this.#resultsOf(node);
    return both !== null && both.then.fingerprint !== both.now.fingerprint;
  }

  /** Why a node that {@link isChanged} is that. */
  find(node: string): readonly Cause[] {
    const known = this.#found.get(node);
    if (known !== undefined) return known;
    const both = this.#resultsOf(node);
    if (both === null) return [];
    const { then, now } = both;
    const readCode = (digest: Digest) =>
      this.#before.kept.code(digest) ?? this.#after.kept.code(digest);
    const causes = compareRecords(then.record, now.record, readCode).flatMap(
      (difference): readonly Cause[] => {
        const maker = this.#findMaker(difference, both);
        const upstream = maker !== null && this.isChanged(maker) ? this.find(maker) : [];
        if (upstream.length > 0) return lengthenChains(upstream, node);
        return [{ chain: [node], reason: this.#detail(difference, both) }];
      },
    );
    const merged = mergeCauses(causes);
    this.#found.set(node, merged);
    return merged;
  }

  #resultsOf(node: string): BothResults | null {
    const then = this.#before.nodes.get(node)?.record ?? null;
    const now = this.#after.nodes.get(node)?.record ?? null;
    return then === null || now === null ? null : { then, now };
  }

  /** The node upstream from which a difference came; null for none that is known. */
  #findMaker(difference: Difference, { then, now }: BothResults): string | null {
    if (difference.kind === 'input') return difference.node;
    if (difference.kind !== 'parameter') return null;
    // Of an input `as: params` a record has the values, and the path of the file.
    const [input = ''] = difference.name.split('.', 1);
    const path = now.record.paths[input]?.[0];
    if (path === undefined || Object.hasOwn(now.record.inputs, input)) return null;
    const before = readPrefixed(then.record.params, input);
    const after = readPrefixed(now.record.params, input);
    const makers = this.#holdersOf(path.slice(path.lastIndexOf('/') + 1)).filter(
      (held) => held.before === before && held.after === after && held.node !== now.record.node,
    );
    const near = makers.find(({ node }) => this.#sharesCell(node, now.record));
    return (near ?? makers[0])?.node ?? null;
  }

  /** Outputs of a file name that hold parameters in both runs, and others. */
  #holdersOf(file: string): readonly HeldParams[] {
    const known = this.#held.get(file);
    if (known !== undefined) return known;
    const held = [...this.#after.nodes.keys()].flatMap((node): readonly HeldParams[] => {
      const both = this.isChanged(node) ? this.#resultsOf(node) : null;
      if (both === null) return [];
      const { then, now } = both;
      const outputs = Object.entries(now.record.outputs).filter(([, name]) => name === file);
      return outputs.flatMap(([name]) => {
        const before = readParams(then, name, this.#before);
        const after = readParams(now, name, this.#after);
        return before === null || after === null ? [] : [{ node, before, after }];
      });
    });
    this.#held.set(file, held);
    return held;
  }

  /** Whether a node has the value of another on each axis that both have. */
  #sharesCell(node: string, { cell }: FingerprintRecord): boolean {
    const own = this.#resultsOf(node)?.now.record.cell ?? {};
    return Object.entries(own).every(
      ([axis, value]) =>
        !Object.hasOwn(cell, axis) ||
        stringifyCanonical(cell[axis] ?? null) === stringifyCanonical(value),
    );
  }

  #detail(difference: Difference, { then, now }: BothResults): Difference {
    if (difference.kind !== 'module' && difference.kind !== 'input') return difference;
    const key = `${then.sources} ${now.sources} ${JSON.stringify(difference)}`;
    let detailed = this.#detailed.get(key);
    if (detailed === undefined) {
      const sides = [openSide(then, this.#before), openSide(now, this.#after)] as const;
      detailed = detailDifference(difference, ...sides);
      this.#detailed.set(key, detailed);
    }
    if (detailed.kind !== 'input') return detailed;
    const { name, index } = detailed;
    return { ...detailed, path: now.record.paths[name]?.[index] ?? null };
  }
}

function openSide({ sources }: ResultRecord, { kept }: RunSide): DetailSide {
  return {
    source: (path) => kept.source(sources, path),
    tree: (digest) => kept.tree(digest),
  };
}

function readParams({ outputs }: ResultRecord, name: string, side: RunSide): string | null {
  const output = outputs[name];
  if (output === undefined || output.size > MOST_BYTES) return null;
  const values = side.readParams(`${output.kind}:${output.digest}`);
  return values === null ? null : stringifyCanonical(values);
}

/** The values of parameters that begin with a name and a dot, without that. */
function readPrefixed(params: JsonObject, name: string): string {
  const prefix = `${name}.`;
  const members = Object.entries(params).flatMap(([key, value]) =>
    key.startsWith(prefix) ? [[key.slice(prefix.length), value] as const] : [],
  );
  return stringifyCanonical(Object.fromEntries(members));
}
