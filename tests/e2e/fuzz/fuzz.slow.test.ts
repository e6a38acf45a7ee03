import { describeFuzz } from './fuzz.ts';

describeFuzz({ seed: 2, inProcess: 6_000, processes: 100 });
