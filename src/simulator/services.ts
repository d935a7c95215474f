/** Every provider the simulator stands for. */
import { anthropic, openai } from './ai-openai-anthropic';
import { sendgrid, twilioApiKey, twilioAuthToken } from './communication-twilio-sendgrid';
import { hubspot } from './crm-hubspot';
import type { ServiceDefinition } from './define-service';
import { openrouter } from './openrouter';
import { stripe } from './payment-stripe';

/** Descriptions in the order in which services of a shared host are tried. */
export function serviceDefinitions(): readonly ServiceDefinition[] {
  return [openai, anthropic, openrouter, stripe, hubspot, twilioAuthToken, twilioApiKey, sendgrid];
}
