/** The curves of one training. */

import type { TrainingCurve } from '../../report-details.ts';
import { darkenSpec } from '../dark-colors.ts';
import type { SpecPart } from '../spec-parts.ts';
import { DARK, embedChart } from '../vega-view.ts';

/** Width that axes take beside a panel. */
const AXIS_WIDTH = 88;
const COLORS = { domain: ['training', 'test'], range: ['#0072b2', '#d55e00'] };

/** Draws loss and accuracy against steps, one above the other, and again where the page becomes dark or light. */
export function drawCurve(chart: HTMLElement, curve: TrainingCurve, theme: object): void {
  let drawn = 0;
  const draw = async () => {
    const turn = ++drawn;
    const target = document.createElement('div');
    const spec = makeSpec(curve, theme, chart.clientWidth - AXIS_WIDTH);
    await embedChart(target, DARK.matches ? darkenSpec(spec) : spec, {});
    if (turn !== drawn) return;
    chart.replaceChildren(target);
    chart.dataset['theme'] = DARK.matches ? 'dark' : 'light';
  };
  const follow = () => {
    if (chart.isConnected) void draw();
    else stop();
  };
  let width = chart.clientWidth;
  const observer = new ResizeObserver(() => {
    if (chart.clientWidth === width) return;
    width = chart.clientWidth;
    follow();
  });
  const stop = () => {
    DARK.removeEventListener('change', follow);
    observer.disconnect();
  };
  DARK.addEventListener('change', follow);
  observer.observe(chart);
  void draw();
}

function makeSpec(
  { training, test, threshold }: TrainingCurve,
  theme: object,
  width: number,
): SpecPart {
  const values = [
    ...training.map(([step, loss, accuracy]) => ({ set: 'training', step, loss, accuracy })),
    ...test.map(([step, loss, accuracy]) => ({ set: 'test', step, loss, accuracy })),
  ];
  const x = {
    axis: { tickCount: 6 },
    scale: { domain: [0, Math.max(...values.map(({ step }) => step))], nice: false },
  };
  const panel = (field: string, axis: object, isLast: boolean) => ({
    width: Math.max(180, width),
    height: 130,
    layer: [
      {
        mark: { type: 'line', strokeWidth: 1.8, strokeJoin: 'round' },
        encoding: {
          x: { field: 'step', type: 'quantitative', title: isLast ? 'training steps' : null, ...x },
          y: { field, type: 'quantitative', ...axis },
          color: {
            field: 'set',
            type: 'nominal',
            scale: COLORS,
            legend: test.length > 0 && !isLast ? {} : null,
          },
        },
      },
      ...(threshold === null
        ? []
        : [
            {
              data: { values: [{}] },
              mark: { type: 'rule', strokeDash: [6, 4], color: '#595959' },
              encoding: { x: { datum: threshold, type: 'quantitative' } },
            },
          ]),
    ],
  });
  const share = { title: 'accuracy', axis: { format: '.0%' }, scale: { domain: [0, 1] } };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    config: { ...theme, padding: 6, background: 'transparent' },
    description: 'Loss and accuracy of this training against its steps',
    data: { values },
    vconcat: [panel('loss', { title: 'loss (nats)' }, false), panel('accuracy', share, true)],
  };
}
