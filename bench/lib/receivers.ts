import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { defaultChannels, parseSettings, type VigilConfig } from '../../constructs/settings';
import { FakeDiscord } from '../../fakes/discord';
import { FakeMailbox } from '../../fakes/mailbox';
import { selfSigned } from '../../fakes/self-signed';

const FOLDER = resolve(__dirname, '..', '..', 'build', 'receivers');
const DISCORD_PORT = 18_443;
const MAIL_PORT = 18_587;

/** Name of the destination that gets mails. */
export const MAIL = 'mail';

/** Discord and a mail server on this machine, where the clusters of kind can reach them, over TLS. */
export interface Receivers {
  readonly discord: FakeDiscord;
  readonly mailbox: FakeMailbox;
  /** The credential of each destination. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
}

/** Starts them. */
export async function startReceivers(): Promise<Receivers> {
  const host = hostAddress();
  const tls = material(host);
  const discord = new FakeDiscord({ channels: defaultChannels, host, port: DISCORD_PORT, tls });
  const login = { user: 'vigil', password: 'p@ss/word' };
  const mailbox = new FakeMailbox({ host, port: MAIL_PORT, tls, login });
  await Promise.all([discord.listen(), mailbox.listen()]);
  const channels = defaultChannels.map((name) => [name, discord.webhookUrl(name)] as const);
  return {
    discord,
    mailbox,
    credentials: { ...Object.fromEntries(channels), [MAIL]: mailbox.url },
    close: async () => void (await Promise.all([discord.close(), mailbox.close()])),
  };
}

/** Settings of a router that may reach them, and sends what is critical as a mail as well. */
export function receiverSettings(): NonNullable<VigilConfig['alertRouter']> {
  const address = hostAddress();
  const networks = [`${address}/32`];
  return {
    destinations: {
      ...parseSettings({}).alertRouter.destinations,
      [MAIL]: { kind: 'mail', to: ['oncall@example.com'] },
    },
    discord: { origins: [`https://${address}:${DISCORD_PORT}`], port: DISCORD_PORT, networks },
    mail: { from: 'vigil@example.com', port: MAIL_PORT, networks },
    authorities: material(address).cert,
  };
}

/**
 * This machine as the cluster's containers see it: the gateway of kind's network. Before the first cluster there is no
 * such network; Docker then gives it the subnet after that of its own bridge.
 */
function hostAddress(): string {
  try {
    const args = ['network', 'inspect', 'kind', '--format', '{{json .IPAM.Config}}'];
    const text = execFileSync('docker', args, { encoding: 'utf8', stdio: 'pipe' });
    const subnets = JSON.parse(text) as { readonly Gateway?: string }[];
    return subnets.find(({ Gateway = '' }) => /^[\d.]+$/.test(Gateway))?.Gateway ?? '172.18.0.1';
  } catch {
    return '172.18.0.1';
  }
}

/** The receivers' certificate for an address; made once, because every run of the program reads it as a setting. */
function material(address: string): { readonly cert: string; readonly key: string } {
  const file = join(FOLDER, `${address}.json`);
  if (!existsSync(file)) {
    mkdirSync(FOLDER, { recursive: true });
    const { certificate: cert, key } = selfSigned(address);
    writeFileSync(file, JSON.stringify({ cert, key }), { mode: 0o600 });
  }
  return JSON.parse(readFileSync(file, 'utf8')) as { cert: string; key: string };
}
