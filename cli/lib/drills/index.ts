import { UsageError } from '../errors';
import { bruteForce } from './catalogue/brute-force';
import { certificate } from './catalogue/certificate';
import { containerDown } from './catalogue/container-down';
import { cpu } from './catalogue/cpu';
import { disk } from './catalogue/disk';
import { errors } from './catalogue/errors';
import { exec } from './catalogue/exec';
import { exporterDown } from './catalogue/exporter-down';
import { memory } from './catalogue/memory';
import { nodeDown } from './catalogue/node-down';
import { scan } from './catalogue/scan';
import { sshBruteForce } from './catalogue/ssh-brute-force';
import { traffic } from './catalogue/traffic';
import type { Drill } from './drill';

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
