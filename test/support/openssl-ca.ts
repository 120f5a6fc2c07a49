import { execFile } from 'node:child_process';
import type { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A root and an intermediate as a user would make them, PEM; valid from now on for ten years. */
export interface OpensslCa {
  readonly root: string;
  readonly intermediate: string;
  readonly intermediateKey: string;
}

const EXTENSIONS = [
  'basicConstraints=critical,CA:true,pathlen:0',
  'keyUsage=critical,keyCertSign,cRLSign',
  'subjectKeyIdentifier=hash',
  'authorityKeyIdentifier=keyid',
].join('\n');

/** Makes a CA with the openssl command, with names beyond ASCII. */
export async function opensslCa(type: 'rsa' | 'ec'): Promise<OpensslCa> {
  return inFolder(async (at) => {
    const algorithm = type === 'rsa' ? ['rsa:2048'] : ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
    const request = (name: string, cn: string): string[] =>
      ['req', '-new', '-nodes', '-newkey', ...algorithm, '-keyout', at(`${name}.key`)].concat([
        '-utf8',
        '-subj',
        `/O=Müller & Söhne/CN=${cn}`,
      ]);
    await writeFile(at('extensions'), EXTENSIONS);
    const days = ['-days', '3650'];
    const rootUsage = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
    await run('openssl', [
      ...request('root', 'Würzel'),
      '-x509',
      ...rootUsage,
      ...days,
      '-out',
      at('root.crt'),
    ]);
    await run('openssl', [...request('sub', 'Zwischenstelle'), '-out', at('sub.csr')]);
    const issuer = ['-CA', at('root.crt'), '-CAkey', at('root.key'), '-CAcreateserial'];
    const output = ['-extfile', at('extensions'), '-out', at('sub.crt')];
    await run('openssl', ['x509', '-req', '-in', at('sub.csr'), ...issuer, ...days, ...output]);
    return {
      root: await readFile(at('root.crt'), 'utf8'),
      intermediate: await readFile(at('sub.crt'), 'utf8'),
      intermediateKey: await readFile(at('sub.key'), 'utf8'),
    };
  });
}

/**
 * Has `openssl verify` judge a chain, as a server's and as a client's certificate, strictly.
 * @throws Error with what openssl says when it refuses
 */
export async function opensslVerify(
  chain: readonly X509Certificate[],
  anchors: readonly X509Certificate[],
  now: Date,
): Promise<void> {
  await inFolder(async (at) => {
    await writeFile(at('anchors'), anchors.join(''));
    await writeFile(at('issuers'), chain.slice(1).join(''));
    await writeFile(at('leaf'), String(chain[0]));
    const time = ['-attime', String(Math.floor(now.getTime() / 1000))];
    const issuers = chain.length > 1 ? ['-untrusted', at('issuers')] : [];
    for (const purpose of ['sslserver', 'sslclient']) {
      const judged = ['-x509_strict', '-purpose', purpose, ...time, ...issuers];
      await run('openssl', [
        'verify',
        '-no-CApath',
        '-CAfile',
        at('anchors'),
        ...judged,
        at('leaf'),
      ]);
    }
  });
}

async function inFolder<T>(work: (at: (name: string) => string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'openssl-'));
  try {
    return await work((name) => path.join(folder, name));
  } finally {
    await rm(folder, { recursive: true });
  }
}
