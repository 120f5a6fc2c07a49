import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import type { PlannedLeaf } from '../../../constructs/topology/certificate-plan';
import {
  type Authority,
  type Phase,
  PHASES,
} from '../../../services/certificate-controller/src/authority';
import {
  generateRsaKey,
  issueLeaf,
  issueRoot,
} from '../../../services/certificate-controller/src/issue';
import { generatePassword } from '../../../services/certificate-controller/src/passwords';
import { parsePlan } from '../../../services/certificate-controller/src/plan';
import {
  readStoredLeaf,
  renewalReason,
  renewalTime,
} from '../../../services/certificate-controller/src/policies';
import { isRolledOut } from '../../../services/certificate-controller/src/restarts';
import { advance } from '../../../services/certificate-controller/src/rotation';
import { parseSigner, type Signer } from '../../../services/certificate-controller/src/signer';
import { DAY, keyPool, testLeaf, testPlan } from '../../support/controller';
import { opensslVerify } from '../../support/openssl-ca';
import { describeWith } from '../../support/tools';

const now = new Date('2026-06-01T12:00:00Z');
const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);
const LIFETIME = 30 * DAY;
let active: Signer;
let other: Signer;

beforeAll(async () => {
  const root = async (): Promise<Signer> => {
    const request = { trustDomain: 'vigil', lifetimeSeconds: 300 * DAY, now };
    const issued = await issueRoot(request, generateRsaKey);
    return parseSigner(issued.certificate, issued.key);
  };
  [active, other] = await Promise.all([root(), root()]);
});

const authority = (overrides: Partial<Authority> = {}): Authority => ({
  active,
  previous: [],
  phase: 'steady',
  since: now,
  handled: {},
  ...overrides,
});

