import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { WatchedConfig } from '../../../services/alert-router/src/config/config-source';
import { readEnvironment } from '../../../services/alert-router/src/config/environment';
import { parseConfig } from '../../../services/alert-router/src/config/schema';
import { ConfigError } from '../../../services/shared/environment';
import type { Snapshot } from '../../../services/alert-router/src/config/snapshot';
import { WatchedTls } from '../../../services/shared/watched-tls';
import { createLogger } from '../../../services/shared/logger';
import { TestClock } from '../../support/test-clock';
import { RouterFiles, testConfig } from './router-process';
import { quiet, temporaryFolder } from './support';

const valid = testConfig();
const route = (matchers: unknown, more: object = {}): object => ({
  route: { destinations: ['general'], routes: [{ matchers, ...more }] },
});

describe('the configuration', () => {
  test('is what it was written as', () => {
    const config = testConfig({
      destinations: {
        general: { kind: 'discord', origins: ['https://discord.com'] },
        mail: { kind: 'mail', from: 'a@example.com', to: ['b@example.com'] },
        hook: { kind: 'webhook' },
      },
      route: {
        destinations: ['general'],
        routes: [
          {
            matchers: ['severity="critical"'],
            destinations: ['mail'],
            continue: true,
            routes: [{ matchers: [] }],
          },
        ],
      },
    });
    expect(parseConfig(JSON.stringify(config))).toEqual(config);
  });

  test.each([
    ['no JSON', '{', /^not JSON: /],
    ['another version', { version: 2 }, /^version: .*1/],
    [
      'no default destination',
      { route: { destinations: [], routes: [] } },
      /^route\.destinations: at least one/,
    ],
    [
      'an unknown destination',
      route([], { destinations: ['genral'] }),
      /^route\.routes\[0\]\.destinations\[0\]: no destination is called genral: did you mean general\?$/,
    ],
    [
      'an unknown default destination',
      { route: { destinations: ['mail'], routes: [] } },
      /^route\.destinations\[0\]: no destination is called mail/,
    ],
    [
      'a destination that every object has',
      { route: { destinations: ['toString'], routes: [] } },
      /no destination is called toString/,
    ],
    ['no destinations at all', { destinations: {} }, /there are none$/],
    ['a route to nowhere', route([], { destinations: [] }), /at least one destination/],
    [
      'a bad matcher',
      route(['severity']),
      /^route\.routes\[0\]\.matchers\[0\]: severity: not a matcher such as/,
    ],
    ['a bad expression', route(['severity=~"("']), /severity=~"\(": .*missing/],
    [
      'an unknown kind',
      { destinations: { general: { kind: 'fax' } } },
      /^destinations\.general\.kind: /,
    ],
    [
      'a name that is a path',
      { destinations: { '../etc': { kind: 'webhook' } } },
      /letters, digits/,
    ],
    ['a misspelt key', { heartbeat: 1 }, /heartbeat/],
    [
      'a client without SPIFFE',
      { clients: { ...valid.clients, people: ['*'] } },
      /^clients\.people\[0\]: a SPIFFE ID/,
    ],
    ['a reminder of no time', { reminderSeconds: 0 }, /^reminderSeconds: /],
  ])('with %s is refused in one line', (_what, changes, message) => {
    const text = typeof changes === 'string' ? changes : JSON.stringify({ ...valid, ...changes });
    expect(() => parseConfig(text)).toThrow(ConfigError);
    expect(() => parseConfig(text)).toThrow(message);
    expect(() => parseConfig(text)).not.toThrow(/\n/);
  });
});

describe('the environment', () => {
  test('has defaults', () => {
    expect(readEnvironment({})).toMatchObject({ port: 9094, data: '/var/lib/alert-router' });
  });

  test('is refused with name, value and reason', () => {
    expect(() => readEnvironment({ ROUTER_PORT: 'x' })).toThrow(/^ROUTER_PORT=x: /);
    expect(() => readEnvironment({ LOG_LEVEL: 'loud' })).toThrow(/^LOG_LEVEL=loud: .*"warn"/);
  });
});

