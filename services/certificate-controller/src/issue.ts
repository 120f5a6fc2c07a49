import {
  createHash,
  generateKeyPair,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { promisify } from 'node:util';
import forge from 'node-forge';
import type { PlannedLeaf } from '../../../constructs/topology/certificate-plan';
import { derChildren, readDer } from '../../shared/der';
import { extensionsOf, extensionValue, subjectDer } from '../../shared/x509-der';
import { parseKey, toPem } from './pem';
import { ROOT_NAME, type Signer } from './signer';

/** A fresh key pair in PEM (PKCS#8 and SPKI). */
export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}
export type GenerateKey = () => Promise<KeyPair>;

/** A certificate chain (leaf first, anchor left out) and its key, both PEM. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

export interface LeafRequest {
  readonly leaf: PlannedLeaf;
  readonly lifetimeSeconds: number;
  readonly signer: Signer;
  readonly now: Date;
}

export interface RootRequest {
  /** SPIFFE trust domain; the subject's O. */
  readonly trustDomain: string;
  readonly lifetimeSeconds: number;
  readonly now: Date;
}

/** Clocks of different nodes may differ by this much, in milliseconds. */
const BACKDATE_MS = 5 * 60_000;

const SUBJECT_KEY_IDENTIFIER_OID = '2.5.29.14';

const { asn1 } = forge;
type Asn1 = forge.asn1.Asn1;

/** Exported by forge, missing in its types. */
const pkiInternals = forge.pki as unknown as {
  getTBSCertificate(certificate: forge.pki.Certificate): Asn1;
};

const generateRsa = promisify(generateKeyPair);

/** RSA-2048: the one algorithm that node-forge can put into a certificate. Off the main thread. */
export const generateRsaKey: GenerateKey = () =>
  generateRsa('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });

/**
 * Issues a leaf as the plan wants it. It never outlives its signer.
 * @throws Error when the signer's key cannot sign
 */
export async function issueLeaf(request: LeafRequest, generateKey: GenerateKey): Promise<Issued> {
  const { leaf, lifetimeSeconds, signer, now } = request;
  const [issuer] = signer.chain;
  const pair = await generateKey();
  const certificate = createCertificate(pair, validity(now, lifetimeSeconds, signer.notAfter));
  certificate.setSubject([field('commonName', leaf.commonName)]);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', critical: true, digitalSignature: true, keyEncipherment: true },
    { name: 'extKeyUsage', ...Object.fromEntries(leaf.usages.map((usage) => [usage, true])) },
    {
      name: 'subjectAltName',
      altNames: [
        ...leaf.dnsNames.map((value) => ({ type: 2, value })),
        ...leaf.uris.map((value) => ({ type: 6, value })),
      ],
    },
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier: subjectKeyIdentifier(issuer) },
  ]);
  const leafPem = signCertificate(
    certificate,
    signer.key,
    asn1.fromDer(subjectDer(issuer).toString('latin1')),
  );
  return {
    certificate: leafPem + toPem(signer.chain.slice(0, -1)),
    key: pair.privateKey,
  };
}

/**
 * Creates a self-signed root that may sign leaves and nothing below them. Its name carries an id,
 * so that two roots of one rotation are never confused by who looks issuers up by name.
 */
export async function issueRoot(request: RootRequest, generateKey: GenerateKey): Promise<Issued> {
  const { trustDomain, lifetimeSeconds, now } = request;
  const pair = await generateKey();
  const certificate = createCertificate(pair, validity(now, lifetimeSeconds));
  const id = randomBytes(4).toString('hex');
  certificate.setSubject([
    field('organizationName', trustDomain),
    field('commonName', `${ROOT_NAME} ${id}`),
  ]);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
    { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier: true },
  ]);
  const subject = forge.pki.distinguishedNameToAsn1(certificate.subject);
  return {
    certificate: signCertificate(certificate, parseKey(pair.privateKey), subject),
    key: pair.privateKey,
  };
}

interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Backdated for clocks that differ, but by a tenth at most where lifetimes are short. */
function validity(now: Date, lifetimeSeconds: number, latest?: Date): Validity {
  const lifetimeMs = lifetimeSeconds * 1000;
  const notBefore = new Date(now.getTime() - Math.min(BACKDATE_MS, lifetimeMs / 10));
  const notAfter = new Date(now.getTime() + lifetimeMs);
  return { notBefore, notAfter: latest && latest < notAfter ? latest : notAfter };
}

function createCertificate(
  pair: KeyPair,
  { notBefore, notAfter }: Validity,
): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(pair.publicKey);
  certificate.serialNumber = serialNumber();
  certificate.validity = { notBefore, notAfter };
  return certificate;
}

/** 16 random bytes; the first is 0x40..0x7f, so the number is positive and never shorter. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

/** UTF-8, because a PrintableString has neither `@` nor `_` nor `*`. */
function field(name: string, value: string): forge.pki.CertificateField {
  // @types/node-forge types valueTagClass as the tag's class; forge takes the tag's type.
  const valueTagClass = forge.asn1.Type.UTF8 as unknown as forge.asn1.Class;
  return { name, value, valueTagClass };
}

/** The issuer's own key identifier, or the hash of its key (RFC 5280, 4.2.1.2, method 1). */
function subjectKeyIdentifier(issuer: X509Certificate): string {
  const own = extensionValue(extensionsOf(issuer), SUBJECT_KEY_IDENTIFIER_OID);
  if (own) return own.content.toString('latin1');
  const spki = readDer(issuer.publicKey.export({ type: 'spki', format: 'der' }));
  // A bit string's first byte counts its unused bits and is no part of the key.
  const key = derChildren(spki)[1]?.content.subarray(1) ?? Buffer.alloc(0);
  return createHash('sha1').update(key).digest().toString('latin1');
}

/**
 * Signs with node:crypto what forge has laid out, so that EC keys of a user's own CA work too.
 * @param issuer the issuer's Name as it stands in its certificate, because forge would re-encode
 *   it and damage names beyond ASCII
 */
function signCertificate(certificate: forge.pki.Certificate, key: KeyObject, issuer: Asn1): string {
  const { oid, parameters } = signatureAlgorithm(key);
  certificate.siginfo.algorithmOid = oid;
  const algorithm = sequence([
    primitive(asn1.Type.OID, asn1.oidToDer(oid).getBytes()),
    ...parameters,
  ]);
  const tbs = pkiInternals.getTBSCertificate(certificate);
  const fields = tbs.value as Asn1[];
  fields[2] = algorithm;
  fields[3] = issuer;
  const signature = sign('sha256', toDer(tbs), key).toString('latin1');
  const bits = primitive(asn1.Type.BITSTRING, `\0${signature}`);
  return toPem([new X509Certificate(toDer(sequence([tbs, algorithm, bits])))]);
}

/** sha256WithRSAEncryption (with its NULL) or ecdsa-with-SHA256 (without: RFC 5758, 3.2). */
function signatureAlgorithm(key: KeyObject): { oid: string; parameters: Asn1[] } {
  return key.asymmetricKeyType === 'ec'
    ? { oid: '1.2.840.10045.4.3.2', parameters: [] }
    : { oid: '1.2.840.113549.1.1.11', parameters: [primitive(asn1.Type.NULL, '')] };
}

function sequence(value: Asn1[]): Asn1 {
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, value);
}

function primitive(type: forge.asn1.Type, value: string): Asn1 {
  return asn1.create(asn1.Class.UNIVERSAL, type, false, value);
}

function toDer(element: Asn1): Buffer {
  return Buffer.from(asn1.toDer(element).getBytes(), 'latin1');
}
