import { createHash, generateKeyPairSync } from 'node:crypto';
import { secretMaterial } from './secret-material';

/** As mixed as a key, and the same on every run. */
const key = createHash('sha512').update('key').digest();

test.each([
  [
    'a private key',
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  ],
  ['a certificate', '-----BEGIN CERTIFICATE-----\nMIIB'],
  ['a random key in base64', `data: ${key.toString('base64')}`],
  ['a random key in base64url', key.toString('base64url')],
  ['a password in YAML', 'adminPassword: hunter2'],
  ['a password in a flag', '--web.password=hunter2'],
  ['a token in JSON', '{ "api_token": "abcdef" }'],
  ['a login in a URL', 'https://user:hunter2@example.com/'],
])('%s is found', (_, text) => {
  expect(secretMaterial(text)).not.toEqual([]);
});

test.each([
  ['a path of a key', 'key_file: /etc/vigil/tls/tls.key'],
  ['a path of a password', 'PASSWORD__FILE: /etc/vigil/admin/password'],
  ['a checksum', `sha256: ${'0123456789abcdef'.repeat(4)}`],
  ['a long sentence-like name', 'probe_success_for_the_certificate_of_every_component_of_ours'],
  ['an image digest', `registry.example.com/prometheus@sha256:${'a1b2c3d4'.repeat(8)}`],
  ['a reference to a Secret', 'secret: grafana-admin'],
  ['a switch', 'automountServiceAccountToken: false'],
])('%s is let be', (_, text) => {
  expect(secretMaterial(text)).toEqual([]);
});
