import { describeReruns } from './rerun.ts';

const seeds = Array.from({ length: 20 }, (_, index) => 100 + index);

describeReruns({ seeds, edits: 12 });
