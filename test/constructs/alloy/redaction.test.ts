import { setTimeout as delay } from 'node:timers/promises';
import { REDACTED, redactionStages } from '../../../constructs/alloy/redaction';
import { TestNode, openGate, type Gate } from '../../support/alloy-server';
import { describeWithLoki, type LokiServer } from '../../support/loki-server';
import { TlsAuthority } from '../../support/tls-authority';
import { describeWith } from '../../support/tools';

jest.setTimeout(60_000);

const JWT = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.${'c2lnbmF0dXJl'.repeat(2)}`;
const BASE64_LINE = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj';
const PEM_END = 'lU2tFL+N5QVK3QZWtScdeO4=';
const OPENSSH_LINE = 'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW';
const OPENSSH_END = 'p2y8fs2bk+UpJ4afkLVAAAAA2FAYgEC';
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
  [
    String.raw`{"key":"-----BEGIN PRIVATE KEY-----\n${BASE64_LINE}\n${PEM_END}\n-----END PRIVATE KEY-----\n","n":1}`,
    BASE64_LINE,
    PEM_END,
  ],
  [
    String.raw`{"msg":"got {\"pem\":\"-----BEGIN EC PRIVATE KEY-----\\n${PEM_END}\\n-----END"}`,
    PEM_END,
  ],
  [BASE64_LINE, BASE64_LINE],
  [PEM_END, PEM_END],
  [OPENSSH_LINE, OPENSSH_LINE],
  [OPENSSH_END, OPENSSH_END],
  [`    ${OPENSSH_LINE}\r`, OPENSSH_LINE],
  ['password: hunter2', 'hunter2'],
  ['Password: correct horse', 'correct'],
  ['2026-11-22 06:00:00 INFO connects with password: hunter2 to db', 'hunter2'],
  ['X-Api-Key: abc', 'abc'],
  ['> X-Auth-Token:abc Accept: */*', 'abc'],
  ['request with Private-Token: abc, Accept: */*', 'abc'],
  ['{"headers":{"X-Api-Key":["abc"],"Accept":["*/*"]}}', '"abc"'],
  ['map[Accept:[*/*] X-Api-Key:[abc]]', '[abc]'],
  ['config: {user: bob, password: "two words", n: 1}', 'two words'],
  ["{'user': 'bob', 'password': 'two words', 'n': 1}", 'two words'],
  ['spring.datasource.password = hunter2', 'hunter2'],
  ['  - db_password: letters', 'letters'],
  ['exec: mysql --user root --password hunter2 --verbose', 'hunter2'],
  ['root : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/vault -token s.abc login', 's.abc'],
  ['exec ["mysql", "--password", "hunter2", "--verbose"]', 'hunter2'],
  [
    String.raw`{"requestURI":"/exec?command=mysql\u0026command=--password\u0026command=abc\u0026stdin=1"}`,
    '=abc',
  ],
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
  'pam_unix(passwd:chauthtok): password changed for alice',
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
  'wrong password for admin',
  "Access denied for user 'bob'@'10.0.0.7' (using password: YES)",
  'wrong password: 10.0.0.7 is refused',
  'invalid token: expired',
  'the parser has met an unexpected token: <',
  'cannot refresh token: 401 Unauthorized',
  'cannot fetch token: tokenrequests.authentication.k8s.io is forbidden',
  'cannot fetch token: oauth2: invalid_grant',
  '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  '9F86D081884C7D659A2FEAA0C55AD015',
  'fe1d979f86d081884c7d659a2feaa0c55ad01512',
  '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
  'InternalServerErrorException',
  '/usr/local/lib/Python3/packages',
  '01HZX3V5Q7J8K9M2N4P6R8S0T1',
];

/** What strangers may call themselves. */
const NAMES: readonly string[] = [
  'password=',
  "token='",
  'password:',
  'x-password: ',
  'password = ',
  '--password',
  '-----BEGIN PRIVATE KEY-----',
  'authorization: bearer ',
  'password":"',
  BASE64_LINE,
];

/** In JSON their quotes are escaped, and no secret goes beyond the next one that is not. */
const attempts = NAMES.map((user) =>
  JSON.stringify({ level: 'WARNING', user, client: '10.0.0.7', msg: 'Failed login attempt' }),
);

describeWithLoki('secrets', (startLoki) => {
  describeWith('alloy', 'through a real Alloy', (bench) => {
    const app = { namespace: 'shop', app: 'shop', container: 'app' };
    const logged = [...secrets.map(([line]) => line), ...harmless, ...attempts];
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

    test.each(attempts.map((line, index) => ({ line, index })))('hides nobody: $line', (one) => {
      const found = received[secrets.length + harmless.length + one.index] ?? '{}';

      expect(JSON.parse(found)).toMatchObject({ client: '10.0.0.7', msg: 'Failed login attempt' });
    });

    // Its lines have no quotes: the word after such a name is the "from" by which alerts find the address.
    test('lines of sshd are left as they are, whatever someone calls himself', async () => {
      const lines = NAMES.map((user, index) => ({
        line: `Failed password for invalid user ${user} from 10.0.0.7 port ${index} ssh2`,
      }));
      await loki.push([
        ...['sshd', 'sshd-session'].map((identifier) => ({
          labels: { job: 'journal', identifier },
          lines,
        })),
        { labels: { job: 'journal', identifier: 'login' }, lines },
      ]);
      const selected = await Promise.all(
        redactionStages.map(({ attributes: { selector } }) =>
          loki.query(`count by (identifier) (count_over_time(${selector as string} [1m]))`),
        ),
      );

      const identifiers = selected.flat().map(({ metric }) => metric?.identifier);

      expect(identifiers).toContain('login');
      expect(identifiers.filter((one) => one?.startsWith('sshd'))).toEqual([]);
    });
  });
});
