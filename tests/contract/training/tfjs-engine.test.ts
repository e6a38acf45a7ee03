import { describeEngine } from './engine-contract.ts';
import { describeLayers } from './layers-contract.ts';
import { createOnJavaScript } from './tfjs.ts';

// JavaScript has one thread.
describeEngine('tfjs engine in JavaScript', createOnJavaScript, { threads: [] });
describeLayers('tfjs engine in JavaScript', createOnJavaScript);
