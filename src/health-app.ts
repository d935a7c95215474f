/** `/healthz` and `/readyz` for a role that serves nothing else. */
import express, { type Express } from 'express';
import { readReadiness } from './readiness';

/** The application. */
export function createHealthApp(deps: Parameters<typeof readReadiness>[0]): Express {
  const app = express();
  app.disable('x-powered-by');
  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }));
  app.get('/readyz', async (_request, response) => {
    const parts = await readReadiness(deps);
    const ready = Object.values(parts).every((part) => part.ok);
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not_ready', parts });
  });
  return app;
}
