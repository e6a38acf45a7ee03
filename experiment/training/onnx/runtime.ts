/** The one door to onnxruntime-node: loads it, opens sessions, makes tensors. */

import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { fail } from '../../data/failure.ts';
import { type Device, INSTALL_ONNX } from './devices.ts';
import { encodeModel, type OnnxGraph } from './model-proto.ts';

export type { Tensor };

/** A typed array that onnxruntime reads from or writes to in place. */
type TensorData = Float32Array | Int32Array | Uint8Array;

export interface Runtime {
  readonly openSession: (graph: OnnxGraph, options?: SessionOptions) => Promise<InferenceSession>;
  /** A view of `data`, which must have exactly as many values as the shape says. */
  readonly tensor: (data: TensorData, shape: readonly number[]) => Tensor;
}

/** What a session is to be like. No result depends on it. */
export interface SessionOptions {
  /** Where not given, the runtime's. */
  readonly threads?: number;
  /**
   * Whether its values take hundreds of megabytes. By a pattern, onnxruntime lays them out in one block from
   * the second run on, and keeps the memory of the first beside it: nearly twice as much. Small ones
   * lie nearer to each other so, which saves a few hundredths of the time; large ones gain nothing.
   */
  readonly isLarge?: boolean;
}

export interface RuntimeOptions {
  /** Threads of a session for which no others are given; the result's bits do not depend on it. */
  readonly threads: number;
  /** Where not given, `cpu`. */
  readonly device?: Device;
}

/**
 * Loads onnxruntime, with its telemetry off.
 *
 * @throws StageFailure where onnxruntime-node is not installed, or not for this system
 */
export async function loadRuntime({ threads, device = 'cpu' }: RuntimeOptions): Promise<Runtime> {
  // Read when the library loads: with telemetry it uploads usage and writes a device identifier.
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  const ort = await importOnnx();
  // Its errors are thrown too; logged, they would be told twice.
  ort.env.logLevel = 'fatal';
  return {
    openSession: (graph, { threads: sessionThreads = threads, isLarge = false } = {}) =>
      ort.InferenceSession.create(encodeModel(graph), {
        executionProviders: [device],
        executionMode: 'sequential',
        intraOpNumThreads: sessionThreads,
        interOpNumThreads: 1,
        enableMemPattern: !isLarge,
        logSeverityLevel: 3,
        // Between two runs the threads sleep, so that assembling a batch has the processor.
        extra: { session: { force_spinning_stop: '1' } },
      }),
    tensor: (data, shape) => {
      if (data instanceof Float32Array) return new ort.Tensor('float32', data, shape);
      if (data instanceof Int32Array) return new ort.Tensor('int32', data, shape);
      return new ort.Tensor('uint8', data, shape);
    },
  };
}

/** Fails where the package is not installed, or not for this system. */
async function importOnnx(): Promise<typeof import('onnxruntime-node')> {
  try {
    return await import('onnxruntime-node');
  } catch (error) {
    const [line] = String(error instanceof Error ? error.message : error).split('\n');
    return fail(
      `the engine "onnx" needs the package onnxruntime-node, which does not load (${line}): run "${INSTALL_ONNX}"`,
    );
  }
}
