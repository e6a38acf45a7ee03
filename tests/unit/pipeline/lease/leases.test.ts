import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hashBytes } from '../../../../pipeline/fingerprint/canonical.ts';
import type { Heart } from '../../../../pipeline/lease/heart.ts';
import { type Lease, Leases } from '../../../../pipeline/lease/leases.ts';
import { PulseReader } from '../../../../pipeline/lease/pulse-reader.ts';
import { StateLayout } from '../../../../pipeline/system/layout.ts';
import {
  identifySelf,
  isGone,
  type ProcessIdentity,
} from '../../../../pipeline/system/process-identity.ts';
import { makeFolder, removeFolders } from '../../../fixtures/folder.ts';

afterAll(removeFolders);

const key = hashBytes('some work');
const self = identifySelf();
const leaseMs = 3_000;

/** A heart that never beats, and loses what it is told to. */
class StillHeart implements Heart {
  readonly held = new Map<string, () => void>();
  readonly start = (path: string, _: string, lost: () => void): void => {
    this.held.set(path, lost);
  };
  readonly stop = (path: string): void => {
    this.held.delete(path);
  };
}

/** A process on a folder: its leases, its heart, its clock. */
function openProcess(folder: string, identity: ProcessIdentity = self) {
  const layout = new StateLayout(folder, `owner-${identity.host}-${identity.pid}`);
  const heart = new StillHeart();
  const clock = { now: 0 };
  const leases = new Leases(layout, {
    self: identity,
    heart,
    leaseMs,
    monotonicNow: () => clock.now,
  });
  const watch = new PulseReader();
  const acquire = (): Lease => {
    const taken = leases.tryAcquire(key, watch);
    if ('heldBy' in taken) throw new Error('it is held');
    return taken;
  };
  const isRefused = () => {
    const sighting = leases.look(key);
    return sighting !== null && !leases.isFree(sighting, watch);
  };
  return { layout, leases, heart, clock, watch, acquire, isRefused };
}

const far: ProcessIdentity = { host: 'far', pid: self.pid, realm: 'another boot', started: '1' };

function findDeadPid(): number {
  return spawnSync(process.execPath, ['--version']).pid;
}

describe('a lease', () => {
  it('is held by one, and goes without a trace', () => {
    const folder = makeFolder();
    const [a, b] = [openProcess(folder), openProcess(folder, far)];
    const lease = a.acquire();
    expect(lease.isHeld()).toBe(true);
    expect(b.isRefused()).toBe(true);
    expect(b.leases.isRunningElsewhere(key)).toMatchObject({ host: self.host, pid: self.pid });
    lease.release();
    expect(readdirSync(a.layout.leaseRoot)).toEqual([]);
    expect(readdirSync(a.layout.temporary)).toEqual([]);
    expect(b.leases.isRunningElsewhere(key)).toBe(null);
    expect(b.acquire().isHeld()).toBe(true);
  });

  it('names what its work reads, for other processes and while they can believe it', () => {
    const folder = makeFolder();
    const [a, b] = [openProcess(folder), openProcess(folder, far)];
    const taken = a.leases.tryAcquire(key, a.watch, ['out/data']);
    if ('heldBy' in taken) throw new Error('it is held');
    const ask = (path: string) => b.leases.findReader(path, () => b.watch)?.work ?? null;
    expect([ask('out/data/x'), ask('out'), ask('out/other')]).toEqual([key, key, null]);
    expect([a.leases.hasOthers(), b.leases.hasOthers()]).toEqual([false, true]);
    expect(a.leases.findReader('out/data', () => a.watch)).toBe(null);
    for (let looks = 0; looks < 10; looks++) {
      b.clock.now += 1_000;
      ask('out/data');
    }
    // It has not been heard of for longer than a lease's time.
    expect(ask('out/data')).toBe(null);
    taken.release();
    expect(b.leases.hasOthers()).toBe(false);
  });

  it('of a dead process of this host is taken over at once', () => {
    const folder = makeFolder();
    openProcess(folder, { ...self, pid: findDeadPid() }).acquire();
    const b = openProcess(folder);
    expect(b.leases.isRunningElsewhere(key)).toBe(null);
    const lease = b.acquire();
    expect(readdirSync(b.layout.leaseFolder(key))).toEqual(['2']);
    lease.release();
    expect(readdirSync(b.layout.leaseRoot)).toEqual([]);
  });

  it('of a silent process elsewhere is taken over after its time, and the old one knows', () => {
    const folder = makeFolder();
    const a = openProcess(folder, far);
    const old = a.acquire();
    const b = openProcess(folder);
    for (b.clock.now = 0; b.clock.now < leaseMs; b.clock.now += 500) {
      expect(b.isRefused()).toBe(true);
    }
    const lease = b.acquire();
    expect([old.isHeld(), lease.isHeld()]).toEqual([false, true]);
    // Its release takes nothing from the new holder.
    old.release();
    expect(lease.isHeld()).toBe(true);
    expect(a.isRefused()).toBe(true);
  });

  it('of a process of this host that is alive is never taken over, however silent it is', () => {
    const folder = makeFolder();
    openProcess(folder).acquire();
    const b = openProcess(folder);
    for (b.clock.now = 0; b.clock.now < 10 * leaseMs; b.clock.now += 500) {
      expect(b.isRefused()).toBe(true);
    }
  });

  it('of the same generation as a lost one is told apart by its nonce', () => {
    const folder = makeFolder();
    const old = openProcess(folder, far).acquire();
    const b = openProcess(folder);
    for (b.clock.now = 0; b.isRefused(); b.clock.now += 500);
    b.acquire().release();
    const next = b.acquire();
    expect(readdirSync(b.layout.leaseFolder(key))).toEqual(['1']);
    expect([old.isHeld(), next.isHeld()]).toEqual([false, true]);
  });

  it('tells its holder when the heart finds that it was taken', () => {
    const { acquire, heart } = openProcess(makeFolder());
    const lease = acquire();
    for (const lose of heart.held.values()) lose();
    expect(lease.lost.aborted).toBe(true);
    lease.release();
    expect(heart.held.size).toBe(0);
  });

  it('that is torn is waited for and then taken over', () => {
    const folder = makeFolder();
    const b = openProcess(folder);
    const path = b.layout.lease(key, 4);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '{"host":"fa');
    for (b.clock.now = 0; b.clock.now < leaseMs; b.clock.now += 500) {
      expect(b.isRefused()).toBe(true);
    }
    b.acquire();
    expect(readdirSync(b.layout.leaseFolder(key))).toEqual(['5']);
  });
});

describe('a process', () => {
  it('is gone when its number is free or somebody else has it, on its own host alone', () => {
    const pid = findDeadPid();
    expect(isGone(self, self)).toBe(false);
    expect(isGone({ ...self, pid }, self)).toBe(true);
    expect(isGone({ ...self, pid, started: null }, self)).toBe(true);
    // The boot tells the host, which may have changed its name, from all others.
    expect(isGone({ ...self, pid, host: 'before' }, self)).toBe(true);
    expect(isGone({ ...self, pid, host: 'far', realm: null }, self)).toBe(false);
    expect(isGone({ ...self, pid, realm: 'another container' }, self)).toBe(false);
    expect(isGone({ ...self, started: null }, self)).toBe(false);
    if (self.started !== null) expect(isGone({ ...self, started: '1' }, self)).toBe(true);
  });
});
