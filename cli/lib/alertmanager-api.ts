import { Door, webDoor } from './door';
import type { KubeClient } from './kube-client';

/** An alert that Alertmanager holds. */
export interface HeldAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly status: {
    readonly state: 'active' | 'suppressed' | 'unprocessed';
    readonly inhibitedBy: readonly string[];
    readonly silencedBy: readonly string[];
  };
}

const DOOR = webDoor('Alertmanager', 'alertmanager');

/** Alertmanager, asked over mTLS with the technician's certificate through a port-forward. */
export class AlertmanagerApi {
  private constructor(private readonly door: Door) {}

  /** @throws CliError when the technician has no certificate yet. */
  public static async open(client: KubeClient, signal: AbortSignal): Promise<AlertmanagerApi> {
    return new AlertmanagerApi(await Door.open(client, DOOR, signal));
  }

  /** Alerts that fire, the suppressed ones too. */
  public async alerts(): Promise<HeldAlert[]> {
    const { status, text } = await this.door.get('/api/v2/alerts');
    if (status !== 200) throw this.door.failure(`it answered ${status}`);
    return JSON.parse(text) as HeldAlert[];
  }

  public close(): void {
    this.door.close();
  }
}
