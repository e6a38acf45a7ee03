import { describeReruns } from './rerun.ts';

describeReruns({ seeds: [1, 2], edits: 7 });
