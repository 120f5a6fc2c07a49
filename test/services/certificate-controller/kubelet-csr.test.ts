import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { GenerateKey } from '../../../services/certificate-controller/src/issue';
import type { KubeNode, SigningRequest } from '../../../services/certificate-controller/src/kube';
import {
  type CsrRefusal,
  csrRefusal,
} from '../../../services/certificate-controller/src/kubelet-csr';
import { parseSigningRequest } from '../../../services/certificate-controller/src/signing-request';
import { applied, keyPool, TestController, testPlan } from '../../support/controller';
import type { FakeApiServer } from '../../support/fake-api-server';
import { TestClock } from '../../support/test-clock';
import { describeWith } from '../../support/tools';

const run = promisify(execFile);
let folder: string;

const SUBJECT = '/O=system:nodes/CN=system:node:worker';
const NAMES = 'subjectAltName=DNS:worker,IP:172.18.0.3,IP:fc00:f853:ccd:e793::3';

/** A request as a kubelet makes it: ECDSA P-256. */
async function pem(subject = SUBJECT, ...extensions: string[]): Promise<string> {
  const out = path.join(folder, 'csr');
  const added = extensions.flatMap((extension) => ['-addext', extension]);
  const key = path.join(folder, 'key');
  await run('openssl', ['req', '-new', '-key', key, '-subj', subject, ...added, '-out', out]);
  return readFile(out, 'utf8');
}

function request(text: string, spec: Partial<SigningRequest['spec']> = {}): SigningRequest {
  return {
    metadata: { name: 'csr-1', uid: 'u1' },
    spec: {
      signerName: 'kubernetes.io/kubelet-serving',
      username: 'system:node:worker',
      groups: ['system:nodes', 'system:authenticated'],
      usages: ['digital signature', 'server auth'],
      request: Buffer.from(text).toString('base64'),
      ...spec,
    },
  };
}

const node: KubeNode = {
  metadata: { name: 'worker' },
  status: {
    addresses: [
      { type: 'InternalIP', address: '172.18.0.3' },
      { type: 'InternalIP', address: 'fc00:f853:ccd:e793::3' },
      { type: 'Hostname', address: 'worker' },
    ],
  },
};

