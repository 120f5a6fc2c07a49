import { createHash, generateKeyPairSync } from 'node:crypto';
import {
  generateRsaKey,
  type GenerateKey,
  issueLeaf,
  issueRoot,
} from '../../../services/certificate-controller/src/issue';
import { secretValue } from '../../../services/certificate-controller/src/kube';
import { parseChain } from '../../../services/certificate-controller/src/pem';
import { parseSigner } from '../../../services/certificate-controller/src/signer';
import type { PassOutcome } from '../../../services/certificate-controller/src/reconcile';
import {
  accepts,
  applied,
  authoritySecret,
  becomeReady,
  DAY,
  expectConsistent,
  keyPool,
  mounted,
  type MountedLeaf,
  secretOf,
  templateAnnotations,
  TestController,
  testPlan,
} from '../../support/controller';
import type { FakeApiServer } from '../../support/fake-api-server';
import { type OpensslCa, opensslCa, opensslVerify } from '../../support/openssl-ca';
import { describeWith } from '../../support/tools';
import { TestClock } from '../../support/test-clock';

const plan = testPlan();
const PROPAGATION = plan.authority.propagationSeconds;
let generateKey: GenerateKey;
let server: FakeApiServer;
let clock: TestClock;
let one: TestController;

beforeAll(async () => {
  generateKey = await keyPool();
}, 30_000);
beforeEach(async () => {
  clock = new TestClock();
  server = await applied(plan);
  one = new TestController(server, clock, generateKey);
});
afterEach(async () => {
  expect(server.violations).toEqual([]);
  await server.dispose();
});

function annotate(key: string, value: string): void {
  const secret = authoritySecret(server);
  const annotations = { ...secret.metadata.annotations, [`vigil.local/${key}`]: value };
  server.put('secrets', { ...secret, metadata: { ...secret.metadata, annotations } });
}

function setAuthority(values: Record<string, string>): void {
  const { metadata } = authoritySecret(server);
  const entries = Object.entries(values);
  const data = Object.fromEntries(entries.map(([k, v]) => [k, Buffer.from(v).toString('base64')]));
  server.put('secrets', { metadata, data });
}

const authorityValue = (key: string): string => secretValue(authoritySecret(server), key);
const phase = (): string | undefined =>
  authoritySecret(server).metadata.annotations?.['vigil.local/rotation-phase'];
const leaf = (component: string): MountedLeaf =>
  mounted(secretOf(server, 'monitoring', `${component}-tls`));
const leafWrites = (): number => server.writes.filter(({ name }) => name.endsWith('-tls')).length;

function sameVersion(one: MountedLeaf, other: MountedLeaf): boolean {
  return String([one.chain, one.anchors]) === String([other.chain, other.anchors]);
}

/** Lets a rotation run to its end, pass by pass, ten seconds apart. */
async function throughRotation(check = (): void => {}, of = plan): Promise<string[]> {
  const phases: string[] = [];
  for (let step = 0; step < 100; step += 1) {
    const { again } = await one.pass(of);
    check();
    if (phases.at(-1) !== phase()) phases.push(phase() ?? '');
    if (phase() === 'steady' && phases.length > 1 && !again) return phases;
    if (!again) clock.advance(10);
  }
  throw new Error(`rotation does not end: ${phases.join()}`);
}

/**
 * Watches every version of every leaf's Secret, and expects that any two pods accept each other
 * where each mounts the present version or one that was replaced within the propagation window.
 */
function watchLaggards(): { check: () => void; pairs: () => number } {
  const history = plan.leaves.map(() => [] as { version: MountedLeaf; replaced?: number }[]);
  let pairs = 0;
  const check = (): void => {
    const now = clock.monotonic();
    for (const [index, { namespace, secret }] of plan.leaves.entries()) {
      const version = mounted(secretOf(server, namespace, secret));
      const versions = history[index] ?? [];
      const last = versions.at(-1);
      if (last && sameVersion(last.version, version)) continue;
      if (last) last.replaced = now;
      versions.push({ version });
    }
    const possible = history.map((versions) =>
      versions.filter(
        ({ replaced }) => replaced === undefined || now - replaced < PROPAGATION * 1000,
      ),
    );
    for (const mine of possible.flat()) {
      for (const other of possible.flat()) {
        pairs += 1;
        if (!accepts(mine.version, other.version)) throw new Error(`refused in ${phase()}`);
      }
    }
  };
  server.onWrite = check;
  return { check, pairs: () => pairs };
}

