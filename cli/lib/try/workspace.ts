import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { routerConfig } from '../../../constructs/alert-router/config';
import type { RouterConfig } from '../../../constructs/alert-router/router-config';
import { parseSettings } from '../../../constructs/settings';
import { buildTopology, technicianLeaf, TRUST_DOMAIN } from '../../../constructs/topology';
import type { PlannedLeaf } from '../../../constructs/topology/certificate-plan';
import { bundleService } from '../../../services/build';
import type { TlsMaterial } from '../../../services/shared/tls-server';
import { ThrowawayAuthority } from './authority';

/** Certificates of all who take part. */
export interface Credentials {
  readonly router: TlsMaterial;
  readonly alertmanager: TlsMaterial;
  readonly technician: TlsMaterial;
  /** For `localhost`: the Discord and the mail server of this machine. */
  readonly localhost: TlsMaterial;
}

const localhostLeaf: PlannedLeaf = {
  component: 'localhost',
  namespace: '',
  secret: '',
  commonName: 'localhost',
  dnsNames: ['localhost'],
  uris: [],
  usages: ['serverAuth'],
};

const SCRIPT = 'router.js';

/** The folder of one run: what the router reads and writes. Nothing else on the machine is touched. */
export class Workspace {
  private constructor(
    private readonly folder: string,
    public readonly credentials: Credentials,
  ) {}

  /** Makes the folder, in the system's place for such, with the router and certificates that are valid for a day. */
  public static async create(): Promise<Workspace> {
    const folder = await mkdtemp(join(tmpdir(), 'vigil-try-'));
    try {
      return await Workspace.fill(folder);
    } catch (error) {
      await removeFolder(folder);
      throw error;
    }
  }

  private static async fill(folder: string): Promise<Workspace> {
    const bundled = bundleService('alert-router', join(folder, SCRIPT));
    const [credentials] = await Promise.all([issueCredentials(), bundled]);
    const workspace = new Workspace(folder, credentials);
    const { router } = workspace.credentials;
    await workspace.write('tls/tls.crt', router.cert);
    await workspace.write('tls/tls.key', router.key);
    await workspace.write('tls/ca.crt', router.ca);
    await mkdir(workspace.path('data'));
    return workspace;
  }

  /**
   * Writes what the router is told: the defaults of the settings, with destinations on this machine.
   *
   * @param urls the credential of each destination.
   */
  public async configure(
    discordOrigin: string,
    urls: Readonly<Record<string, string>>,
  ): Promise<void> {
    await this.write('router.json', JSON.stringify(configOf(discordOrigin)));
    await Promise.all(
      Object.entries(urls).map(([name, url]) => this.write(`destinations/${name}`, url)),
    );
  }

  /** The router, in one file. */
  public get script(): string {
    return this.path(SCRIPT);
  }

  /** The router's environment. */
  public environment(port: number): Record<string, string> {
    return {
      ROUTER_CONFIG_FILE: this.path('router.json'),
      ROUTER_CREDENTIALS: this.path('destinations'),
      ROUTER_DATA: this.path('data'),
      ROUTER_HOST: '127.0.0.1',
      ROUTER_PORT: String(port),
      TLS_DIRECTORY: this.path('tls'),
      NODE_EXTRA_CA_CERTS: this.path('tls/ca.crt'),
      LOG_LEVEL: 'warn',
    };
  }

  private path(name: string): string {
    return join(this.folder, name);
  }

  public async remove(): Promise<void> {
    await removeFolder(this.folder);
  }

  private async write(name: string, text: string): Promise<void> {
    const path = this.path(name);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, text, { mode: 0o600 });
  }
}

const removeFolder = (folder: string): Promise<void> =>
  rm(folder, { recursive: true, force: true, maxRetries: 3 });

/** Names of the Discord channels and of the mailbox, as the settings have them by default. */
export function destinationNames(): { readonly channels: string[]; readonly mail: string } {
  const { destinations } = configOf('https://localhost');
  const ofKind = (kind: string): string[] =>
    Object.keys(destinations).filter((name) => destinations[name]?.kind === kind);
  return { channels: ofKind('discord'), mail: ofKind('mail')[0] ?? '' };
}

function configOf(discordOrigin: string): RouterConfig {
  const settings = parseSettings({});
  const config = routerConfig(settings, buildTopology(settings));
  const destinations = Object.entries(config.destinations).map(([name, destination]) => {
    if (destination.kind === 'discord') return [name, { ...destination, origins: [discordOrigin] }];
    return [name, { ...destination, from: 'vigil@cluster.example', to: ['oncall@example.com'] }];
  });
  return {
    ...config,
    destinations: Object.fromEntries(destinations) as RouterConfig['destinations'],
    // There is no Alertmanager whose API could be asked.
    alertmanagers: [],
  };
}

/** Certificates of a new authority, valid for a day. */
export async function issueCredentials(): Promise<Credentials> {
  const { leaves } = buildTopology(parseSettings({})).plan;
  const planned = (component: string): PlannedLeaf => {
    const leaf = leaves.find((one) => one.component === component);
    if (!leaf) throw new Error(`no certificate is planned for ${component}`);
    return leaf;
  };
  const authority = await ThrowawayAuthority.create(TRUST_DOMAIN);
  const [router, alertmanager, technician, localhost] = await Promise.all([
    authority.issue(planned('alert-router')),
    authority.issue(planned('alertmanager')),
    authority.issue(technicianLeaf),
    authority.issue(localhostLeaf),
  ]);
  return { router, alertmanager, technician, localhost };
}
