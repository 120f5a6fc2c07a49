import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { Loop } from '../../../services/certificate-controller/src/loop';
import { ControllerMetrics } from '../../../services/certificate-controller/src/metrics';
import { PlanFile } from '../../../services/certificate-controller/src/plan';
import type { PassOutcome } from '../../../services/certificate-controller/src/reconcile';
import { createLogger } from '../../../services/shared/logger';
import { MutualTlsServer, type TlsMaterial } from '../../../services/shared/tls-server';
import { applied, DAY, keyPool, TestController, testPlan } from '../../support/controller';
import { TestClock } from '../../support/test-clock';

const plan = testPlan();

describe('the loop', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'plan-'));
    file = path.join(folder, 'plan.json');
    await writeFile(file, JSON.stringify(plan));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Runs as many passes as there are steps, each taken before its pass. */
  async function run(
    steps: (() => Promise<Partial<PassOutcome>>)[],
  ): Promise<{ log: string[]; waits: number[]; plans: number[]; metrics: ControllerMetrics }> {
    const clock = new TestClock();
    const metrics = new ControllerMetrics();
    const stop = new AbortController();
    const log: string[] = [];
    const waits: number[] = [];
    const plans: number[] = [];
    const planFile = new PlanFile(file);
    let outcome: Partial<PassOutcome> = {};
    let left = steps.length;
    const loop = new Loop({
      readPlan: async () => {
        outcome = (await steps[steps.length - left]?.()) ?? {};
        left -= 1;
        if (left === 0) stop.abort();
        return planFile.read();
      },
      pass: (current) => {
        plans.push(current.leafLifetimeSeconds);
        return Promise.resolve({
          again: false,
          failure: undefined,
          material: undefined,
          ...outcome,
        });
      },
      onMaterial: () => Promise.resolve(),
      clock: {
        now: () => clock.now(),
        monotonic: () => clock.monotonic(),
        sleep: (ms) => {
          waits.push(ms);
          return clock.sleep(ms);
        },
      },
      logger: createLogger('test', 'info', {
        write: (line) => void log.push((JSON.parse(line) as { msg: string }).msg),
      }),
      metrics,
      random: () => 0,
    });
    await loop.run(stop.signal);
    return { log, waits, plans, metrics };
  }

  const nothing = (): Promise<Partial<PassOutcome>> => Promise.resolve({});

  test('is eager for two minutes, then calm', async () => {
    const { waits } = await run(Array.from({ length: 70 }, () => nothing));
    expect(waits.slice(0, 60).every((ms) => ms === 2_000)).toBe(true);
    expect(waits.slice(61).every((ms) => ms === 10_000)).toBe(true);
  });

  test('goes again at once after a conflict', async () => {
    const { waits } = await run([() => Promise.resolve({ again: true }), nothing]);
    expect(waits).toEqual([100, 2_000]);
  });

  test('takes up a changed plan; keeps the last good one while it is invalid, and says so once', async () => {
    const change = (text: string) => async (): Promise<Partial<PassOutcome>> => {
      await writeFile(file, text);
      return {};
    };
    const { log, plans, metrics } = await run([
      nothing,
      change(JSON.stringify({ ...plan, leafLifetimeSeconds: DAY })),
      change('{'),
      nothing,
    ]);
    expect(plans).toEqual([30 * DAY, DAY, DAY, DAY]);
    expect(log).toEqual([`${file} is not JSON`]);
    const gauge = await metrics.registry.getSingleMetricAsString(
      'vigil_certificate_controller_error',
    );
    expect(gauge).toContain('{reason="PlanInvalid"} 1');
  });
});

test('a renewed certificate and bundle are served to new connections at once', async () => {
  const server = await applied(plan);
  // Clients judge by today's date: the first leaf is due today, and both are valid.
  const clock = new TestClock(new Date(Date.now() - 20 * DAY * 1000));
  const one = new TestController(server, clock, await keyPool(8));
  const first = (await one.converge(plan)).material as TlsMaterial;
  const https = new MutualTlsServer({
    material: first,
    allowedIdentities: [],
    handler: (_request, response) => void response.end(),
  });
  const port = await https.listen(0, '127.0.0.1');
  const shown = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const { cert, key, ca } = first;
      const socket = tls.connect({
        port,
        host: '127.0.0.1',
        servername: 'localhost',
        cert,
        key,
        ca,
      });
      socket.on('secureConnect', () => {
        resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
        socket.destroy();
      });
      socket.on('error', reject);
    });
  try {
    expect(await shown()).toBe(new X509Certificate(first.cert).fingerprint256);
    clock.advance(20 * DAY);
    const second = (await one.converge(plan)).material as TlsMaterial;
    expect(second.cert).not.toBe(first.cert);
    https.update(second);
    expect(await shown()).toBe(new X509Certificate(second.cert).fingerprint256);
    expect(() => https.update({ ...second, key: first.key })).toThrow();
    expect(await shown()).toBe(new X509Certificate(second.cert).fingerprint256);
  } finally {
    await https.close();
    await server.dispose();
  }
});