describe('root rotation', () => {
  test('at every step every pair of peers, laggards included, accepts each other', async () => {
    await one.converge(plan);
    becomeReady(server, 'statefulsets', 'loki');
    const oldRoot = authorityValue('ca.crt');
    const laggards = watchLaggards();
    laggards.check();
    annotate('rotate-root', 'first');
    const phases = await throughRotation(laggards.check);
    expect(phases).toEqual(['distribute', 'reissue', 'retire', 'steady']);
    expect(laggards.pairs()).toBeGreaterThan(100);
    expect(authorityValue('ca.crt')).not.toBe(oldRoot);
    expect(leaf('prometheus').anchors.map(String)).toEqual([
      parseChain(authorityValue('ca.crt')).join(),
    ]);
    expectConsistent(server, plan);
  });

  test('the same invariant catches a propagation time that is not kept', async () => {
    await one.converge(plan);
    const laggards = watchLaggards();
    laggards.check();
    annotate('rotate-root', 'first');
    const hasty = testPlan({ authority: { ...plan.authority, propagationSeconds: 0 } });
    const run = async (): Promise<void> => {
      for (let step = 0; step < 20; step += 1) {
        await one.pass(hasty);
        laggards.check();
      }
    };
    server.onWrite = () => {};
    await expect(run()).rejects.toThrow('refused in');
  });

  test('goes on while leaves are renewed more often than Secrets reach every pod', async () => {
    const hasty = testPlan({ leafLifetimeSeconds: PROPAGATION });
    await one.pass(hasty);
    annotate('rotate-root', 'first');

    const phases = await throughRotation(() => becomeReady(server, 'statefulsets', 'loki'), hasty);

    expect(phases).toEqual(['distribute', 'reissue', 'retire', 'steady']);
  });

  test('starts by itself at two thirds of the lifetime', async () => {
    await one.converge(plan);
    clock.advance(199 * DAY);
    await one.converge(plan);
    expect(phase()).toBe('steady');
    clock.advance(DAY);
    await one.pass(plan);
    expect(phase()).toBe('distribute');
    expect(await one.metric('vigil_certificate_rotation_phase', { phase: 'distribute' })).toBe(1);
  });

  test('restarts what cannot re-read its trust bundle, and waits for it', async () => {
    await one.converge(plan);
    becomeReady(server, 'statefulsets', 'loki');
    server.holdRollouts = true;
    annotate('rotate-root', 'first');
    await one.converge(plan);
    const bundle = secretValue(secretOf(server, 'monitoring', 'loki-tls'), 'ca.crt');
    const mark = createHash('sha256').update(bundle).digest('hex').slice(0, 16);
    expect(templateAnnotations(server, 'statefulsets', 'loki')).toEqual({
      'vigil.local/trust-bundle': mark,
    });
    clock.advance(10 * PROPAGATION);
    await one.converge(plan);
    expect(phase()).toBe('distribute');
    becomeReady(server, 'statefulsets', 'loki');
    server.holdRollouts = false;
    expect((await throughRotation()).at(-1)).toBe('steady');
    expect(
      templateAnnotations(server, 'statefulsets', 'loki')['vigil.local/trust-bundle'],
    ).not.toBe(mark);
  });

  test('a request is acted upon once', async () => {
    await one.converge(plan);
    annotate('rotate-root', 'first');
    await throughRotation();
    const root = authorityValue('ca.crt');
    clock.advance(DAY);
    await one.converge(plan);
    expect(authorityValue('ca.crt')).toBe(root);
    annotate('rotate-root', 'second');
    await one.pass(plan);
    expect(phase()).toBe('distribute');
  });

  test('a wall clock that jumps forward does not shorten it', async () => {
    await one.converge(plan);
    annotate('rotate-root', 'first');
    await one.converge(plan);
    clock.jumpBy(DAY);
    await one.converge(plan);
    expect(phase()).toBe('distribute');
  });

  test('no leaf outlives its signer', async () => {
    const short = testPlan({ authority: { ...plan.authority, lifetimeSeconds: 60 * DAY } });
    await one.converge(short);
    clock.advance(35 * DAY);
    await one.converge(short);
    const [root] = parseChain(authorityValue('ca.crt'));
    const end = leaf('prometheus').chain[0]?.validToDate;
    expect(end?.getTime()).toBe(root?.validToDate.getTime());
    const before = leafWrites();
    clock.advance(4 * DAY);
    await one.converge(short);
    expect(leafWrites()).toBe(before);
  });
});

