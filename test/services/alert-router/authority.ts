import {
  generateRsaKey,
  issueLeaf,
  issueRoot,
} from '../../../services/certificate-controller/src/issue';
import { parseSigner, type Signer } from '../../../services/certificate-controller/src/signer';
import type { TlsMaterial } from '../../../services/shared/tls-server';
import { testLeaf } from '../../support/controller';

const HOUR_S = 3600;

/** A CA as the certificate-controller makes it, and the leaves that it issues. */
export class TestAuthority {
  private constructor(
    private readonly ca: string,
    private readonly signer: Signer,
  ) {}

  static async create(): Promise<TestAuthority> {
    const root = { trustDomain: 'vigil', lifetimeSeconds: HOUR_S, now: new Date() };
    const { certificate, key } = await issueRoot(root, generateRsaKey);
    return new TestAuthority(certificate, parseSigner(certificate, key));
  }

  /** A leaf of a component in namespace monitoring, for localhost too. */
  async issue(component: string): Promise<TlsMaterial> {
    const leaf = testLeaf(component);
    const request = { leaf, lifetimeSeconds: HOUR_S / 2, signer: this.signer, now: new Date() };
    const { certificate, key } = await issueLeaf(request, generateRsaKey);
    return { cert: certificate, key, ca: this.ca };
  }
}

/** The SPIFFE ID of such a leaf. */
export const identityOf = (component: string): string =>
  `spiffe://vigil/ns/monitoring/sa/${component}`;
