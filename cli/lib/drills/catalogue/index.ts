import { UsageError } from '../../errors';
import { bruteForce } from './brute-force';
import { certificate } from './certificate';
import { containerDown } from './container-down';
import { cpu } from './cpu';
import { disk } from './disk';
import { errors } from './errors';
import { exec } from './exec';
import { exporterDown } from './exporter-down';
import { memory } from './memory';
import { nodeDown } from './node-down';
import { scan } from './scan';
import { sshBruteForce } from './ssh-brute-force';
import { traffic } from './traffic';
import type { Drill } from '../drill';

/** Every drill there is. */
export const drills: readonly Drill[] = [
  errors,
  bruteForce,
  sshBruteForce,
  scan,
  exec,
  cpu,
  memory,
  disk,
  containerDown,
  exporterDown,
  nodeDown,
  traffic,
  certificate,
];

/** The word for all of them. */
export const ALL = 'all';

/**
 * The drills that a word of the command line means.
 *
 * @throws UsageError naming what is allowed.
 */
export function drillsNamed(name: string): readonly Drill[] {
  if (name === ALL) return drills;
  const found = drills.filter((drill) => drill.name === name);
  if (found.length > 0) return found;
  const names = drills.map((drill) => drill.name).join(', ');
  throw new UsageError(`no drill '${name}'; allowed: ${names}, or ${ALL}`);
}