describe('issue', () => {
  const issue = async (leaf: PlannedLeaf, lifetimeSeconds = LIFETIME): Promise<X509Certificate> => {
    const request = { leaf, lifetimeSeconds, signer: active, now };
    return new X509Certificate((await issueLeaf(request, generateRsaKey)).certificate);
  };

  test('node:crypto accepts what is issued', async () => {
    const leaf = await issue(testLeaf('prometheus'));
    expect(leaf.checkIssued(active.anchor)).toBe(true);
    expect(leaf.verify(active.anchor.publicKey)).toBe(true);
    expect(leaf.checkHost('prometheus.monitoring.svc')).toBe('prometheus.monitoring.svc');
    expect(leaf.subjectAltName).toBe(
      'DNS:prometheus.monitoring.svc, DNS:localhost, URI:spiffe://vigil/ns/monitoring/sa/prometheus',
    );
    expect(leaf.ca).toBe(false);
  });

  const technician = testLeaf('technician', { usages: ['clientAuth'], dnsNames: [] });

  test('one usage only is one usage only', async () => {
    expect((await issue(technician)).keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  });

  describeWith('openssl', 'judged by openssl', () => {
    test('a leaf is good for server and client', async () => {
      await opensslVerify([await issue(testLeaf('prometheus'))], [active.anchor], now);
    });

    test("a client's leaf is no server's", async () => {
      const leaf = await issue(technician);
      await expect(opensslVerify([leaf], [active.anchor], now)).rejects.toThrow(/sslserver/);
    });
  });

  test('the root is a CA for leaves only, and carries the trust domain', () => {
    expect(active.anchor.ca).toBe(true);
    expect(active.anchor.subject).toMatch(/^O=vigil\nCN=Vigil root [0-9a-f]{8}$/);
    expect(active.anchor.subject).not.toBe(other.anchor.subject);
  });

  test('serial numbers are positive, of 128 bits, and do not repeat', async () => {
    const key = await keyPool(1);
    const serials = new Set<string>();
    for (let count = 0; count < 50; count += 1) {
      const request = { leaf: testLeaf('a'), lifetimeSeconds: LIFETIME, signer: active, now };
      const { serialNumber } = new X509Certificate((await issueLeaf(request, key)).certificate);
      expect(serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
      serials.add(serialNumber);
    }
    expect(serials.size).toBe(50);
  });

  test('backdating is five minutes, and a tenth of a short lifetime', async () => {
    expect((await issue(testLeaf('a'))).validFromDate).toEqual(later(-300));
    expect((await issue(testLeaf('a'), 120)).validFromDate).toEqual(later(-12));
  });
});

describe('policies', () => {
  const leaf = testLeaf('prometheus');
  let stored: ReturnType<typeof readStoredLeaf>;
  let text: { certificate: string; key: string };

  beforeAll(async () => {
    const request = { leaf, lifetimeSeconds: LIFETIME, signer: active, now };
    text = await issueLeaf(request, generateRsaKey);
    stored = readStoredLeaf(text.certificate, text.key);
  });

  const reason = (overrides: Partial<Parameters<typeof renewalReason>[0]> = {}): unknown =>
    renewalReason({
      stored,
      leaf,
      leafLifetimeSeconds: LIFETIME,
      authority: authority(),
      now,
      ...overrides,
    });

  test('a fresh leaf stays', () => expect(reason()).toBeUndefined());

  test.each<[string, Partial<PlannedLeaf>]>([
    ['another DNS name', { dnsNames: ['other.svc'] }],
    ['DNS names in another order', { dnsNames: ['localhost', 'prometheus.monitoring.svc'] }],
    ['another URI', { uris: ['spiffe://vigil/ns/monitoring/sa/other'] }],
    ['another common name', { commonName: 'other' }],
    ['fewer usages', { usages: ['serverAuth'] }],
  ])('plan-changed: %s', (_what, change) => {
    expect(reason({ leaf: { ...leaf, ...change } })).toBe('plan-changed');
  });

  test('the order of usages does not matter', () => {
    expect(reason({ leaf: { ...leaf, usages: ['clientAuth', 'serverAuth'] } })).toBeUndefined();
  });

  test('missing, unreadable', () => {
    expect(reason({ stored: readStoredLeaf('', '') })).toBe('missing');
    expect(reason({ stored: readStoredLeaf('garbage', text.key) })).toBe('unreadable');
    expect(reason({ stored: readStoredLeaf(text.certificate, '') })).toBe('unreadable');
  });

  test('of another root: replaced at once, or when its root is known, in its phase', () => {
    expect(reason({ authority: authority({ active: other }) })).toBe('untrusted-issuer');
    const previous = [active.anchor];
    const reissue = authority({ active: other, previous, phase: 'reissue' });
    expect(reason({ authority: reissue })).toBe('other-issuer');
    expect(reason({ authority: { ...reissue, phase: 'distribute' } })).toBeUndefined();
  });

  test('while a new root spreads, what is due waits and what is broken does not', () => {
    const spreading = authority({ active: other, previous: [active.anchor], phase: 'distribute' });
    expect(reason({ authority: spreading, now: later(25 * DAY) })).toBeUndefined();
    expect(reason({ authority: spreading, now: later(31 * DAY) })).toBe('expired');
  });

  test('a shorter lifetime in the plan takes effect', () => {
    expect(reason({ leafLifetimeSeconds: DAY })).toBe('lifetime-shortened');
  });

  test('reasons by age follow one another', () => {
    const certificate = stored.chain?.[0];
    if (!certificate) throw new Error('no leaf');
    const due = renewalTime(certificate, leaf.component);
    const before = new Date(due.getTime() - 1000);
    expect(reason({ now: later(-301) })).toBe('not-yet-valid');
    expect(reason({ now: before })).toBeUndefined();
    expect(reason({ now: due })).toBe('due');
    expect(reason({ now: certificate.validToDate })).toBe('expired');
  });

  test('renewal comes within 5 % of the lifetime before its two thirds, always the same', () => {
    const certificate = stored.chain?.[0];
    if (!certificate) throw new Error('no leaf');
    const start = certificate.validFromDate.getTime();
    const length = certificate.validToDate.getTime() - start;
    fc.assert(
      fc.property(fc.string(), (component) => {
        const share = (renewalTime(certificate, component).getTime() - start) / length;
        expect(share).toBeGreaterThan(2 / 3 - 0.0501);
        expect(share).toBeLessThanOrEqual(2 / 3 + 1e-9);
        expect(renewalTime(certificate, component)).toEqual(renewalTime(certificate, component));
      }),
    );
  });
});

describe('rotation', () => {
  const settled = fc.option(fc.integer({ min: 0, max: 1_000_000 }), { nil: undefined });
  const propagation = fc.integer({ min: 0, max: 1_000_000 });
  const anyAuthority = fc
    .record({ phase: fc.constantFrom(...PHASES), hasNext: fc.boolean() })
    .map(({ phase, hasNext }) => ({ phase, hasNext }));
  const NEXT: Record<Phase, Phase> = {
    steady: 'steady',
    distribute: 'reissue',
    reissue: 'retire',
    retire: 'steady',
  };

  test('goes round in order, never before its time, and never loses the active root', () => {
    fc.assert(
      fc.property(anyAuthority, settled, propagation, ({ phase, hasNext }, ms, wait) => {
        const before = authority({
          phase,
          next: hasNext ? other : undefined,
          previous: phase === 'reissue' ? [other.anchor] : [],
        });
        const after = advance(before, ms, wait, now);
        if (after === before) return;
        expect(ms).toBeDefined();
        expect(after.phase).toBe(NEXT[phase]);
        if (phase !== 'retire') expect(ms).toBeGreaterThanOrEqual(wait);
        const trusted = [after.active.anchor, ...after.previous];
        if (phase === 'distribute') expect(trusted).toContain(active.anchor);
        else expect(after.active).toBe(active);
        if (phase === 'distribute' && hasNext) expect(after.active).toBe(other);
      }),
    );
  });
});

describe('passwords', () => {
  test('have the length asked for, and only characters that need no escaping', () => {
    fc.assert(
      fc.property(fc.integer({ min: 16, max: 256 }), (length) => {
        expect(generatePassword(length)).toMatch(new RegExp(`^[-_A-Za-z0-9]{${length}}$`));
      }),
    );
  });

  test('every character is as likely as any other', () => {
    const counts = new Map<string, number>();
    const total = 64 * 2000;
    for (const one of generatePassword(total)) counts.set(one, (counts.get(one) ?? 0) + 1);
    expect(counts.size).toBe(64);
    const chi = [...counts.values()].reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
    // 63 degrees of freedom: above 140 by chance once in ten million runs.
    expect(chi).toBeLessThan(140);
  });
});

describe('plan', () => {
  const parse = (plan: unknown): unknown => parsePlan(JSON.stringify(plan), 'plan.json');
  const base = testPlan();

  test('a good one is taken as it is', () => expect(parse(base)).toEqual(base));

  test.each<[string, unknown, RegExp]>([
    ['no JSON object', 5, /plan: /],
    ['an unknown field', { ...base, leafs: [] }, /Unrecognized key: "leafs"/],
    [
      'a short root',
      { ...base, leafLifetimeSeconds: 200 * DAY },
      /authority.lifetimeSeconds: must be at least twice/,
    ],
    [
      'two leaves in one Secret',
      { ...base, leaves: [testLeaf('a'), testLeaf('b', { secret: 'a-tls' })] },
      /monitoring\/a-tls is already used by leaves\[0\]/,
    ],
    [
      'a leaf in the CA’s Secret',
      { ...base, leaves: [testLeaf('a', { namespace: 'vigil-system', secret: 'vigil-ca' })] },
      /vigil-system\/vigil-ca is already used by authority/,
    ],
    [
      'a leaf without names',
      { ...base, leaves: [testLeaf('a', { dnsNames: [], uris: [] })] },
      /leaves.0: needs a DNS name or a URI/,
    ],
    ['no usage', { ...base, leaves: [testLeaf('a', { usages: [] })] }, /leaves.0.usages/],
  ])('%s: one line that names it', (_what, plan, message) => {
    expect(() => parse(plan)).toThrow(message);
    expect(() => parse(plan)).toThrow(/^[^\n]+$/);
  });
});

describe('rollout', () => {
  const metadata = { name: 'x', generation: 3 };

  test.each([
    ['Deployment', { observedGeneration: 3, replicas: 1, updatedReplicas: 1 }, true],
    ['Deployment', { observedGeneration: 3, replicas: 2, updatedReplicas: 1 }, false],
    ['Deployment', { observedGeneration: 2, replicas: 1, updatedReplicas: 1 }, false],
    ['StatefulSet', { observedGeneration: 3, currentRevision: 'a', updateRevision: 'a' }, true],
    ['StatefulSet', { observedGeneration: 3, currentRevision: 'a', updateRevision: 'b' }, false],
    [
      'DaemonSet',
      { observedGeneration: 3, desiredNumberScheduled: 3, updatedNumberScheduled: 3 },
      true,
    ],
    [
      'DaemonSet',
      { observedGeneration: 3, desiredNumberScheduled: 3, updatedNumberScheduled: 2 },
      false,
    ],
  ] as const)('%s %j: %s', (kind, status, expected) => {
    expect(isRolledOut(kind, { metadata, spec: { replicas: 1 }, status })).toBe(expected);
  });
});
