/**
 * Zones as plain JSON: the shape used in tests, in `waybill verify`, and by the lab.
 *
 * name → type → values. A TXT value is a string (code points 0–255 are octets) or a list of strings,
 * which are one record in pieces. `{"error": …}` stands for a whole name or for one type. A name that
 * is absent does not exist; a type that is absent has no data.
 */
export type ZoneError = { readonly error: 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' | 'TIMEOUT' }

export interface ZoneName {
  readonly A?: readonly string[] | ZoneError
  readonly AAAA?: readonly string[] | ZoneError
  /** `'10 mail.example'`, preference and exchange; `'0 .'` is the null MX. */
  readonly MX?: readonly string[] | ZoneError
  readonly TXT?: readonly (string | readonly string[])[] | ZoneError
  readonly PTR?: readonly string[] | ZoneError
  readonly NS?: readonly string[] | ZoneError
  /** `'3 1 1 hex'`. */
  readonly TLSA?: readonly string[] | ZoneError
  /** The one name that this name is an alias of. */
  readonly CNAME?: string | readonly string[] | ZoneError
}

export type Zone = Readonly<Record<string, ZoneName | ZoneError>>
