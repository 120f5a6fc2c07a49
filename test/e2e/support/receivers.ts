import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { defaultChannels } from '../../../constructs/settings';
import { FakeDiscord } from '../../../fakes/discord';
import { FakeMailbox } from '../../../fakes/mailbox';
import { selfSigned } from '../../support/certificate';

const FOLDER = resolve(__dirname, '..', '..', '..', 'build', 'e2e');

export const DISCORD_PORT = 18_443;
export const MAIL_PORT = 18_587;

/**
 * This machine as the cluster's containers see it: the gateway of kind's network. Before the first cluster there is no
 * such network; Docker then gives it the subnet after that of its own bridge.
 */
export function hostAddress(): string {
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
export function material(address = hostAddress()): { readonly cert: string; readonly key: string } {
  const file = join(FOLDER, `receivers-${address}.json`);
  if (!existsSync(file)) {
    mkdirSync(FOLDER, { recursive: true });
    const { certificate: cert, key } = selfSigned(address);
    writeFileSync(file, JSON.stringify({ cert, key }), { mode: 0o600 });
  }
  return JSON.parse(readFileSync(file, 'utf8')) as { cert: string; key: string };
}

/** Discord and a mail server on this machine, where the cluster can reach them, over TLS. */
export async function startReceivers(): Promise<{ discord: FakeDiscord; mailbox: FakeMailbox }> {
  const host = hostAddress();
  const tls = material(host);
  const discord = new FakeDiscord({ channels: defaultChannels, host, port: DISCORD_PORT, tls });
  const login = { user: 'vigil', password: 'p@ss/word' };
  const mailbox = new FakeMailbox({ host, port: MAIL_PORT, tls, login });
  await Promise.all([discord.listen(), mailbox.listen()]);
  return { discord, mailbox };
}
