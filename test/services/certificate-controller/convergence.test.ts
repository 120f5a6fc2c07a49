import {
  ConflictError,
  type Kube,
  secretValue,
} from '../../../services/certificate-controller/src/kube';
import type { GenerateKey } from '../../../services/certificate-controller/src/issue';
import { Loop } from '../../../services/certificate-controller/src/loop';
import { parseChain } from '../../../services/certificate-controller/src/pem';
import { createLogger } from '../../../services/shared/logger';
import {
  applied,
  authoritySecret,
  becomeReady,
  DAY,
  expectConsistent,
  HOUR,
  keyPool,
  secretOf,
  templateAnnotations,
  TestController,
  testPlan,
} from '../../support/controller';
import type { FakeApiServer } from '../../support/fake-api-server';
import { TestClock } from '../../support/test-clock';

const plan = testPlan();
let generateKey: GenerateKey;
let server: FakeApiServer;
let clock: TestClock;

beforeAll(async () => {
  generateKey = await keyPool();
}, 30_000);
beforeEach(async () => {
  clock = new TestClock();
  server = await applied(plan);
});
afterEach(async () => {
  expect(server.violations).toEqual([]);
  await server.dispose();
});

const controller = (wrap?: (kube: Kube) => Kube): TestController =>
  new TestController(server, clock, generateKey, wrap);
const leafText = (component: string, key = 'tls.crt'): string =>
  secretValue(secretOf(server, 'monitoring', `${component}-tls`), key);
const setData = (name: string, values: Record<string, string>, namespace = 'monitoring'): void => {
  const secret = secretOf(server, namespace, name);
  const encoded = Object.entries(values).map(([key, value]) => [
    key,
    Buffer.from(value).toString('base64'),
  ]);
  const data = { ...secret.data, ...(Object.fromEntries(encoded) as Record<string, string>) };
  server.put('secrets', { ...secret, data });
};
const renewalsOf = (one: TestController, reason: string): Promise<number | undefined> =>
  one.metric('vigil_certificate_renewals_total', { component: 'prometheus', reason });

test('first start: CA, every leaf and the password, and no restart', async () => {
  const outcome = await controller().converge(plan);
  expect(outcome).toMatchObject({ again: false, failure: undefined });
  expect(outcome.material?.cert).toContain('BEGIN CERTIFICATE');
  expectConsistent(server, plan);
  const password = secretValue(secretOf(server, 'monitoring', 'grafana-admin'), 'password');
  expect(password).toMatch(/^[-_A-Za-z0-9]{32}$/);
  expect(templateAnnotations(server, 'statefulsets', 'loki')).toEqual({});
  expect(templateAnnotations(server, 'deployments', 'grafana')).toEqual({});
  expect(authoritySecret(server).metadata.annotations).toMatchObject({
    'vigil.local/rotation-phase': 'steady',
  });
});

test('a second pass writes nothing', async () => {
  await controller().converge(plan);
  const before = server.writes.length;
  await controller().pass(plan);
  expect(server.writes).toHaveLength(before);
});

test('two copies at once: exactly one CA survives, and every leaf chains to it', async () => {
  const roots = new Set<string>();
  server.onWrite = () => {
    const certificate = secretValue(authoritySecret(server), 'ca.crt');
    if (certificate) roots.add(certificate);
  };
  const copies = [controller(), controller(), controller()];
  let conflicts = 0;
  for (let round = 0; round < 5; round += 1) {
    const outcomes = await Promise.all(copies.map((one) => one.pass(plan)));
    conflicts += outcomes.filter(({ again }) => again).length;
  }
  expect(conflicts).toBeGreaterThan(0);
  expect(roots.size).toBe(1);
  expectConsistent(server, plan);
  const before = server.writes.length;
  await Promise.all(copies.map((one) => one.pass(plan)));
  expect(server.writes).toHaveLength(before);
});