describe('a CA that is lost while leaves live', () => {
  beforeEach(() => one.converge(plan));

  const failing = async (reason: string): Promise<PassOutcome> => {
    const before = leafWrites();
    const authority = structuredClone(authoritySecret(server));
    const outcome = await one.pass(plan);
    await one.pass(plan);
    expect(outcome.failure).toBe(reason);
    expect(leafWrites()).toBe(before);
    expect(authoritySecret(server)).toEqual(authority);
    const event = server.get('events', 'vigil-system', `vigil-ca.${reason.toLowerCase()}`);
    expect(event).toMatchObject({ type: 'Warning', reason, count: 1 });
    const lines = one.log.filter((line) => line.reason === reason);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: 'error' });
    expect(lines[0]?.msg).toContain('npx vigil certificates recover');
    return outcome;
  };

  test('emptied: reported, nothing overwritten, even where a leaf is damaged', async () => {
    setAuthority({});
    const damaged = secretOf(server, 'monitoring', 'prometheus-tls');
    server.put('secrets', { ...damaged, data: { ...damaged.data, 'tls.key': '' } });
    await failing('CertificateAuthorityMissing');
  });

  test('its Secret deleted: reported, and the same when it is back empty', async () => {
    server.delete('secrets', 'vigil-system', 'vigil-ca');
    expect(await one.pass(plan)).toMatchObject({ failure: 'CertificateAuthorityMissing' });
    server.put('secrets', { metadata: { namespace: 'vigil-system', name: 'vigil-ca' } });
    const before = leafWrites();
    expect(await one.pass(plan)).toMatchObject({ failure: 'CertificateAuthorityMissing' });
    expect(leafWrites()).toBe(before);
  });

  test.each([
    ['garbled certificate', { 'ca.crt': 'garbage' }],
    ['garbled key', { 'ca.key': 'garbage' }],
    ['key missing', { 'ca.key': '' }],
  ])('%s: reported, nothing overwritten', async (_what, values) => {
    setAuthority({
      'ca.crt': authorityValue('ca.crt'),
      'ca.key': authorityValue('ca.key'),
      ...values,
    });
    await failing('CertificateAuthorityUnreadable');
  });

  test('key of another CA: reported, nothing overwritten', async () => {
    const { privateKey } = await generateRsaKey();
    setAuthority({ 'ca.crt': authorityValue('ca.crt'), 'ca.key': privateKey });
    await failing('CertificateAuthorityUnreadable');
  });

  test('its metrics still say which certificates there are', async () => {
    setAuthority({});
    await one.pass(plan);
    const component = 'prometheus';
    expect(await one.metric('vigil_certificate_not_after_seconds', { component })).toBeGreaterThan(
      0,
    );
    expect((await one.pass(plan)).material).toBeDefined();
  });

  test('restored: goes on as if nothing had been, with the same leaves', async () => {
    const saved = { 'ca.crt': authorityValue('ca.crt'), 'ca.key': authorityValue('ca.key') };
    const before = leafWrites();
    setAuthority({});
    await one.pass(plan);
    setAuthority(saved);
    expect(await one.converge(plan)).toMatchObject({ failure: undefined });
    expect(leafWrites()).toBe(before);
    expect(one.log.some(({ msg }) => msg === 'resolved')).toBe(true);
  });

  test('accept-new-root: a new root, old and new overlapping for every laggard', async () => {
    const old = leaf('prometheus');
    setAuthority({});
    await one.pass(plan);
    const laggards = watchLaggards();
    laggards.check();
    annotate('accept-new-root', 'first');
    const phases = await throughRotation(laggards.check);
    expect(phases).toEqual(['distribute', 'reissue', 'retire', 'steady']);
    expectConsistent(server, plan);
    expect(accepts(leaf('loki'), old)).toBe(false);
    expect(authoritySecret(server).metadata.annotations).toMatchObject({
      'vigil.local/accept-new-root-handled': 'first',
    });
    setAuthority({});
    expect(await one.pass(plan)).toMatchObject({ failure: 'CertificateAuthorityMissing' });
  });

  test('accept-new-root with a leaf missing: that one is issued at once', async () => {
    setAuthority({});
    const { metadata } = secretOf(server, 'monitoring', 'prometheus-tls');
    server.put('secrets', { metadata });
    annotate('accept-new-root', 'first');
    await one.pass(plan);
    expect(accepts(leaf('loki'), leaf('prometheus'))).toBe(true);
    expect(accepts(leaf('prometheus'), leaf('loki'))).toBe(true);
  });

  test('accept-new-root while all is well does nothing, now or later', async () => {
    annotate('accept-new-root', 'early');
    const root = authorityValue('ca.crt');
    await one.converge(plan);
    expect(authorityValue('ca.crt')).toBe(root);
    const annotations = authoritySecret(server).metadata.annotations;
    setAuthority({});
    expect(annotations).toMatchObject({ 'vigil.local/accept-new-root-handled': 'early' });
    expect(await one.pass(plan)).toMatchObject({ failure: 'CertificateAuthorityMissing' });
  });
});

