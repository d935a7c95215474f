import { accept, oneStep, reject, type ProbeStep } from '../../src/providers/probe-plan';
import { defineProvider, plainField, secretField, type ProviderEntry } from '../../src/providers/provider';

export const EXAMPLE_SECRET = 'simulated-secret-0123456789';
export const EXAMPLE_FIELDS = { token: EXAMPLE_SECRET };

/** A made-up service with one step. */
export function entryWith(step: Partial<ProbeStep> = {}, more: Partial<ProviderEntry> = {}): ProviderEntry {
  return defineProvider({
    id: 'example',
    name: 'Example',
    category: 'developer',
    docsUrl: 'https://example.com/docs',
    fields: { token: secretField('Token', 'x'), name: plainField('Name', 'x', { required: false }) },
    hosts: ['api.example.com'],
    probe: oneStep({
      method: 'GET',
      url: 'https://api.example.com/me',
      auth: { scheme: 'bearer', token: '{token}' },
      rules: [accept({ status: 200, body: { ok: true } }), reject({ status: 401 })],
      ...step,
    }),
    rotation: 'manual',
    revocation: { meaning: 'Gone.', url: 'https://example.com' },
    ...more,
  });
}