describe('a killed copy', () => {
  /** Dies with the n-th write: it reaches the server, but nothing after it does. */
  const dyingAt = (last: number) => (kube: Kube) => {
    let writes = 0;
    let dead = false;
    const guarded = <A extends unknown[], R>(write: boolean, call: (...args: A) => Promise<R>) => {
      return async (...args: A): Promise<R> => {
        if (dead) throw new Error('killed');
        const result = call(...args);
        if (write) writes += 1;
        if (write && writes === last) {
          dead = true;
          await result;
          throw new Error('killed');
        }
        return result;
      };
    };
    const dying: Kube = {
      getSecret: guarded(false, (ref) => kube.getSecret(ref)),
      updateSecret: guarded(true, (secret) => kube.updateSecret(secret)),
      getWorkload: guarded(false, (ref) => kube.getWorkload(ref)),
      annotatePodTemplate: guarded(true, (ref, values) => kube.annotatePodTemplate(ref, values)),
      getEvent: guarded(false, (ref) => kube.getEvent(ref)),
      createEvent: guarded(true, (event) => kube.createEvent(event)),
      updateEvent: guarded(true, (event) => kube.updateEvent(event)),
      listKubeletServingRequests: guarded(false, () => kube.listKubeletServingRequests()),
      approve: guarded(true, (request) => kube.approve(request)),
      getNode: guarded(false, (name) => kube.getNode(name)),
    };
    return dying;
  };

  const copyOf = (): Map<string, never> => structuredClone(server.objects) as never;
  const restore = (objects: Map<string, never>): void => {
    server.objects.clear();
    for (const [key, value] of structuredClone(objects)) server.objects.set(key, value);
  };
  /** Runs the scenario with a copy that dies at its first, second, ... write, until none dies. */
  const atEveryWrite = async (
    scenario: (one: TestController) => Promise<unknown>,
    check: () => void,
  ): Promise<number> => {
    const start = copyOf();
    for (let last = 1; last < 60; last += 1) {
      restore(start);
      const survived = await scenario(controller(dyingAt(last))).then(
        () => true,
        (error: Error) => {
          expect(error.message).toBe('killed');
          return false;
        },
      );
      await scenario(controller());
      check();
      if (survived) return last - 1;
    }
    throw new Error('never survives');
  };

  test('at each write of the first start', async () => {
    const writes = await atEveryWrite(
      (one) => one.converge(plan),
      () => expectConsistent(server, plan),
    );
    expect(writes).toBe(1 + plan.leaves.length + plan.passwords.length);
  });

  test('at each write of a root rotation', async () => {
    await controller().converge(plan);
    becomeReady(server, 'statefulsets', 'loki');
    const oldRoot = secretValue(authoritySecret(server), 'ca.crt');
    const secret = authoritySecret(server);
    const annotations = { ...secret.metadata.annotations, 'vigil.local/rotate-root': 'now' };
    server.put('secrets', { ...secret, metadata: { ...secret.metadata, annotations } });
    const throughRotation = async (one: TestController): Promise<void> => {
      for (let step = 0; step < 8; step += 1) {
        await one.converge(plan);
        clock.advance(plan.authority.propagationSeconds + 1);
      }
    };
    const writes = await atEveryWrite(throughRotation, () => {
      expectConsistent(server, plan);
      expect(secretValue(authoritySecret(server), 'ca.crt')).not.toBe(oldRoot);
      expect(parseChain(leafText('loki', 'ca.crt'))).toHaveLength(1);
      expect(authoritySecret(server).metadata.annotations).toMatchObject({
        'vigil.local/rotation-phase': 'steady',
        'vigil.local/rotate-root-handled': 'now',
      });
      expect(Object.keys(authoritySecret(server).data ?? {}).sort()).toEqual(['ca.crt', 'ca.key']);
    });
    expect(writes).toBeGreaterThan(12);
  }, 60_000);
});

describe('a Secret damaged by hand', () => {
  test.each([
    ['garbled certificate', { 'tls.crt': 'garbage' }, 'unreadable'],
    ['garbled key', { 'tls.key': 'garbage' }, 'unreadable'],
    ['emptied values', { 'tls.crt': '', 'tls.key': '', 'ca.crt': '' }, 'missing'],
  ])('%s: re-issued at once', async (_what, values, reason) => {
    const one = controller();
    await one.converge(plan);
    const untouched = leafText('loki');
    setData('prometheus-tls', values);
    await one.pass(plan);
    expectConsistent(server, plan);
    expect(await renewalsOf(one, reason)).toBeGreaterThan(0);
    expect(leafText('loki')).toBe(untouched);
  });

  test('all data removed: re-issued at once', async () => {
    const one = controller();
    await one.converge(plan);
    const { metadata } = secretOf(server, 'monitoring', 'prometheus-tls');
    server.put('secrets', { metadata });
    await one.pass(plan);
    expectConsistent(server, plan);
  });

  test('key of another leaf: re-issued at once', async () => {
    const one = controller();
    await one.converge(plan);
    setData('prometheus-tls', { 'tls.key': leafText('loki', 'tls.key') });
    await one.pass(plan);
    expectConsistent(server, plan);
    expect(await renewalsOf(one, 'key-mismatch')).toBe(1);
  });

  test('garbled trust bundle: mended, without a new leaf and without a restart', async () => {
    const one = controller();
    await one.converge(plan);
    const before = leafText('loki');
    setData('loki-tls', { 'ca.crt': 'garbage' });
    await one.pass(plan);
    expectConsistent(server, plan);
    expect(leafText('loki')).toBe(before);
    expect(templateAnnotations(server, 'statefulsets', 'loki')).toEqual({});
  });
});