describeWith('openssl', "a user's own CA", () => {
  let user: OpensslCa;

  beforeAll(async () => {
    user = await opensslCa('rsa');
  });
  beforeEach(() => {
    // openssl issues from today on.
    clock = new TestClock(new Date(Date.now() + 60_000));
    one = new TestController(server, clock, generateKey);
  });

  test.each(['rsa', 'ec'] as const)('%s, with an intermediate: issues below it', async (type) => {
    const user = await opensslCa(type);
    setAuthority({ 'ca.crt': user.intermediate + user.root, 'ca.key': user.intermediateKey });
    await one.converge(plan);
    const { chain, anchors } = leaf('prometheus');
    expect(chain).toHaveLength(2);
    expect(anchors.map(String)).toEqual(parseChain(user.root).map(String));
    expect(chain[0]?.verify(parseChain(user.intermediate)[0]?.publicKey as never)).toBe(true);
    expectConsistent(server, plan);
    await opensslVerify(chain, anchors, clock.now());
  });

  test('is never rotated by the controller, not even on request', async () => {
    setAuthority({ 'ca.crt': user.intermediate + user.root, 'ca.key': user.intermediateKey });
    await one.converge(plan);
    annotate('rotate-root', 'please');
    await one.converge(plan);
    expect(phase()).toBe('steady');
    expect(authorityValue('ca.crt')).toBe(user.intermediate + user.root);
    expect(one.log.some(({ why }) => String(why).includes('next.crt'))).toBe(true);
    expect(
      await one.metric('vigil_certificate_authority_not_after_seconds', { role: 'active' }),
    ).toBeGreaterThan(0);
  });

  test('put into next.crt and next.key: takes over with overlap', async () => {
    await one.converge(plan);
    const laggards = watchLaggards();
    laggards.check();
    const [crt, key] = [authorityValue('ca.crt'), authorityValue('ca.key')];
    const next = { 'next.crt': user.intermediate + user.root, 'next.key': user.intermediateKey };
    setAuthority({ 'ca.crt': crt, 'ca.key': key, ...next });
    await throughRotation(laggards.check);
    expect(leaf('prometheus').anchors.map(String)).toEqual(parseChain(user.root).map(String));
    expectConsistent(server, plan);
  });

  test('put in place of a living CA: old and new overlap', async () => {
    await one.converge(plan);
    const laggards = watchLaggards();
    laggards.check();
    setAuthority({ 'ca.crt': user.intermediate + user.root, 'ca.key': user.intermediateKey });
    await throughRotation(laggards.check);
    expectConsistent(server, plan);
  });

  test('that cannot be used is reported, and never replaced, even at first start', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const now = clock.now();
    const root = await issueRoot({ trustDomain: 'user', lifetimeSeconds: DAY, now }, generateKey);
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    setAuthority({ 'ca.crt': root.certificate, 'ca.key': key });
    expect(await one.pass(plan)).toMatchObject({ failure: 'CertificateAuthorityUnreadable' });
    expect(authorityValue('ca.key')).toBe(key);
    expect(leafWrites()).toBe(0);
  });
});

test('leaves of someone else are replaced', async () => {
  await one.converge(plan);
  const now = clock.now();
  const root = await issueRoot({ trustDomain: 'x', lifetimeSeconds: DAY, now }, generateKey);
  const signer = parseSigner(root.certificate, root.key);
  const wanted = plan.leaves[1];
  if (!wanted) throw new Error('the plan has no such leaf');
  const foreign = await issueLeaf({ leaf: wanted, lifetimeSeconds: 600, signer, now }, generateKey);
  const secret = secretOf(server, 'monitoring', 'prometheus-tls');
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  const data = {
    ...secret.data,
    'tls.crt': encode(foreign.certificate),
    'tls.key': encode(foreign.key),
  };
  server.put('secrets', { ...secret, data });
  await one.pass(plan);
  expectConsistent(server, plan);
});
