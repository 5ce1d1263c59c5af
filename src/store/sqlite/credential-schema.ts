/**
 * The step after 0.3.0: keys for the HTTP API, and second factors.
 *
 * A key is found by the hash of its secret alone, which is 256 bits of chance and not a password:
 * there is nothing to guess, so no slow hash is needed. A code of a second factor is computed, so its
 * secret must be readable; `last_step` only grows, so that no code is taken twice.
 */
export const credentialSchema = `
  CREATE TABLE api_key (
    id TEXT PRIMARY KEY,
    sha256 BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL, -- JSON: ['read', …]
    domains TEXT, -- JSON: [domain, …]; NULL: any
    account TEXT COLLATE NOCASE, -- NULL: of the whole server
    created_ms INTEGER NOT NULL,
    ends_ms INTEGER,
    used_ms INTEGER
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE second_factor (
    who TEXT PRIMARY KEY COLLATE NOCASE, -- 'operator', or the address of an account
    secret TEXT NOT NULL, -- base 32
    created_ms INTEGER NOT NULL,
    confirmed_ms INTEGER, -- NULL: not asked for yet
    last_step INTEGER NOT NULL,
    recovery TEXT NOT NULL -- JSON: hashes of the codes that are left
  ) STRICT, WITHOUT ROWID;
`
