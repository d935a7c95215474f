/** Is the process alive, can it work, and what does the vault say. */
import { z } from 'zod';
import type { HttpPorts } from '../ports';
import { defineRoute, type Route } from '../route';

const readiness = z
  .object({
    status: z.enum(['ready', 'not_ready']),
    parts: z.record(z.string(), z.object({ ok: z.boolean(), message: z.string().optional() })),
  })
  .meta({ id: 'Readiness' });

const vaultReport = z
  .object({
    status: z.string().meta({ description: '`ok`, or what is wrong', example: 'sealed' }),
    message: z.string().meta({ description: 'what was seen, and what to do' }),
    version: z.string().optional(),
    latency_ms: z.number(),
  })
  .meta({ id: 'VaultHealth' });

export function healthRoutes(ports: HttpPorts): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '//healthz',
      operationId: 'healthz',
      summary: 'The process is alive',
      tag: 'Health',
      access: { open: true },
      mutates: false,
      responses: { 200: { description: 'alive', schema: z.object({ status: z.literal('ok') }) } },
      handle: async () => ({ status: 200, body: { status: 'ok' } }),
    }),
    defineRoute({
      method: 'get',
      path: '//readyz',
      operationId: 'readyz',
      summary: 'Everything the process needs answers',
      tag: 'Health',
      access: { open: true },
      mutates: false,
      responses: {
        200: { description: 'ready', schema: readiness },
        503: { description: 'not ready; names what is missing', schema: readiness },
      },
      async handle() {
        const parts = await ports.health.ready();
        const ready = Object.values(parts).every((part) => part.ok);
        return { status: ready ? 200 : 503, body: { status: ready ? 'ready' : 'not_ready', parts } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '//metrics',
      operationId: 'metrics',
      summary: 'Prometheus metrics',
      tag: 'Health',
      access: { roles: ['operator', 'admin'], tenant: 'none' },
      mutates: false,
      responses: { 200: { description: 'the text format', schema: z.string(), contentType: 'text/plain' } },
      async handle() {
        const { contentType, text } = await ports.metrics();
        return { status: 200, body: text, headers: { 'Content-Type': contentType } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/vault/health',
      operationId: 'vaultHealth',
      summary: 'What the vault says, and how to cure it',
      tag: 'Health',
      access: { roles: ['operator', 'admin'], tenant: 'none' },
      mutates: false,
      responses: {
        200: { description: 'usable', schema: vaultReport },
        503: { description: 'not usable; the message names the cure', schema: vaultReport },
      },
      async handle() {
        const { latencyMs, ...health } = await ports.health.vault();
        return { status: health.status === 'ok' ? 200 : 503, body: { ...health, latency_ms: latencyMs } };
      },
    }),
  ];
}
