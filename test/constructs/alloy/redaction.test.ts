import { setTimeout as delay } from 'node:timers/promises';
import { REDACTED } from '../../../constructs/alloy/redaction';
import { TestNode, openGate, type Gate } from '../../support/alloy-server';
import { describeWithLoki, type LokiServer } from '../../support/loki-server';
import { TlsAuthority } from '../../support/tls-authority';
import { describeWith } from '../../support/tools';

jest.setTimeout(60_000);

const JWT = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.${'c2lnbmF0dXJl'.repeat(2)}`;
const BASE64_LINE = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj';
const SLACK = ['xoxb', '123456789012', 'abcdefghijKL'].join('-');
const GITHUB = `ghp_${'a1B2c3D4e5'.repeat(4).slice(0, 36)}`;

/** A line, and the secrets that must not be left of it; all else must be. */
const secrets: readonly (readonly [line: string, ...secrets: string[]])[] = [
  ['GET / HTTP/1.1 Authorization: Bearer abc.def-123 Accept: */*', 'abc.def-123'],
  ['authorization=Basic dXNlcjpwYXNz status=200', 'dXNlcjpwYXNz'],
  ['{"headers":{"Authorization":["Bearer s3cr3t-t0ken"],"Accept":"*/*"}}', 's3cr3t-t0ken'],
  [String.raw`{"msg":"sent {\"authorization\":\"Basic YTpi\"} to it"}`, 'YTpi'],
  ['curl used bearer k8s-0123456789abcdef for it', 'k8s-0123456789abcdef'],
  ['{"user":"alice","password":"hunter2","n":1}', 'hunter2'],
  ['{"dbPassword" : "a, b; c=d"}', 'a, b; c=d'],
  [String.raw`{"password":"with \" quote and \\ backslash","n":1}`, 'with', 'quote', 'backslash'],
  [String.raw`{"body":"{\"username\":\"bob\",\"password\":\"hunter2\"}"}`, 'hunter2'],
  ['{"access_token":"abc","refreshToken":"def","apiKey":"ghi"}', '"abc"', '"def"', '"ghi"'],
  ['level=info user=bob password=hunter2 n=1', 'hunter2'],
  ['level=info password="two words" n=1', 'two words'],
  ["run --token='two words' --verbose", 'two words'],
  ['mysqld --password=hunter2,x --user=root', 'hunter2,x'],
  ['GET /callback?code=1&access_token=abcdef&state=2', 'abcdef'],
  ['{"path":"/reset?token=abcdef&next=/","status":200}', 'abcdef'],
  [
    'POST https://discord.com/api/webhooks/123456789/Abc-def_0123456789xyz HTTP/1.1',
    'Abc-def_0123456789xyz',
  ],
  [
    'https://discord.com/api/v10/webhooks/1/Abc-def_0123456789xyz?wait=true',
    'Abc-def_0123456789xyz',
  ],
  ['connecting to smtps://alerts:hunter2@mail.example.com:465', 'hunter2'],
  ['postgres://app:p%40ss@db:5432/app', 'p%40ss'],
  [`-----BEGIN RSA PRIVATE KEY-----\\n${BASE64_LINE}\\n-----END RSA PRIVATE KEY-----`, BASE64_LINE],
  [BASE64_LINE, BASE64_LINE],
  [`cookie session=${JWT}; Path=/`, JWT],
  ['using AKIAIOSFODNN7EXAMPLE in eu-west-1', 'AKIAIOSFODNN7EXAMPLE'],
  ['aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'wJalrXUtnFEMI'],
  [`remote: https://x-access-token:${GITHUB}@github.com/a/b`, GITHUB],
  [`slack said ok to ${SLACK}`, SLACK],
  ['https://hooks.slack.com/services/T000/B000/XXXXXXXXXXXX', 'T000/B000/XXXXXXXXXXXX'],
  ['token=first token=second', 'first', 'second'],
];

/** What looks a little like it, and is needed. */
const harmless: readonly string[] = [
  'Failed password for root from 10.0.0.7 port 41822 ssh2',
  'Failed password for invalid user admin from 10.0.0.7 port 41822 ssh2',
  'pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh rhost=10.0.0.7 user=root',
  'alice : 3 incorrect password attempts ; PWD=/home/alice ; USER=root ; COMMAND=/bin/sh',
  '{"level":"WARNING","user":"alice","client":"10.0.0.7","outcome":"failed","msg":"Failed login attempt"}',
  '{"kind":"Event","verb":"get","objectRef":{"resource":"secrets","name":"loki-tls","namespace":"monitoring"}}',
  '{"secret":"loki-tls","component":"loki","msg":"renewed"}',
  'bearer authentication is not configured',
  'unexpected token < in JSON at position 0',
  'max_tokens=4096 tokenType=jwt',
  'GET https://nginx.web.svc:443/?q=1 HTTP/2.0 200',
  'dial tcp 10.96.0.1:443: connect: connection refused',
  'commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 is built',
  'git clone ssh://git@github.com/a/b',
  'the password was changed by alice@example.com',
  'key=value secretName=loki-tls keys=3',
];

describeWithLoki('secrets', (startLoki) => {
  describeWith('alloy', 'through a real Alloy', (bench) => {
    const app = { namespace: 'shop', app: 'shop', container: 'app' };
    const logged = [...secrets.map(([line]) => line), ...harmless];
    let gate: Gate;
    let loki: LokiServer;
    let received: string[];

    beforeAll(async () => {
      const authority = await TlsAuthority.create();
      loki = await startLoki();
      gate = await openGate(loki.url, await authority.issue('loki'));
      const tls = await authority.issue('alloy');
      const node = TestNode.create(bench, { containers: [app], gate, tls });
      node.log(app, logged);
      await node.start();
      received = await inOrder(logged.length);
    });

    afterAll(() => gate.close());

    /** All lines in the order in which they were written, once there are so many. */
    async function inOrder(count: number): Promise<string[]> {
      const now = Date.now();
      for (;;) {
        const results = await loki.queryRange('{app="shop"}', {
          start: new Date(now - 60_000),
          end: new Date(now + 60_000),
        });
        const entries = results.flatMap(({ values = [] }) => values);
        if (entries.length >= count || Date.now() > now + 30_000) {
          return entries
            .sort(([one], [other]) => (BigInt(one) < BigInt(other) ? -1 : 1))
            .map(([, line]) => line);
        }
        await delay(200);
      }
    }

    test('no line is lost', () => {
      expect(received).toHaveLength(logged.length);
    });

    test.each(secrets.map(([line, ...parts], index) => ({ line, parts, index })))(
      'taken out of: $line',
      ({ line, parts, index }) => {
        const found = received[index] ?? '';

        expect(found).toContain(REDACTED);
        for (const secret of parts) expect(found).not.toContain(secret);
        // What was around the secrets is there still.
        for (const kept of found.split(REDACTED)) expect(line).toContain(kept);
      },
    );

    test.each(harmless.map((line, index) => ({ line, index })))('left alone: $line', (one) => {
      expect(received[secrets.length + one.index]).toBe(one.line);
    });
  });
});
