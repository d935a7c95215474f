/** Hosts a tenant may name freely. What they resolve to is checked when the socket connects. */

/** A DNS name of at least two labels with an alphabetic top level: no addresses, no `localhost`. */
export const HOST_NAME = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,63}$/;