test('a Secret object deleted: reported, the others go on, and issued when it is back', async () => {
  const one = controller();
  await one.converge(plan);
  server.delete('secrets', 'monitoring', 'prometheus-tls');
  setData('loki-tls', { 'tls.crt': 'garbage' });
  await one.pass(plan);
  await one.pass(plan);
  expect(leafText('loki')).toContain('BEGIN CERTIFICATE');
  const missing = { component: 'prometheus' };
  expect(await one.metric('vigil_certificate_secret_missing', missing)).toBe(1);
  const event = server.get('events', 'monitoring', 'prometheus-tls.secretmissing');
  expect(event).toMatchObject({ type: 'Warning', reason: 'SecretMissing', count: 1 });
  const lines = one.log.filter(({ reason }) => reason === 'SecretMissing');
  expect(lines).toHaveLength(1);
  expect(lines[0]?.msg).toContain('npx vigil up');

  clock.advance(301);
  await one.pass(plan);
  expect(server.get('events', 'monitoring', 'prometheus-tls.secretmissing')?.count).toBe(2);

  server.put('secrets', { metadata: { namespace: 'monitoring', name: 'prometheus-tls' } });
  await one.pass(plan);
  expectConsistent(server, plan);
  expect(await one.metric('vigil_certificate_secret_missing', missing)).toBe(0);
});

describe('a clock jump', () => {
  test('forwards past the end of every leaf: all are re-issued', async () => {
    const one = controller();
    await one.converge(plan);
    clock.jumpBy(40 * DAY);
    await one.pass(plan);
    expectConsistent(server, plan);
    expect(await renewalsOf(one, 'expired')).toBe(1);
  });

  test('backwards again: what was issued in the future is re-issued', async () => {
    const one = controller();
    clock.advance(100 * DAY);
    await one.converge(plan);
    clock.jumpBy(40 * DAY);
    await one.pass(plan);
    clock.jumpBy(-40 * DAY);
    await one.pass(plan);
    expectConsistent(server, plan);
    expect(await renewalsOf(one, 'not-yet-valid')).toBe(1);
  });

  test('of a few minutes backwards changes nothing', async () => {
    const one = controller();
    await one.converge(plan);
    const before = server.writes.length;
    clock.jumpBy(-299);
    await one.pass(plan);
    expect(server.writes).toHaveLength(before);
  });

  test('past the end of the CA: reported, nothing overwritten, and over when the clock is right', async () => {
    const one = controller();
    await one.converge(plan);
    const before = structuredClone(authoritySecret(server));
    clock.jumpBy(20 * 365 * DAY);
    expect(await one.pass(plan)).toMatchObject({ failure: 'CertificateAuthorityUnreadable' });
    expect(authoritySecret(server)).toEqual(before);
    clock.jumpBy(-20 * 365 * DAY);
    expect(await one.pass(plan)).toMatchObject({ failure: undefined });
    expectConsistent(server, plan);
  });
});

test('the API server away for 60 s: backs off, logs once, and converges when it is back', async () => {
  const one = controller();
  await one.converge(plan);
  setData('prometheus-tls', { 'tls.crt': 'garbage' });
  await server.stop();
  const log: { msg: string; reason?: string }[] = [];
  const write = (line: string): void => void log.push(JSON.parse(line) as (typeof log)[number]);
  const stop = new AbortController();
  const waits: number[] = [];
  const away = clock.monotonic();
  const loop = new Loop({
    readPlan: () => Promise.resolve(plan),
    pass: async (current) => {
      const outcome = await one.pass(current);
      stop.abort();
      return outcome;
    },
    onMaterial: () => Promise.resolve(),
    clock: {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      sleep: async (ms) => {
        waits.push(ms);
        await clock.sleep(ms);
        if (clock.monotonic() - away >= 60_000 && !stop.signal.aborted) await server.start();
      },
    },
    logger: createLogger('test', 'info', { write }),
    metrics: one.metrics,
    random: () => 0.5,
  });
  await loop.run(stop.signal);
  expectConsistent(server, plan);
  expect(log.filter(({ reason }) => reason === 'ApiUnreachable')).toHaveLength(1);
  expect(log.at(-1)?.msg).toBe('all in order');
  // Each wait is longer than the one before, up to the bound.
  const failed = waits.slice(0, -1);
  expect(failed.length).toBeLessThan(10);
  expect(failed).toEqual([...failed].sort((a, b) => a - b));
  expect(Math.max(...failed)).toBeLessThanOrEqual(18_000);
  expect(await one.metric('vigil_certificate_controller_error', { reason: 'ApiUnreachable' })).toBe(
    0,
  );
});

