import { ADVERTISING_REPLIES } from './advertising-replies';
import { AI_REPLIES } from './ai-replies';
import { ANALYTICS_REPLIES } from './analytics-replies';
import { COMMUNICATION_REPLIES } from './communication-replies';
import { CRM_REPLIES } from './crm-replies';
import { OTHER_REPLIES } from './other-replies';
import { PAYMENT_REPLIES } from './payment-replies';
import type { ReplySheet } from './reply-case';

/** Service id → how its replies must be read. */
export const REPLY_SHEETS: Readonly<Record<string, ReplySheet>> = {
  ...AI_REPLIES,
  ...PAYMENT_REPLIES,
  ...ADVERTISING_REPLIES,
  ...CRM_REPLIES,
  ...COMMUNICATION_REPLIES,
  ...ANALYTICS_REPLIES,
  ...OTHER_REPLIES,
};
