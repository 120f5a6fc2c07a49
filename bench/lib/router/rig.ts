import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from '../../../cli/lib/paths';
import type { Session } from '../../../cli/lib/session';
import { issueCredentials, type Credentials } from '../../../cli/lib/try/workspace';
import { routerConfig } from '../../../constructs/alert-router/config';
import type { RouterConfig } from '../../../constructs/alert-router/router-config';
import { parseSettings } from '../../../constructs/settings';
import { buildTopology } from '../../../constructs/topology';
import { buildServices } from '../../../services/build';

/** What the benches of the router share: a folder that goes with the bench, certificates, and the router's bundle. */
export interface Rig extends Session {
  readonly folder: string;
  readonly certificates: Credentials;
  /** The bundle of the image. */
  readonly script: string;
  /** How the image starts it: what comes between `node` and the bundle. */
  readonly nodeFlags: readonly string[];
}

/**
 * Works in a folder of its own, which is removed afterwards.
 *
 * @param parent where the folder is made, and so the disk that is measured. Default: the system's temporary folder.
 */
export async function withRig<T>(
  session: Session,
  parent: string | undefined,
  work: (rig: Rig) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(parent ?? tmpdir(), 'vigil-bench-router-'));
  try {
    await buildServices();
    const built = join(ROOT, 'build', 'alert-router');
    const script = join(folder, 'main.js');
    // A build of somebody else, in the middle of the bench, changes nothing.
    await copyFile(join(built, 'main.js'), script);
    const nodeFlags = flagsOf(await readFile(join(built, 'Dockerfile'), 'utf8'));
    const certificates = await issueCredentials();
    return await work({ ...session, folder, certificates, script, nodeFlags });
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Writes a file, and the folders above it. */
export async function writeInto(path: string, text: string, mode = 0o600): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { mode });
}

/** What destinations and routes a bench wants. */
export type Routing = Pick<RouterConfig, 'destinations' | 'route'>;

/** A configuration in which nothing happens but what the bench makes happen. */
export function benchConfig({ destinations, route }: Routing): RouterConfig {
  const settings = parseSettings({});
  const { clients, version } = routerConfig(settings, buildTopology(settings));
  return {
    version,
    destinations,
    route,
    clients,
    alertmanagers: [],
    notificationDelaySeconds: 35,
    heartbeatTimeoutSeconds: 86_400,
    reminderSeconds: 86_400,
    links: { runbooks: 'https://runbooks.example.com/vigil' },
  };
}

/**
 * The flags of node in the image's entry point.
 *
 * @throws Error when the Dockerfile starts something else
 */
export function flagsOf(dockerfile: string): string[] {
  const [, json = '[]'] = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile) ?? [];
  const [program, ...args] = JSON.parse(json) as string[];
  if (program !== 'node' || args.at(-1) !== 'main.js') {
    throw new Error(`the image of the alert-router does not start node with main.js: ${json}`);
  }
  return args.slice(0, -1);
}
