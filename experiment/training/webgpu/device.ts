/** A GPU that is open: its limits, its kernels, its memory, and what goes wrong with it. */

import { fail } from '../../data/failure.ts';
import { findGpuMemory } from './gpu-memory.ts';
import type { GpuMachine } from './kernels/tile.ts';
import { loadDawn } from './load.ts';
import type { Pass } from './pass.ts';

/** A kernel that is ready to run. */
interface Kernel {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Bytes from the parameters of a step to those of the next. */
export const STEP_BYTES = 256;

/** An open GPU. */
export interface GpuDevice {
  readonly gpu: GPUDevice;
  readonly machine: GpuMachine;
  /** Vendor, architecture and driver, as the adapter tells them, and what Dawn drives it by. */
  readonly name: string;
  readonly vendor: string;
  /** Why it is another GPU than the one that was given, in a sentence; null where it is not. */
  readonly doubt: string | null;
  /** Whether it is no GPU but a processor that stands in for one. */
  readonly isProcessor: boolean;
  readonly hasTimestamps: boolean;
  /** The largest piece of memory that a kernel sees. */
  readonly pieceBytes: number;
  /** Bytes of its memory at most; null where nobody tells. */
  readonly memory: () => Promise<number | null>;
  /** The kernel of a pass; equal ones are compiled once. */
  readonly kernel: (pass: Pass) => Promise<Kernel>;
  /** Makes memory. Fails where there is not enough. */
  readonly buffer: (label: string, bytes: number, usage: number) => Promise<GPUBuffer>;
  /** Fails where something has gone wrong since the last call; where the GPU is gone, at each call. */
  readonly check: () => void;
}

const STORAGE_BUFFERS = 8;
/**
 * Kernels here write what they share before they read it. Zeroed first, it costs a GPU time, and
 * SwiftShader ten times as long to compile a product.
 */
const TOGGLES = ['disable_workgroup_init'];
/** Toggles that let passes be timed to the nanosecond. */
export const TIMING_TOGGLES = ['allow_unsafe_apis', '-timestamp_quantization'];

/** What a GPU needs to be found. */
export const GPU_REMEDY =
  'it needs a GPU with a Vulkan driver and its loader (on Debian: apt install libvulkan1 mesa-vulkan-drivers), ' +
  'Metal, or Direct3D 12';

let opened: Promise<GpuDevice> | undefined;

/**
 * Opens the fastest GPU, once a process, and anew after it was lost.
 *
 * @throws StageFailure where there is none that computes
 */
export function openDevice(toggles: readonly string[] = []): Promise<GpuDevice> {
  opened ??= openAnew(toggles, () => {
    opened = undefined;
  });
  return opened;
}

async function openAnew(toggles: readonly string[], onLoss: () => void): Promise<GpuDevice> {
  const { gpu, doubt } = await loadDawn({ toggles: [...TOGGLES, ...toggles] });
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) return fail(`the engine "webgpu" finds no GPU here: ${GPU_REMEDY}`);
  const { limits, info } = adapter;
  const hasTimestamps = adapter.features.has('timestamp-query');
  const device = await adapter.requestDevice({
    requiredFeatures: hasTimestamps ? ['timestamp-query'] : [],
    requiredLimits: {
      maxBufferSize: limits.maxBufferSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxStorageBuffersPerShaderStage: Math.max(
        STORAGE_BUFFERS,
        limits.maxStorageBuffersPerShaderStage,
      ),
    },
  });
  let fault: string | undefined;
  let isLost = false;
  device.addEventListener('uncapturederror', (event) => {
    fault ??= (event as GPUUncapturedErrorEvent).error.message;
  });
  void device.lost.then(({ message }) => {
    const [reason] = message.split('\n');
    fault = `the GPU is gone (${reason}): what was saved last is kept, and the next run goes on from it`;
    isLost = true;
    onLoss();
  });
  const check = (): void => {
    if (fault === undefined) return;
    const message = fault;
    if (!isLost) fault = undefined;
    fail(`the engine "webgpu" failed: ${message}`);
  };
  let memory: Promise<number | null> | undefined;
  return {
    gpu: device,
    machine: describeMachine(info, limits),
    name: nameOf(info),
    vendor: info.vendor,
    doubt,
    isProcessor: isProcessor(info),
    hasTimestamps,
    pieceBytes: Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize),
    memory: () => {
      memory ??= findGpuMemory(info.vendor, isProcessor(info));
      return memory;
    },
    kernel: makeKernels(device),
    buffer: (label, bytes, usage) => makeBuffer(device, label, bytes, usage),
    check,
  };
}