describe('the files as they change', () => {
  const open = async (
    files: RouterFiles,
  ): Promise<{ source: WatchedConfig; seen: Snapshot[]; lines: string[]; reloads: boolean[] }> => {
    const lines: string[] = [];
    const reloads: boolean[] = [];
    const seen: Snapshot[] = [];
    const source = await WatchedConfig.open({
      configFile: files.configFile,
      credentials: files.credentials,
      clock: new TestClock(),
      logger: createLogger('test', 'info', { write: (line) => void lines.push(line) }),
      metrics: { setConfigReload: (ok) => void reloads.push(ok) },
    });
    source.onChange((snapshot) => seen.push(snapshot));
    return { source, seen, lines, reloads };
  };
  const start = (): RouterFiles => {
    const files = new RouterFiles(temporaryFolder());
    files.writeConfig(valid);
    return files;
  };

  test('a change is another snapshot, and no change is none', async () => {
    const files = start();
    const { source, seen } = await open(files);
    await source.poll();
    expect(seen).toEqual([]);
    files.writeConfig({ ...valid, reminderSeconds: 60 });
    await source.poll();
    expect(seen).toMatchObject([{ config: { reminderSeconds: 60 }, revision: 2 }]);
    expect(source.current).toBe(seen[0]);
  });

  test('a broken change leaves the last good one, is metered, and told once', async () => {
    const files = start();
    const { source, seen, lines, reloads } = await open(files);
    files.writeConfig('{');
    await source.poll();
    await source.poll();
    expect(source.current.config).toEqual(valid);
    expect(reloads).toEqual([false, false]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('router.json: not JSON');
    rmSync(files.configFile);
    await source.poll();
    expect(lines).toHaveLength(2);
    files.writeConfig(valid);
    await source.poll();
    expect([seen, reloads.at(-1)]).toEqual([[], true]);
  });

  test('credentials come, rotate through the link that the kubelet swaps, and go; never into the log', async () => {
    const files = start();
    const { source, seen, lines } = await open(files);
    expect(source.current.credentials.size).toBe(0);
    const version = (name: string, secret: string): void => {
      mkdirSync(path.join(files.credentials, name));
      writeFileSync(path.join(files.credentials, name, 'general'), `${secret}\n`);
      rmSync(path.join(files.credentials, '..data'), { force: true });
      symlinkSync(name, path.join(files.credentials, '..data'));
    };
    version('..1', 'https://discord.com/one');
    symlinkSync('..data/general', path.join(files.credentials, 'general'));
    await source.poll();
    version('..2', 'https://discord.com/two');
    await source.poll();
    rmSync(path.join(files.credentials, 'general'));
    await source.poll();
    expect(seen.map(({ credentials }) => credentials.get('general'))).toEqual([
      'https://discord.com/one',
      'https://discord.com/two',
      undefined,
    ]);
    expect(lines.join('')).not.toContain('discord.com');
  });

  test('what is broken at the start is one line with the file', async () => {
    const files = new RouterFiles(temporaryFolder());
    await expect(open(files)).rejects.toThrow(/^\/.*router\.json: .*ENOENT/);
    await expect(open(files)).rejects.toThrow(ConfigError);
  });

  test('a new certificate is handed over until it is taken', async () => {
    const files = start();
    files.writeTls({ cert: 'c1', key: 'k1', ca: 'a1' });
    const lines: string[] = [];
    const clock = new TestClock();
    const logger = createLogger('test', 'info', { write: (line) => void lines.push(line) });
    const tls = await WatchedTls.open({ folder: files.tls, clock, logger });
    const offered: string[] = [];
    const stop = new AbortController();
    files.writeTls({ cert: 'c2', key: 'k2', ca: 'a1' });
    await tls.run((material) => {
      offered.push(material.cert);
      if (offered.length === 1) throw new Error('key values mismatch');
      stop.abort();
    }, stop.signal);
    expect(offered).toEqual(['c2', 'c2']);
    expect(tls.current.cert).toBe('c2');
    expect(lines[0]).toContain('key values mismatch');
    await expect(WatchedTls.open({ folder: '/nowhere', clock, logger: quiet })).rejects.toThrow(
      /^\/nowhere: /,
    );
  });
});
