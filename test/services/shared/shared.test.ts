import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import {
  generateRsaKey,
  issueLeaf,
  issueRoot,
} from '../../../services/certificate-controller/src/issue';
import { parseSigner } from '../../../services/certificate-controller/src/signer';
import { Backoff } from '../../../services/shared/backoff';
import { derOid, readDer } from '../../../services/shared/der';
import { createLogger } from '../../../services/shared/logger';
import { peerIdentity } from '../../../services/shared/peer-identity';
import { testLeaf } from '../../support/controller';
import { describeWith } from '../../support/tools';

/** A self-signed certificate with these subject alternative names, as openssl writes them. */
function certificate(names?: string): X509Certificate {
  const extension = names === undefined ? [] : ['-addext', `subjectAltName=${names}`];
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    '/dev/null',
  ];
  const args = ['req', '-x509', ...key, '-subj', '/CN=x', ...extension];
  return new X509Certificate(
    execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'] }),
  );
}

describeWith('openssl', 'peer identity', () => {
  const ID = 'spiffe://vigil/ns/monitoring/sa/prometheus';

  test('is the one URI', () => {
    expect(peerIdentity(certificate(`DNS:a,URI:${ID}`))).toBe(ID);
  });

  test.each([
    ['no certificate', undefined],
    ['no names', certificate()],
    ['no URI', certificate('DNS:a')],
    ['two URIs', certificate(`URI:${ID},URI:spiffe://vigil/other`)],
  ])('is unknown with %s', (_what, one) => expect(peerIdentity(one)).toBeUndefined());

  test('cannot be smuggled in through another name', async () => {
    const now = new Date();
    const root = { trustDomain: 'vigil', lifetimeSeconds: 3600, now };
    const issued = await issueRoot(root, generateRsaKey);
    const signer = parseSigner(issued.certificate, issued.key);
    const leaf = testLeaf('a', { dnsNames: [`a, URI:${ID}`], uris: [] });
    const request = { leaf, lifetimeSeconds: 600, signer, now };
    const sneaky = new X509Certificate((await issueLeaf(request, generateRsaKey)).certificate);
    expect(sneaky.subjectAltName).toContain(ID);
    expect(peerIdentity(sneaky)).toBeUndefined();
  });
});

describe('DER', () => {
  test('any bytes give an element or an error, and an element is all of them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          expect(readDer(Buffer.from(bytes)).bytes).toHaveLength(bytes.length);
        } catch (error) {
          expect((error as Error).message).toMatch(/DER/);
        }
      }),
    );
  });

  test.each([
    ['551d11', '2.5.29.17'],
    ['2a864886f70d01090e', '1.2.840.113549.1.9.14'],
    ['88370001', '2.999.0.1'],
  ])('object identifier %s is %s', (content, text) => {
    const bytes = Buffer.from(content, 'hex');
    expect(derOid(readDer(Buffer.concat([Buffer.from([6, bytes.length]), bytes])))).toBe(text);
  });
});

test('a backoff doubles up to its bound, keeps at least half of it, and starts again', () => {
  const backoff = new Backoff({ firstMs: 100, maxMs: 1000, random: () => 0 });
  expect([1, 2, 3, 4, 5, 6].map(() => backoff.next())).toEqual([50, 100, 200, 400, 500, 500]);
  backoff.reset();
  expect(backoff.next()).toBe(50);
});

test('the log never holds a secret field', () => {
  const lines: string[] = [];
  const logger = createLogger('test', 'info', { write: (line) => void lines.push(line) });
  logger.info(
    { key: 'k1', password: 'k2', secret: { data: 'k3', 'tls.key': 'k4' }, name: 'kept' },
    'x',
  );
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toMatch(/k[1-4]/);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'info',
    service: 'test',
    name: 'kept',
  });
});
