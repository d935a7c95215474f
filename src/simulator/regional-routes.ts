/** One route at several hosts, where the host says which region or environment a credential must be of. */
import { both, implied } from './credential-places';
import type { Route } from './define-service';
import type { Fields } from './service';

/** `hosts`: value of `field` → host. A credential of one value is unknown at the hosts of the others. */
export function atHosts(field: string, hosts: Fields, route: Omit<Route, 'host'>): readonly Route[] {
  return Object.entries(hosts).map(([value, host]) => ({
    ...route,
    host,
    place: route.place && both(route.place, implied({ [field]: value })),
  }));
}
