import { afterAll, expect, it } from 'vitest';
import { removeWorkspaces } from '../../fixtures/workspace.ts';
import { makeSweep } from './any-workspace.ts';

afterAll(removeWorkspaces);

it('shows figures, metrics and how they were made of any workspace on one page', async () => {
  const workspace = makeSweep();
  const start = async (...args: string[]) => {
    const { code, stdout, stderr } = await workspace.start(args).result;
    expect(code, stderr).toBe(0);
    return stdout;
  };
  await start('run');
  workspace.remove('results/curve.svg');
  expect(await start('report')).toBe('[report] report.html: 4 of 4 nodes up to date\n');
  const page = workspace.read('report.html');
  // What the cache alone had is on the page, and so in its place.
  expect(workspace.exists('results/curve.svg')).toBe(true);

  // Stages in order of declaration, and nothing to fetch.
  const pictures = [...page.matchAll(/<figcaption><h3>([^<]*)<\/h3>|<img src="([^,]*),/g)];
  expect(pictures.map(([, name, type]) => name ?? type)).toEqual([
    ...['curve', 'data:image/svg+xml;base64'],
    ...['0.1 #1', '0.01 #1', '0.001 #1'].flatMap((name) => [name, 'data:image/svg+xml;base64']),
  ]);
  expect(page).toContain('href="runs/0.1%20%231.svg"');
  expect(page.match(/<(?:script|img|link)[^>]* (?:src|href)="(?!data:)/g)).toBeNull();
  expect(page).toContain(`content="default-src &#39;none&#39;;`);

  // Axes, metrics and shared parameters; each text as it is written.
  const row = /^<tr id="node-train%2F0\.1">.*<th scope="row">0\.1<\/th>/m
    .exec(page)?.[0]
    .replace(/<\/?t[dhr][^>]*>/g, '|');
  // Points are one below the other, by spaces as wide as digits.
  expect(row).toMatch(
    /^\|+0\.1\u2007*\|\|&lt;i&gt;a&lt;\/i&gt;\|\|0\.0333333\u2007*\|\|12,345\|\|19[\u2007\u2008]*\|\|&lt;img src=x&gt;\|\|.*\|\|0\.1\|$/,
  );
  expect(page).toContain('<code>epochs=30</code>');
  expect(page).toContain('Trains &lt;script&gt;alert(1)&lt;/script&gt;');
  expect(page).toContain('(&lt;b&gt;quick&lt;/b&gt; &amp; &quot;small&quot;)');
  expect(page).not.toMatch(/<i>|<b>|alert\(1\)<\/script>|<img src=x/);

  await start('report');
  expect(workspace.read('report.html')).toBe(page);

  // Another setting: what is missing is said, with what makes it.
  const other = ['--set', 'rates=[0.1, 1]', '-o', `${workspace.path}/other.html`] as const;
  expect(await start('report', ...other)).toContain('1 of 3 nodes up to date, 2 without a result');
  const partial = workspace.read('other.html');
  expect(partial).toContain('This report is partial: 2 results of 3 are not there yet.');
  expect(partial).toContain(
    'run draw --profile small --set &#39;rates=[0.1, 1]&#39;</code> draws it',
  );
});