test('an API server that does not answer in time is as good as away', async () => {
  const one = controller();
  server.beforeCall = ({ name }) =>
    name === 'loki-tls' ? new Promise(() => undefined) : undefined;
  await expect(one.pass(plan)).rejects.toThrow(/no answer within 2000 ms/);
  server.beforeCall = () => undefined;
  await one.converge(plan);
  expectConsistent(server, plan);
}, 15_000);

test('a call that is forbidden: the others go on, and it is reported', async () => {
  const forbidden = plan.leaves[1];
  const allow = server.allow;
  server.allow = (call) =>
    allow(call) && !(call.verb === 'update' && call.name === forbidden?.secret);
  const outcome = await controller().pass(plan);
  expect(outcome).toMatchObject({ failure: 'ApiRefused' });
  expect(outcome.message).toContain('is forbidden');
  expect(leafText('loki')).toContain('BEGIN CERTIFICATE');
  expect(server.violations).toHaveLength(1);
  server.violations.length = 0;
});

describe('passwords', () => {
  const password = (): string =>
    secretValue(secretOf(server, 'monitoring', 'grafana-admin'), 'password');
  const restarts = (): Record<string, string> =>
    templateAnnotations(server, 'deployments', 'grafana');

  test("a user's own is left alone", async () => {
    setData('grafana-admin', { password: 'chosen by the user' });
    await controller().converge(plan);
    expect(password()).toBe('chosen by the user');
  });

  test('emptied by hand: a new one, and its workload is restarted once', async () => {
    await controller().converge(plan);
    const first = password();
    setData('grafana-admin', { password: '' });
    await controller().converge(plan);
    expect(password()).not.toBe(first);
    const marks = restarts();
    expect(Object.keys(marks)).toHaveLength(1);
    await controller().converge(plan);
    expect(restarts()).toEqual(marks);
  });

  test('Secret deleted while pods are up: a new one, and a restart', async () => {
    await controller().converge(plan);
    becomeReady(server, 'deployments', 'grafana');
    server.put('secrets', { metadata: { namespace: 'monitoring', name: 'grafana-admin' } });
    server.delete('secrets', 'monitoring', 'grafana-admin');
    await controller().pass(plan);
    server.put('secrets', { metadata: { namespace: 'monitoring', name: 'grafana-admin' } });
    await controller().converge(plan);
    expect(password()).toHaveLength(32);
    expect(Object.keys(restarts())).toHaveLength(1);
  });
});

test('a leaf is renewed at two thirds of its lifetime, and not all in the same second', async () => {
  const one = controller();
  await one.converge(plan);
  const renewedAt = new Map<string, number>();
  const first = new Map(
    plan.leaves.map(({ component, namespace, secret }) => [
      component,
      [namespace, secret, secretValue(secretOf(server, namespace, secret), 'tls.crt')] as const,
    ]),
  );
  for (let hours = 0; hours <= 21 * 24; hours += 1) {
    clock.advance(HOUR);
    await one.pass(plan);
    for (const [component, [namespace, secret, text]] of first) {
      if (renewedAt.has(component)) continue;
      if (secretValue(secretOf(server, namespace, secret), 'tls.crt') !== text) {
        renewedAt.set(component, hours / 24);
      }
    }
  }
  expect([...renewedAt.keys()].sort()).toEqual(
    plan.leaves.map(({ component }) => component).sort(),
  );
  for (const days of renewedAt.values()) {
    expect(days).toBeGreaterThan(30 * (2 / 3 - 0.05) - 0.1);
    expect(days).toBeLessThanOrEqual(20);
  }
  expect(new Set(renewedAt.values()).size).toBeGreaterThan(1);
}, 60_000);

test('a conflict is an error of its own kind', async () => {
  const one = controller();
  const secret = secretOf(server, 'monitoring', 'loki-tls');
  await one.kube.updateSecret(secret);
  await expect(one.kube.updateSecret(secret)).rejects.toThrow(ConflictError);
});