function nameOf({ vendor, architecture, device, description }: GPUAdapterInfo): string {
  const backend = { darwin: 'Metal', win32: 'Direct3D 12' }[process.platform as string] ?? 'Vulkan';
  return `${[vendor, architecture, device, description].filter(Boolean).join(' ')}, ${backend}`;
}

/** SwiftShader and Mesa's llvmpipe. */
function isProcessor({ architecture, vendor, isFallbackAdapter }: GPUAdapterInfo): boolean {
  return isFallbackAdapter || architecture === 'swiftshader' || vendor === 'mesa';
}

/** WebGPU does not tell how many processors there are; a guess too high costs little. */
function describeMachine(info: GPUAdapterInfo, limits: GPUSupportedLimits): GpuMachine {
  const processors = isProcessor(info)
    ? 2
    : info.vendor === 'nvidia' || info.vendor === 'amd'
      ? 132
      : 32;
  return {
    processors,
    workgroupBytes: limits.maxComputeWorkgroupStorageSize,
    workgroupThreads: limits.maxComputeInvocationsPerWorkgroup,
  };
}

function makeKernels(device: GPUDevice): (pass: Pass) => Promise<Kernel> {
  const kernels = new Map<string, Promise<Kernel>>();
  const layouts = new Map<string, GPUBindGroupLayout>();
  const layoutOf = ({ bindings }: Pass): GPUBindGroupLayout => {
    const key = bindings.map(({ written }) => (written ? 'w' : 'r')).join('');
    const known = layouts.get(key);
    if (known !== undefined) return known;
    const layout = device.createBindGroupLayout({
      entries: [
        { binding: 0, visibility: 4, buffer: { type: 'uniform', hasDynamicOffset: true } },
        ...bindings.map(({ written }, index) => ({
          binding: index + 1,
          visibility: 4,
          buffer: { type: written ? ('storage' as const) : ('read-only-storage' as const) },
        })),
      ],
    });
    layouts.set(key, layout);
    return layout;
  };
  const compile = async (pass: Pass): Promise<Kernel> => {
    const layout = layoutOf(pass);
    // What is wrong with it is this training's: uncaptured, it would end the next one of the process.
    device.pushErrorScope('validation');
    const module = device.createShaderModule({ label: pass.label, code: pass.code });
    const wrong = device.popErrorScope();
    try {
      const pipeline = await device.createComputePipelineAsync({
        label: pass.label,
        layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: 'main' },
      });
      return { pipeline, layout };
    } catch (error) {
      const thrown = error instanceof Error ? error.message : String(error);
      const message = (await wrong)?.message ?? thrown;
      return fail(
        `the engine "webgpu" has a kernel that does not compile here (${pass.label}): ${message}`,
      );
    }
  };
  return (pass) => {
    const known = kernels.get(pass.code);
    if (known !== undefined) return known;
    const made = compile(pass);
    kernels.set(pass.code, made);
    return made;
  };
}

async function makeBuffer(
  device: GPUDevice,
  label: string,
  bytes: number,
  usage: number,
): Promise<GPUBuffer> {
  const { maxBufferSize } = device.limits;
  const megabytes = (count: number): string => `${Math.ceil(count / 2 ** 20)} MB`;
  if (bytes > maxBufferSize) {
    fail(
      `the engine "webgpu" needs ${megabytes(bytes)} for ${label}, and a buffer here has at most ` +
        `${megabytes(maxBufferSize)}: take a smaller batch or width`,
    );
  }
  device.pushErrorScope('out-of-memory');
  const buffer = device.createBuffer({
    label,
    size: Math.max(16, Math.ceil(bytes / 16) * 16),
    usage,
  });
  const error = await device.popErrorScope();
  if (error !== null) {
    fail(
      `the GPU has no memory left for ${megabytes(bytes)} (${label}): take a smaller batch or width`,
    );
  }
  return buffer;
}
