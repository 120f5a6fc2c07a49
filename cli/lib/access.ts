import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import forge from 'node-forge';
import { loadSettings } from '../../constructs/settings';
import { withClient } from './cluster';
import { stateFolder } from './paths';
import type { Session } from './session';
import { readTechnician, type Technician } from './technician';

export interface AccessOptions {
  readonly context?: string;
  /** Folder to write to. @default - .vigil/access */
  readonly out?: string;
}

/** Writes the technician's credentials for curl, browsers and other tools. */
export async function access(session: Session, options: AccessOptions): Promise<void> {
  await withClient(session, loadSettings(), options.context, async (client) => {
    const folder = options.out ? resolve(options.out) : join(stateFolder(), 'access');
    const { files, password } = writeAccess(folder, await readTechnician(client));
    const text = [
      `Written to ${folder} (readable by you alone):`,
      ...files.map((file) => `  ${file}`),
      `Password of technician.p12: ${password}`,
      '',
      'With `npx vigil open prometheus --port 9090` in another terminal:',
      `  curl --cacert ${join(folder, 'ca.crt')} --cert ${join(folder, 'technician.crt')} --key ${join(folder, 'technician.key')} https://localhost:9090/api/v1/targets`,
    ];
    session.output.result(text.join('\n'), { ok: true, folder, files, password });
  });
}

/**
 * Writes CA, certificate, key and PKCS#12 with its password; the folder is 0700, its files 0600.
 *
 * @returns names of the files, and the PKCS#12's password.
 */
export function writeAccess(
  folder: string,
  technician: Technician,
): { files: string[]; password: string } {
  const password = randomBytes(18).toString('base64url');
  const contents: Record<string, string | Buffer> = {
    'ca.crt': technician.ca,
    'technician.crt': technician.cert,
    'technician.key': technician.key,
    'technician.p12': pkcs12(technician, password),
    'technician.p12.password': `${password}\n`,
  };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  for (const [name, content] of Object.entries(contents)) {
    const file = join(folder, name);
    writeFileSync(file, content, { mode: 0o600 });
    // The mode counts for new files only.
    chmodSync(file, 0o600);
  }
  return { files: Object.keys(contents), password };
}

/** Key, certificate and CA in the form that browsers import. */
function pkcs12({ cert, key, ca }: Technician, password: string): Buffer {
  const chain = [cert, ca].flatMap(certificatesIn);
  // 3DES, because macOS' keychain and older Windows import nothing newer.
  const asn1 = forge.pkcs12.toPkcs12Asn1(forge.pki.privateKeyFromPem(key), chain, password, {
    algorithm: '3des',
    friendlyName: 'Vigil technician',
  });
  return Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'binary');
}

function certificatesIn(pem: string): forge.pki.Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => forge.pki.certificateFromPem(block));
}
