import { totalmem } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import { findGpus } from '../../../../pipeline/system/gpus.ts';
import {
  countCpus,
  countStages,
  measureMemory,
  readCpuQuota,
  readFileLimit,
} from '../../../../pipeline/system/limits.ts';
import { makeFolder, removeFolders } from '../../../fixtures/folder.ts';

afterAll(removeFolders);

describe('the CPU quota', () => {
  it('is the least of the cgroup and those above it', () => {
    const root = makeFolder({
      'proc/self/cgroup': '0::/user/job\n',
      'sys/fs/cgroup/user/job/cpu.max': '400000 100000\n',
      'sys/fs/cgroup/user/cpu.max': '250000 100000\n',
      'sys/fs/cgroup/cpu.max': 'max 100000\n',
    });
    expect(readCpuQuota(root)).toBe(2.5);
  });

  it('is read in the older form too, and in a container that shows only the root', () => {
    const root = makeFolder({
      'proc/self/cgroup': '11:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n',
      'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '150000\n',
      'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    });
    expect(readCpuQuota(root)).toBe(1.5);
  });

  it('is none without a limit, and where there are no cgroups', () => {
    expect(readCpuQuota(makeFolder())).toBeNull();
    const files = { 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.max': 'max 100000\n' };
    expect(readCpuQuota(makeFolder(files))).toBeNull();
  });
});

describe('the limit of open files', () => {
  it('is read as Linux tells it, and says how many stages can run', () => {
    const line = (limit: string) => ({
      'proc/self/limits': `Limit  Soft  Hard\nMax open files            ${limit}  ${limit}  files \n`,
    });
    expect(readFileLimit(makeFolder(line('1024')))).toBe(1024);
    expect(readFileLimit(makeFolder(line('unlimited')))).toBeNull();
    expect(readFileLimit(makeFolder())).toBeNull();
    expect(countStages(1024)).toBeGreaterThan(256);
    expect(countStages(64)).toBeGreaterThan(1);
    expect(countStages(20)).toBe(0);
  });
});

describe('this machine', () => {
  it('has a CPU and memory', () => {
    expect(countCpus()).toBeGreaterThanOrEqual(1);
    expect(measureMemory()).toBeGreaterThan(0);
    // What macOS calls free is what nothing uses, not even as a cache.
    expect(measureMemory('darwin')).toBeGreaterThanOrEqual(measureMemory('linux'));
    if (process.constrainedMemory() === 0) expect(measureMemory('darwin')).toBe(totalmem() * 0.9);
  });
});

describe('the GPUs', () => {
  it.each([
    ['0,2', ['0', '2']],
    ['1, 0,-1,2', ['1', '0']],
    ['', []],
    ['NoDevFiles', []],
    ['GPU-8932f937,MIG-5a2b,GPU-8932f937', ['GPU-8932f937', 'MIG-5a2b']],
  ])('are those of CUDA_VISIBLE_DEVICES where it is set: %j', (visible, ids) => {
    const root = makeFolder({ 'dev/nvidia0': '' });
    expect(findGpus({ CUDA_VISIBLE_DEVICES: visible }, root)).toEqual(ids);
  });

  it('are counted by their device files, or by what the driver lists', () => {
    const files = { 'dev/nvidia3': '', 'dev/nvidia5': '', 'dev/nvidiactl': '', 'dev/null': '' };
    expect(findGpus({}, makeFolder(files))).toEqual(['0', '1']);
    expect(findGpus({}, makeFolder({ 'proc/driver/nvidia/gpus/0000:1b/info': '' }))).toEqual(['0']);
    expect(findGpus({}, makeFolder(), 'linux')).toEqual([]);
  });

  it.each([
    [{ HIP_VISIBLE_DEVICES: '3,1' }, ['3', '1']],
    [{ HIP_VISIBLE_DEVICES: '-1' }, []],
    [{ ROCR_VISIBLE_DEVICES: '2,GPU-ab,5' }, ['0', '1', '2']],
    [{ ROCR_VISIBLE_DEVICES: '2,3', HIP_VISIBLE_DEVICES: '1' }, ['1']],
    [{ ZE_AFFINITY_MASK: '0.1,2' }, ['0.1', '2']],
    [{ HIP_VISIBLE_DEVICES: '3', CUDA_VISIBLE_DEVICES: '0' }, ['0']],
  ])('are those that variables of AMD and Intel leave: %j', (environment, ids) => {
    const nodes = { 'dev/dri/renderD128': '', 'dev/dri/renderD129': '' };
    expect(findGpus(environment, makeFolder(nodes), 'linux')).toEqual(ids);
  });

  it('are others where none is of NVIDIA', () => {
    const nodes = { 'dev/dri/card0': '', 'dev/dri/renderD128': '', 'dev/dri/renderD129': '' };
    expect(findGpus({}, makeFolder(nodes), 'linux')).toEqual(['0', '1']);
    expect(findGpus({}, makeFolder({ ...nodes, 'dev/nvidia0': '' }), 'linux')).toEqual(['0']);
    expect(findGpus({}, makeFolder(), 'darwin')).toEqual(['0']);
    expect(findGpus({ VK_DRIVER_FILES: '/a.json' }, makeFolder(), 'linux')).toEqual(['0']);
    expect(findGpus({ VK_ICD_FILENAMES: '/a:/b' }, makeFolder(), 'linux')).toEqual(['0', '1']);
  });
});
