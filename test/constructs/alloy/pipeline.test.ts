import { setTimeout as delay } from 'node:timers/promises';
import { LINE_METADATA } from '../../../constructs/loki/streams';
import { TestNode, openGate, type Gate, type LoggedContainer } from '../../support/alloy-server';
import {
  describeWithLoki,
  type LokiResult,
  type LokiServer,
  type StartLoki,
} from '../../support/loki-server';
import { TlsAuthority } from '../../support/tls-authority';
import { describeWith, type ToolName } from '../../support/tools';

const MINUTE_MS = 60_000;
const SECONDS = 1000;

jest.setTimeout(60 * SECONDS);

const container = (namespace: string, app: string, name = app): LoggedContainer => ({
  namespace,
  app,
  container: name,
});
const shop = container('shop', 'shop', 'app');
const nginx = container('web', 'nginx');
const apache = container('web', 'apache');
const sampleApp = container('web', 'sample-app');
const writer = container('shop', 'writer');

describeWithLoki('logs of a node', (startLoki: StartLoki) => {
  describeWith('alloy' satisfies ToolName, 'through a real Alloy', (bench) => {
    let loki: LokiServer;
    let gate: Gate;
    let node: TestNode;
    let authority: TlsAuthority;

    beforeAll(async () => {
      authority = await TlsAuthority.create();
      loki = await startLoki();
      gate = await openGate(loki.url, await authority.issue('loki'));
      node = TestNode.create(bench, {
        containers: [shop, nginx, apache, sampleApp, writer],
        gate,
        tls: await authority.issue('alloy'),
      });
      await node.start();
    }, 60 * SECONDS);

    afterAll(() => gate.close());

    const all = (logql: string): Promise<LokiResult[]> =>
      loki.queryRange(logql, {
        start: new Date(Date.now() - 90 * MINUTE_MS),
        end: new Date(Date.now() + MINUTE_MS),
      });

    /** The lines of a query, once there are so many; what there is after 30 seconds otherwise. */
    async function lines(logql: string, count = 1): Promise<string[]> {
      return (await streams(logql, count)).flatMap(({ values = [] }) =>
        values.map(([, line]) => line),
      );
    }

    async function streams(logql: string, count = 1): Promise<LokiResult[]> {
      const end = Date.now() + 30 * SECONDS;
      for (;;) {
        const results = await all(logql);
        const found = results.reduce((sum, { values = [] }) => sum + values.length, 0);
        if (found >= count || Date.now() > end) return results;
        await delay(200);
      }
    }

    test('a line of an app has the labels and metadata of the contract', async () => {
      node.log(shop, ['level=warn msg="stock is low"']);

      expect(await streams('{job="container", app="shop"} |= `stock`')).toMatchObject([
        {
          stream: {
            job: 'container',
            namespace: 'shop',
            app: 'shop',
            container: 'app',
            node: 'worker',
            pod: 'shop-0',
            level: 'warning',
          },
        },
      ]);
      const [{ stream = {} } = {}] = await all('{job="container", app="shop"} |= `stock`');
      expect(Object.keys(stream).sort()).toEqual(
        ['app', 'container', 'job', 'namespace', 'node', ...LINE_METADATA.container].sort(),
      );
    });

    test('levels are one spelling, whoever says them', async () => {
      const said: Readonly<Record<string, string | undefined>> = {
        '{"level":"WARNING","msg":"json text"}': 'warning',
        '{"time":1,"level":50,"msg":"pino number"}': 'error',
        '{"severity": "Critical", "msg":"severity"}': 'critical',
        '{"msg":"quoted \\"level\\":\\"error\\" is no level"}': undefined,
        'ts=1 level=info msg="logfmt"': 'info',
        'ts=1 caller=a.go level="debug" msg="logfmt quoted"': 'debug',
        'E1121 19:02:03.123456       1 reflector.go:1] klog': 'error',
        'F1121 19:02:03.123456       1 main.go:1] klog fatal': 'critical',
        '2026/11/21 19:02:03 [emerg] 1#1: nginx form': 'critical',
        '[Sat Nov 21 19:02:03.123456 2026] [ssl:warn] [pid 1:tid 2] AH01: httpd form': 'warning',
        '[INFO] plugin/reload: CoreDNS form': 'info',
        'nothing is said about a level here': undefined,
        'the level was high, and the error small': undefined,
      };
      const marked = Object.entries(said).map(([line, level]) => [`${line} case-of-level`, level]);
      node.log(
        shop,
        marked.map(([line]) => line ?? ''),
      );

      const results = await streams('{job="container"} |= `case-of-level`', marked.length);
      const found = results.flatMap(({ stream = {}, values = [] }) =>
        values.map(([, line]) => [line, stream.level]),
      );

      expect(Object.fromEntries(found)).toEqual(Object.fromEntries(marked));
    });

    const access = (more: object = {}): string =>
      JSON.stringify({
        method: 'GET',
        path: '/a?q=1',
        status: 404,
        bytes: 153,
        durationMs: 1.25,
        client: '10.1.2.3',
        userAgent: `curl/8 "quoted" ${'x'.repeat(300)}`,
        requestId: 'e7a1',
        ...more,
      });

    test.each([
      ['nginx', nginx],
      ['apache', apache],
      ['sample-app', sampleApp],
    ])('an access line of %s is a request, with its fields as metadata', async (app, where) => {
      node.log(where, [access({ level: 'INFO', service: app })]);

      const [{ stream = {}, values = [] } = {}] = await streams(
        `{job="web-access", app="${app}"} | status="404" | duration_ms > 1 | bytes < 200`,
      );

      expect(Object.keys(stream).sort()).toEqual(
        ['app', 'container', 'job', 'namespace', 'node', ...LINE_METADATA.access].sort(),
      );
      expect(stream).toMatchObject({
        method: 'GET',
        path: '/a?q=1',
        status: '404',
        bytes: '153',
        duration_ms: '1.25',
        client: '10.1.2.3',
        user_agent: `curl/8 "quoted" ${'x'.repeat(300)}`.slice(0, 256),
        request_id: 'e7a1',
        pod: `${app}-0`,
      });
      expect(values[0]?.[1]).toBe(access({ level: 'INFO', service: app }));
    });

    test('what a web server says about itself is another job, and what an app says stays the app’s', async () => {
      node.log(nginx, ['2026/11/21 19:02:03 [error] 31#31: *1 open() failed'], 'stderr');
      node.log(sampleApp, ['{"level":"WARNING","user":"a","msg":"Failed login attempt"}']);

      expect(await streams('{job="web-server"} |= `open() failed`')).toMatchObject([
        { stream: { app: 'nginx', pod: 'nginx-0', level: 'error' } },
      ]);
      expect(await streams('{job="container", app="sample-app"} |= `Failed login`')).toMatchObject([
        { stream: { level: 'warning' } },
      ]);
    });

    test('an app elsewhere that looks like a web server is none', async () => {
      node.log(shop, [access({ requestId: 'elsewhere' })]);

      expect(await streams('{job="container"} |= `elsewhere`')).toHaveLength(1);
      expect(await all('{job="web-access"} |= `elsewhere`')).toEqual([]);
    });

    test('a long line in parts is one line, cut at 64 KiB', async () => {
      const now = new Date().toISOString();
      const part = 'long'.repeat(4096);
      node.logRaw(shop, `${now} stdout P ${part}\n`.repeat(5));
      node.logRaw(shop, `${now} stdout F end\n`);

      const [line = ''] = await lines('{job="container"} |= `longlong`');

      expect(line.length).toBeGreaterThan(65_000);
      expect(line.length).toBeLessThanOrEqual(65_536);
    });

    test('an event of the audit log has its fields as metadata, and its own time', async () => {
      const at = new Date(Date.now() - 5 * MINUTE_MS);
      const stageTimestamp = `${at.toISOString().slice(0, -1)}456Z`;
      node.audit({
        kind: 'Event',
        level: 'Metadata',
        stage: 'ResponseComplete',
        verb: 'create',
        user: { username: 'kubernetes-admin' },
        sourceIPs: ['172.18.0.1', '10.0.0.1'],
        objectRef: { resource: 'pods', namespace: 'web', name: 'nginx-0', subresource: 'exec' },
        responseStatus: { code: 101 },
        stageTimestamp,
      });

      const [{ stream = {}, values = [] } = {}] = await streams('{job="audit"} | code="101"');

      expect(stream).toEqual({
        job: 'audit',
        node: 'worker',
        user: 'kubernetes-admin',
        verb: 'create',
        resource: 'pods',
        subresource: 'exec',
        object_namespace: 'web',
        object_name: 'nginx-0',
        code: '101',
        source_ip: '172.18.0.1',
      });
      expect(values[0]?.[0]).toBe(`${at.getTime()}456000`);
    });

    test('a renewed certificate is shown without a restart', async () => {
      const renewed = await authority.issue('alloy');
      const before = gate.serials.size;
      node.renew(renewed);
      node.log(shop, ['after the renewal']);
      await lines('{app="shop"} |= `after the renewal`');

      expect(gate.serials.size).toBe(before + 1);
    });

    describe('Loki away', () => {
      const numbered = (from: number, count: number): string[] =>
        Array.from({ length: count }, (_, index) => `line ${from + index} of the count`);
      const counted = '{app="writer"} |= `of the count`';
      /** Which of so many lines are missing, once all are there or the time is over. */
      const missing = async (count: number): Promise<number[]> => {
        const found = new Set(
          (await lines(counted, count)).map((line) => Number(/\d+/.exec(line)?.[0])),
        );
        return Array.from({ length: count }, (_, index) => index).filter((one) => !found.has(one));
      };

      test('and Alloy killed meanwhile: every line arrives, and each once', async () => {
        node.log(writer, numbered(0, 100));
        await lines(counted, 100);

        await gate.close();
        // Alloy notes each 10 seconds how far it has read, and writes it down each 10: it has read some of these.
        for (let from = 100; from < 900; from += 16) {
          node.log(writer, numbered(from, 16));
          await delay(SECONDS / 2);
        }
        await node.kill();
        node.log(writer, numbered(900, 100));
        await node.start();
        await delay(5 * SECONDS);
        await gate.open();

        expect(await missing(1000)).toEqual([]);
        const [{ value: [, total] = [] } = {}] = await loki.query(
          `sum(count_over_time(${counted} [1h]))`,
        );
        expect(total).toBe('1000');
      }, 120_000);

      test('and the file turned over meanwhile: every line arrives', async () => {
        await gate.close();
        node.log(writer, numbered(1000, 2000));
        await delay(3 * SECONDS);
        node.rotate(writer);
        node.log(writer, numbered(3000, 1000));
        await delay(3 * SECONDS);
        await gate.open();

        expect(await missing(4000)).toEqual([]);
      }, 120_000);

      test('and nothing was dropped', async () => {
        expect(await node.metric('loki_write_dropped_entries_total')).toBe(0);
      });
    });
  });
});
