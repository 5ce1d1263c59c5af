/**
 * The address of a client, as all that is recorded, checked and told has it. A listener on `::` sees
 * IPv4 clients as `::ffff:192.0.2.1`, and those on its own link with the interface behind the
 * address, `fe80::1%eth0`, which is no part of it (RFC 4007 §11.2) and means nothing elsewhere.
 */
export function clientAddress(remote: string): string {
  const [ip = ''] = remote.split('%')
  return ip.startsWith('::ffff:') && ip.includes('.') ? ip.slice(7) : ip
}
