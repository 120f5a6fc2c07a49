import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import forge from 'node-forge';
import { writeAccess } from '../../../cli/lib/access';
import { describeCertificate, isBad, lifeLeft } from '../../../cli/lib/certificates';
import type { Technician } from '../../../cli/lib/technician';

const URI_SAN = 6;
const NOT_AFTER = new Date('2026-02-01T00:00:00Z');
let technician: Technician;
let folder: string;

beforeAll(() => {
  const { privateKey, publicKey } = forge.pki.rsa.generateKeyPair(2048);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = publicKey;
  certificate.serialNumber = '01';
  certificate.validity.notBefore = new Date('2026-01-01T00:00:00Z');
  certificate.validity.notAfter = NOT_AFTER;
  certificate.setSubject([{ name: 'commonName', value: 'technician' }]);
  certificate.setIssuer([{ name: 'commonName', value: 'technician' }]);
  const altNames = [{ type: URI_SAN, value: 'spiffe://vigil/person/technician' }];
  certificate.setExtensions([{ name: 'subjectAltName', altNames }]);
  certificate.sign(privateKey, forge.md.sha256.create());
  const cert = forge.pki.certificateToPem(certificate);
  technician = { cert, ca: cert, key: forge.pki.privateKeyToPem(privateKey) };
});

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'vigil-access-'))));
afterEach(() => rmSync(folder, { recursive: true }));

test('writes files that only their owner can read, over wider ones of before, too', () => {
  const out = join(folder, 'access');
  mkdirSync(out, { mode: 0o755 });
  writeFileSync(join(out, 'technician.key'), 'old', { mode: 0o644 });

  const { files } = writeAccess(out, technician);

  expect(readdirSync(out).sort()).toEqual([...files].sort());
  expect(statSync(out).mode & 0o777).toBe(0o700);
  for (const file of files) expect(statSync(join(out, file)).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(out, 'technician.key'), 'utf8')).toBe(technician.key);
});

test('the PKCS#12 opens with its password, which is new each time, and holds key and certificate', () => {
  const { password } = writeAccess(folder, technician);
  const der = readFileSync(join(folder, 'technician.p12')).toString('binary');
  const p12 = forge.pkcs12.pkcs12FromAsn1(forge.asn1.fromDer(der), password);
  const bags = p12.getBags({ bagType: forge.pki.oids.pkcs8ShroudedKeyBag });
  expect(Object.values(bags).flat()).toHaveLength(1);
  expect(() => forge.pkcs12.pkcs12FromAsn1(forge.asn1.fromDer(der), 'wrong')).toThrow();
  expect(readFileSync(join(folder, 'technician.p12.password'), 'utf8')).toBe(`${password}\n`);
  expect(writeAccess(folder, technician).password).not.toBe(password);
});

const DAY_MS = 86_400_000;
const WHERE = { component: 'technician', namespace: 'n', secret: 's' };

test('days left and identity are read from the certificate', () => {
  const status = describeCertificate(WHERE, technician.cert, NOT_AFTER.getTime() - 3.5 * DAY_MS);
  expect(status).toMatchObject({ daysLeft: 3.5, identity: 'spiffe://vigil/person/technician' });
});

test.each([
  [3.59, '3.5 days'],
  [0.99, '23.7 hours'],
  [0.01, '14 minutes'],
])('%d days left are shown as %s, and are not bad', (days, text) => {
  const status = describeCertificate(WHERE, technician.cert, NOT_AFTER.getTime() - days * DAY_MS);
  expect(lifeLeft(status)).toBe(text);
  expect(isBad(status)).toBe(false);
});

test.each([
  ['expired', () => describeCertificate(WHERE, technician.cert, NOT_AFTER.getTime() + 1)],
  ['missing', () => describeCertificate(WHERE, undefined, 0)],
  ['missing', () => describeCertificate(WHERE, 'no certificate', 0)],
])('%s is bad', (text, status) => {
  expect(lifeLeft(status())).toBe(text);
  expect(isBad(status())).toBe(true);
});