describeWith('openssl', 'serving certificates of kubelets', () => {
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'csr-'));
    await run('openssl', [
      'ecparam',
      '-name',
      'prime256v1',
      '-genkey',
      '-out',
      path.join(folder, 'key'),
    ]);
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('what a kubelet asks for is approved', async () => {
    expect(csrRefusal(request(await pem(SUBJECT, NAMES)), node)).toBeUndefined();
  });

  test('a request parses into its subject and names', async () => {
    const parsed = parseSigningRequest(await pem(SUBJECT, NAMES));
    expect(parsed).toMatchObject({
      subject: [
        ['2.5.4.10', 'system:nodes'],
        ['2.5.4.3', 'system:node:worker'],
      ],
      names: { dns: ['worker'], uris: [], others: 0 },
      otherExtensions: false,
    });
    expect(parsed.names.ips.map((ip) => ip.length)).toEqual([4, 16]);
  });

  describe('left pending because of the requester or usages', () => {
    test.each<[CsrRefusal, Partial<SigningRequest['spec']>]>([
      ['signer', { signerName: 'kubernetes.io/kube-apiserver-client' }],
      ['requester', { username: 'system:serviceaccount:default:default' }],
      ['requester', { username: 'system:node:' }],
      ['requester', { groups: ['system:authenticated'] }],
      ['usages', { usages: ['digital signature'] }],
      ['usages', { usages: ['server auth', 'client auth'] }],
      ['malformed', { request: Buffer.from('garbage').toString('base64') }],
      ['subject', { username: 'system:node:control-plane' }],
    ])('%s %j', async (refusal, spec) => {
      expect(csrRefusal(request(await pem(SUBJECT, NAMES), spec), node)).toBe(refusal);
    });
  });

  describe('left pending because of what is asked for', () => {
    test.each<[CsrRefusal, string, string[]]>([
      ['subject', '/O=system:masters/CN=system:node:worker', [NAMES]],
      ['subject', '/CN=system:node:worker', [NAMES]],
      ['subject', '/O=system:nodes/O=system:masters/CN=system:node:worker', [NAMES]],
      ['names', SUBJECT, []],
      ['names', SUBJECT, [`${NAMES},URI:spiffe://vigil/ns/a/sa/b`]],
      ['names', SUBJECT, [`${NAMES},email:a@example.org`]],
      ['extensions', SUBJECT, [NAMES, 'basicConstraints=CA:true']],
      ['foreign-name', SUBJECT, ['subjectAltName=DNS:worker,DNS:kubernetes.default.svc']],
      ['foreign-name', SUBJECT, ['subjectAltName=DNS:worker,IP:172.18.0.4']],
      ['foreign-name', SUBJECT, ['subjectAltName=IP:fc00:f853:ccd:e793::4']],
    ])('%s: %s %j', async (refusal, subject, extensions) => {
      expect(csrRefusal(request(await pem(subject, ...extensions)), node)).toBe(refusal);
    });

    test('unknown-node: the node is not there, or another one', async () => {
      const csr = request(await pem(SUBJECT, NAMES));
      expect(csrRefusal(csr, undefined)).toBe('unknown-node');
      expect(csrRefusal(csr, { ...node, metadata: { name: 'other' } })).toBe('unknown-node');
    });

    test('malformed: signed with another key than its own', async () => {
      const text = await pem(SUBJECT, NAMES);
      const der = Buffer.from(text.replace(/-----[^-]+-----/g, ''), 'base64');
      der.writeUInt8((der.at(-1) ?? 0) ^ 1, der.length - 1);
      const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
      expect(csrRefusal(request(forged), node)).toBe('malformed');
    });

    test('malformed: cut off at any byte', async () => {
      const text = await pem(SUBJECT, NAMES);
      const der = Buffer.from(text.replace(/-----[^-]+-----/g, ''), 'base64');
      for (let length = 0; length < der.length; length += 1) {
        const body = der.subarray(0, length).toString('base64');
        const cut = `-----BEGIN CERTIFICATE REQUEST-----\n${body}\n-----END CERTIFICATE REQUEST-----\n`;
        expect(csrRefusal(request(cut), node)).toBe('malformed');
      }
    });
  });

  describe('against an API server', () => {
    const plan = testPlan({ approveKubeletServing: true });
    let generateKey: GenerateKey;
    let server: FakeApiServer;
    let one: TestController;

    beforeAll(async () => {
      generateKey = await keyPool(8);
    });
    beforeEach(async () => {
      server = await applied(plan);
      one = new TestController(server, new TestClock(), generateKey);
    });
    afterEach(async () => {
      expect(server.violations).toEqual([]);
      await server.dispose();
    });

    const conditions = (): unknown =>
      (server.get('certificatesigningrequests', '', 'csr-1')?.status as { conditions?: unknown })
        ?.conditions;

    test('approves once', async () => {
      server.put('nodes', node as never);
      server.put('certificatesigningrequests', request(await pem(SUBJECT, NAMES)) as never);
      await one.pass(plan);
      expect(conditions()).toEqual([expect.objectContaining({ type: 'Approved', status: 'True' })]);
      const approvals = (): number =>
        server.writes.filter(({ resource }) => resource.endsWith('/approval')).length;
      await one.pass(plan);
      expect(approvals()).toBe(1);
      expect(await one.metric('vigil_certificate_kubelet_csr_total', { result: 'approved' })).toBe(
        1,
      );
    });

    test('leaves pending, logs once, and approves when the node has become known', async () => {
      server.put('certificatesigningrequests', request(await pem(SUBJECT, NAMES)) as never);
      await one.pass(plan);
      await one.pass(plan);
      expect(conditions()).toBeUndefined();
      expect(one.log.filter(({ reason }) => reason === 'unknown-node')).toHaveLength(1);
      server.put('nodes', node as never);
      await one.pass(plan);
      expect(conditions()).toHaveLength(1);
    });

    test('a denied request stays denied', async () => {
      server.put('nodes', node as never);
      const csr = request(await pem(SUBJECT, NAMES));
      const status = { conditions: [{ type: 'Denied', status: 'True' }] };
      server.put('certificatesigningrequests', { ...csr, status });
      await one.pass(plan);
      expect(conditions()).toEqual(status.conditions);
    });

    test('is not done unless the plan asks for it', async () => {
      const without = testPlan();
      server.put('certificatesigningrequests', request(await pem(SUBJECT, NAMES)) as never);
      await one.pass(without);
      expect(conditions()).toBeUndefined();
    });
  });
});
