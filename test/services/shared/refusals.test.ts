import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { refusedConnections } from '../../../constructs/loki/selectors';
import { systemClock } from '../../../services/shared/clock';
import { LineLimit } from '../../../services/shared/line-limit';
import { createLogger, type Logger } from '../../../services/shared/logger';
import { MutualTlsServer, type TlsMaterial } from '../../../services/shared/tls-server';
import { ask } from '../../support/request';
import { TestClock } from '../../support/test-clock';
import { TlsAuthority } from '../../support/tls-authority';

jest.mock<object>('../../../services/shared/logger', () => {
  const actual = jest.requireActual<{ createLogger: typeof createLogger }>(
    '../../../services/shared/logger',
  );
  return { ...actual, createLogger: jest.fn(actual.createLogger) };
});

const PROMETHEUS = 'spiffe://vigil/ns/monitoring/sa/prometheus';
const GRAFANA = 'spiffe://vigil/ns/monitoring/sa/grafana';

let leaves: Record<'prometheus' | 'grafana' | 'stranger', TlsMaterial>;
let server: MutualTlsServer;
let port: number;
let output: string[];

beforeAll(async () => {
  const [ours, foreign] = await Promise.all([TlsAuthority.create(), TlsAuthority.create()]);
  const [prometheus, grafana, stranger] = await Promise.all([
    ours.issue('prometheus'),
    ours.issue('grafana'),
    foreign.issue('prometheus'),
  ]);
  leaves = { prometheus, grafana, stranger };
}, 60_000);

beforeEach(async () => {
  output = [];
  server = new MutualTlsServer({
    material: leaves.prometheus,
    allowedIdentities: [PROMETHEUS],
    handler: (_request, response) => void response.end(),
    logger: logger(),
  });
  // On both families, as in a pod.
  port = await server.listen(0);
});
afterEach(() => server.close(100));

const logger = (): Logger =>
  createLogger('test', 'info', { write: (line) => void output.push(line) });

type Client = Partial<Pick<TlsMaterial, 'cert' | 'key'>> & tls.SecureContextOptions;

const only = ({ cert, key }: TlsMaterial): Client => ({ cert, key });
const get = (client: Client, path = '/'): ReturnType<typeof ask> => {
  const { ca } = leaves.prometheus;
  const where = { host: '127.0.0.1', servername: 'localhost', port, path, agent: false };
  return ask({ ...where, ca, ...client });
};

/** Opens the port, does something, and waits until both ends are done. */
async function connected(act: (socket: net.Socket) => void): Promise<void> {
  const socket = net.connect(port, '127.0.0.1', () => act(socket));
  socket.on('error', () => undefined);
  socket.resume();
  await once(socket, 'close');
}

/** What was said, once the server has seen all that came before. */
async function lines(): Promise<object[]> {
  await get(only(leaves.prometheus));
  await systemClock.sleep(50);
  return output.map((line) => JSON.parse(line) as object);
}

describe('identities that are refused', () => {
  test('are logged in one form', async () => {
    expect((await get(only(leaves.grafana), `/${'p'.repeat(200)}`)).status).toBe(403);
    expect(await lines()).toEqual([
      {
        level: 'warn',
        time: expect.any(String) as string,
        service: 'test',
        identity: GRAFANA,
        client: '127.0.0.1',
        method: 'GET',
        path: `/${'p'.repeat(99)}`,
        msg: 'identity not allowed',
      },
    ]);
  });

  test('are logged by a server that was given no logger, too', async () => {
    jest.mocked(createLogger).mockReturnValueOnce(logger());
    const other = new MutualTlsServer({
      material: leaves.prometheus,
      allowedIdentities: [],
      handler: () => undefined,
    });
    port = await other.listen(0);
    expect((await get(only(leaves.grafana))).status).toBe(403);
    await other.close(100);
    expect(output.join('')).toContain(`"identity":"${GRAFANA}"`);
  });
});

describe('handshakes that are refused', () => {
  const CASES: [string, () => Promise<unknown>, string | RegExp][] = [
    ['no certificate', () => get({}), 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE'],
    [
      'no certificate, with TLS 1.2',
      () => get({ maxVersion: 'TLSv1.2' }),
      'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE',
    ],
    ['one of a foreign authority', () => get(only(leaves.stranger)), /SELF_SIGNED|UNABLE_TO/],
    [
      'one of a foreign authority, with TLS 1.2',
      () => get({ ...only(leaves.stranger), maxVersion: 'TLSv1.2' }),
      /SELF_SIGNED|UNABLE_TO/,
    ],
    ['no TLS', () => ask({ host: '127.0.0.1', port, agent: false }), 'ERR_SSL_HTTP_REQUEST'],
  ];

  test.each(CASES)('%s: a line, with address and reason', async (_what, attempt, code) => {
    await expect(attempt()).rejects.toThrow();
    const said = await lines();
    expect(said).toEqual([
      {
        level: 'warn',
        time: expect.any(String) as string,
        service: 'test',
        client: '127.0.0.1',
        code: expect.stringMatching(code) as string,
        msg: 'TLS handshake error',
      },
    ]);
  });

  test('the dashboard finds these lines', async () => {
    await expect(get({})).rejects.toThrow();
    await expect(get(only(leaves.stranger))).rejects.toThrow();
    await get(only(leaves.grafana));
    await lines();
    const [, wanted = '', unwanted = ''] = /\|~ `(.+)` !~ `(.+)`/.exec(refusedConnections) ?? [];
    expect(output).toHaveLength(3);
    for (const line of output) {
      expect(line).toMatch(new RegExp(wanted));
      expect(line).not.toMatch(new RegExp(unwanted));
    }
  });

  test.each<[string, () => Promise<void>]>([
    ['a probe of the port', () => connected((socket) => socket.end())],
    ['a probe that resets', () => connected((socket) => socket.resetAndDestroy())],
    [
      'a client that goes away within its hello',
      () => connected((socket) => socket.end(Buffer.from('16030100c8010000c40303', 'hex'))),
    ],
    [
      'a handshake and no request, as of the blackbox exporter',
      async () => {
        const { ca, ...rest } = leaves.prometheus;
        const options = { host: '127.0.0.1', servername: 'localhost', port, ca, ...rest };
        const socket = tls.connect(options, () => socket.end());
        await once(socket.resume(), 'close');
      },
    ],
  ])('%s is none', async (_what, act) => {
    await act();
    expect(await lines()).toEqual([]);
  });

  test('are 30 lines a minute at most', async () => {
    for (let attempt = 0; attempt < 40; attempt += 1) {
      await connected((socket) => socket.write('GET / HTTP/1.1\r\n\r\n'));
    }
    expect(await lines()).toHaveLength(30);
  });
});

test('a limit of lines starts again with each window, and says how many were withheld', () => {
  const clock = new TestClock();
  const limit = new LineLimit({ lines: 2, windowMs: 60_000, clock });
  const take = (): number | undefined => limit.take()?.withheld;
  expect([take(), take(), take()]).toEqual([0, 0, undefined]);
  clock.advance(59);
  expect(take()).toBeUndefined();
  clock.advance(1);
  expect([take(), take(), take()]).toEqual([2, 0, undefined]);
});
