import { AlertmanagerApi } from './alertmanager-api';
import { Door } from './door';
import type { KubeClient } from './kube-client';
import { LokiApi } from './loki-api';
import { PrometheusApi } from './prometheus-api';
import { ROUTER_DOOR, RouterApi } from './router-api';

/**
 * An API of the stack for whoever asks it for a long time: opened at the first question, and opened anew after a failure,
 * for the technician's certificate is renewed and pods move meanwhile.
 */
export class Station<Api extends { close(): void }> {
  private opened: Promise<Api> | undefined;

  public constructor(private readonly open: () => Promise<Api>) {}

  /** @throws CliError when there is no answer; the next question opens another way to it. */
  public async ask<T>(question: (api: Api) => Promise<T>): Promise<T> {
    const opening = (this.opened ??= this.open());
    try {
      return await question(await opening);
    } catch (error) {
      if (this.opened === opening) this.close();
      throw error;
    }
  }

  public close(): void {
    const closing = this.opened;
    this.opened = undefined;
    closing?.then(
      (api) => api.close(),
      () => undefined,
    );
  }
}

/** Where an alert can be looked at on its way, in the order in which it passes. */
export interface Stations {
  readonly prometheus: Station<Pick<PrometheusApi, 'activeAlerts' | 'query' | 'close'>>;
  readonly loki: Station<Pick<LokiApi, 'activeAlerts' | 'query' | 'close'>>;
  readonly alertmanager: Station<Pick<AlertmanagerApi, 'alerts' | 'close'>>;
  readonly router: Station<Pick<RouterApi, 'status' | 'close'>>;
}

/** The stations of a cluster. */
export const stationsOf = (client: KubeClient, signal: AbortSignal): Stations => ({
  prometheus: new Station(() => PrometheusApi.open(client, signal)),
  loki: new Station(() => LokiApi.open(client, signal)),
  alertmanager: new Station(() => AlertmanagerApi.open(client, signal)),
  router: new Station(async () => new RouterApi(await Door.open(client, ROUTER_DOOR, signal))),
});
