/** Who may call what, as a Markdown table made from the routes: docs/access.md. */
import { ROLES, TENANT_BOUND, type Role } from './principal';
import { templateOf, type Route } from './route';

/** What a role may do with a route: nothing, for the token's own tenant, for any, or where tenants play no part. */
export type Reach = 'no' | 'own' | 'any' | 'yes';

/** How far a role reaches. */
export function reachOf({ access }: Pick<Route, 'access'>, role: Role): Reach {
  if (access.open === true) return 'yes';
  if (!access.roles.includes(role)) return 'no';
  if (access.tenant === 'none') return 'yes';
  return TENANT_BOUND.includes(role) ? 'own' : 'any';
}

const WORDS: Readonly<Record<Reach, string>> = { no: '–', own: 'own tenant', any: 'any tenant', yes: 'yes' };

/** The page. */
export function renderAccess(routes: readonly Route[]): string {
  const rows = routes.map((route) => [
    `\`${route.method.toUpperCase()} ${templateOf(route)}\``,
    ...ROLES.map((role) => WORDS[reachOf(route, role)]),
    route.access.open === true ? 'yes' : '–',
  ]);
  const head = ['Request', ...ROLES, 'no token'];
  const table = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `${INTRODUCTION}\n${table.join('\n')}\n${EXPLANATION}`;
}

const INTRODUCTION = `<!-- Written by scripts/write-access.mjs from the table of routes; test/http/access-matrix.test.ts holds both together. -->

# Who may call what

A request carries a bearer token (JWT) of the configured issuer. Its claim \`roles\` says what it may do, its claim
\`tenant_id\` for whom.
`;

const EXPLANATION = `
- **own tenant**: only for the tenant that the token's \`tenant_id\` names. Another tenant, and an operation of another
  tenant, answers exactly like one that does not exist, before anything is looked up.
- **any tenant**: for every tenant; listings also without naming one.
- **–**: 403 \`forbidden\`. Without a token, or with one that is expired, not signed by the issuer or meant for another
  audience: 401 \`unauthenticated\`. While the issuer's keys cannot be fetched: 503 \`identity_unavailable\`.
- A token with several roles may do what any of them may. Roles that are not in this table give nothing.
- \`/openapi.json\` and \`/docs\` are open.
`;
