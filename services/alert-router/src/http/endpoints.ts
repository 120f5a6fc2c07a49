import type { Logger } from '../../../shared/logger';
import { parseWebhook, WebhookRefused } from '../alerts/webhook';
import type { Notification } from '../model';
import type { AcceptResult } from '../store/store';
import { WEBHOOK_PATH } from './server';
import { json, type ApiResponse, type Route } from './routes';

export interface MachineOptions {
  readonly accept: (notification: Notification) => Promise<AcceptResult>;
  /** Resolves when the heartbeat is stored. */
  readonly beat: () => Promise<void>;
  readonly metrics: {
    text(): Promise<string>;
    readonly registry: { readonly contentType: string };
  };
  readonly logger: Logger;
}

/** What Alertmanager and Prometheus ask for. */
export function machineRoutes({ accept, beat, metrics, logger }: MachineOptions): Route[] {
  const read = (body: Buffer): Notification | ApiResponse => {
    try {
      return parseWebhook(body.toString('utf8'));
    } catch (error) {
      if (!(error instanceof WebhookRefused)) throw error;
      logger.error({ error: error.message }, 'a webhook body was refused');
      return json(400, { error: error.message });
    }
  };
  return [
    {
      method: 'POST',
      path: WEBHOOK_PATH,
      audience: ['webhook'],
      handle: async ({ body }) => {
        const notification = read(body);
        if ('status' in notification) return notification;
        const { created, unchanged } = await accept(notification);
        return json(200, { accepted: created.length, unchanged });
      },
    },
    {
      method: 'POST',
      path: '/api/v1/heartbeat',
      audience: ['webhook'],
      handle: async ({ body }) => {
        const notification = read(body);
        if ('status' in notification) return notification;
        await beat();
        return json(200, {});
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      audience: ['metrics', 'people'],
      handle: async () => ({
        status: 200,
        headers: { 'content-type': metrics.registry.contentType },
        body: await metrics.text(),
      }),
    },
  ];
}
