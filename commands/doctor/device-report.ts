/** What the reports on all engines have in common. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A device of an engine: whether it computes, what there is to say of it, how to get it. */
export interface DeviceReport {
  readonly device: string;
  readonly works: boolean;
  readonly detail: string;
  /** Null where nothing is missing. */
  readonly remedy: string | null;
}

/** A package that is installed. */
export interface PackageVersion {
  readonly name: string;
  readonly version: string;
}

/** An engine, the packages that it can run on, and its devices. */
export interface EngineReport {
  readonly engine: 'onnx' | 'tfjs' | 'webgpu';
  /** The packages that are installed; the engine runs on the first. */
  readonly packages: readonly PackageVersion[];
  readonly devices: readonly DeviceReport[];
}

/** A package in the workspace's node_modules; none where it is not there. */
export function findPackage<T extends string>(
  workspace: string,
  name: T,
): readonly (PackageVersion & { readonly name: T })[] {
  try {
    const path = join(workspace, 'node_modules', name, 'package.json');
    const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version?: unknown };
    return typeof version === 'string' ? [{ name, version }] : [];
  } catch {
    return [];
  }
}
