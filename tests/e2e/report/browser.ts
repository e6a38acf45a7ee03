import { spawnSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';

const CHROMIUM = spawnSync('which', ['chromium'], { encoding: 'utf8' }).stdout.trim();
const FLAGS =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';
export const hasBrowser = CHROMIUM !== '';

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS.split(' ') });
}

/** A title as a reader meets it when Chromium is absent. */
export function nameWithBrowser(name: string): string {
  return hasBrowser ? name : `${name} (skipped: chromium is not installed)`;
}
