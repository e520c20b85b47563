import { describeInLab } from '../lab/lab.ts';
import { suitesInLab } from './support/suites-in-lab.ts';

describeInLab('Windows in the lab, Node 22', () => suitesInLab('node22'));
