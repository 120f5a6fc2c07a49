import type { PlannedLeaf } from '../../constructs/topology';
import {
  generateRsaKey,
  issueLeaf,
  issueRoot,
} from '../../services/certificate-controller/src/issue';
import { parseSigner, type Signer } from '../../services/certificate-controller/src/signer';
import type { TlsMaterial } from '../../services/shared/tls-server';
import { testLeaf } from './controller';

/** A root that lives for a test, and the certificates that it signs. */
export class TlsAuthority {
  private constructor(
    private readonly ca: string,
    private readonly signer: Signer,
  ) {}

  static async create(): Promise<TlsAuthority> {
    const request = { trustDomain: 'vigil', lifetimeSeconds: 3600, now: new Date() };
    const { certificate, key } = await issueRoot(request, generateRsaKey);
    return new TlsAuthority(certificate, parseSigner(certificate, key));
  }

  /** A certificate for server and client of a component, whose identity is that of its ServiceAccount. */
  issue(component: string, dnsNames: string[] = ['localhost']): Promise<TlsMaterial> {
    return this.sign(testLeaf(component, { dnsNames }));
  }

  /** The certificate that is planned so. */
  async sign(leaf: PlannedLeaf): Promise<TlsMaterial> {
    const request = { leaf, lifetimeSeconds: 3600, signer: this.signer, now: new Date() };
    const { certificate, key } = await issueLeaf(request, generateRsaKey);
    return { cert: certificate, key, ca: this.ca };
  }
}
