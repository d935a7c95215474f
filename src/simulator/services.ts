/** Every provider the simulator stands for. */
import * as adverts from './advertising';
import { cohere, deepseek, groq, mistral, together } from './ai-models';
import {
  azureOpenai,
  elevenlabs,
  fireworks,
  huggingface,
  perplexity,
  replicate,
  xai,
} from './ai-more-models';
import { anthropic, openai } from './ai-openai-anthropic';
import * as analytics from './analytics';
import { aws } from './aws';
import * as commerce from './commerce';
import * as mail from './communication-mail';
import * as messaging from './communication-messaging';
import { sendgrid, twilioApiKey, twilioAuthToken } from './communication-twilio-sendgrid';
import * as crm from './crm';
import { hubspot } from './crm-hubspot';
import { salesforceClientCredentials, salesforceRefreshToken } from './crm-salesforce';
import type { ServiceDefinition } from './define-service';
import * as development from './development';
import { googleGemini, googleMaps } from './google-api-keys';
import { googleAds, googleAnalyticsServiceAccount } from './google-oauth';
import { metaAds, whatsappCloud } from './meta';
import * as keys from './payment-keys';
import * as oauth from './payment-oauth';
import { stripe } from './payment-stripe';
import * as productivity from './productivity';
import * as support from './support';

/** Descriptions, in the order in which services of a shared host are tried. OpenRouter's has a state of its own. */
export function serviceDefinitions(openrouter: ServiceDefinition): readonly ServiceDefinition[] {
  const ai = [
    openai,
    anthropic,
    openrouter,
    cohere,
    mistral,
    googleGemini,
    groq,
    deepseek,
    together,
    perplexity,
  ];
  const moreAi = [xai, fireworks, huggingface, replicate, elevenlabs, azureOpenai];
  const payment = [stripe, ...Object.values(oauth), ...Object.values(keys)];
  const advertising = [googleAds, metaAds, ...Object.values(adverts)];
  const customers = [hubspot, salesforceClientCredentials, salesforceRefreshToken, ...Object.values(crm)];
  const mails = [sendgrid, ...Object.values(mail)];
  const messages = [twilioAuthToken, twilioApiKey, ...Object.values(messaging), whatsappCloud];
  const figures = [googleAnalyticsServiceAccount(), ...Object.values(analytics)];
  const tools = [googleMaps, ...Object.values(development), aws];
  const work = [...Object.values(commerce), ...Object.values(productivity), ...Object.values(support)];
  return [ai, moreAi, payment, advertising, customers, mails, messages, figures, tools, work].flat();
}
