import type { ApiKey, Scope } from '../store/ports/credentials.ts'
import { type ApiKeyDesk, scopes, type WantedKey } from './api-keys.ts'
import { member, notMeant, type Operation, textMember } from './act.ts'

/** What the desk needs for the keys of the HTTP API. */
export interface ApiKeyPart {
  readonly apiKeys: ApiKeyDesk
}

/** A key as people and programs see it: without what is kept of its secret. */
export interface ApiKeyView {
  id: string
  name: string
  scopes: Scope[]
  /** `null`: from any of ours. */
  domains: string[] | null
  /** `null`: of the whole server. */
  account: string | null
  created_at: string
  ends_at: string | null
  last_used_at: string | null
}

/** Puts it so. */
export function apiKeyView(key: ApiKey): ApiKeyView {
  const { id, name, domains, account, createdAt, endsAt, usedAt } = key
  return {
    id,
    name,
    scopes: Array.from(key.scopes),
    domains: domains === undefined ? null : Array.from(domains),
    account: account ?? null,
    created_at: time(createdAt),
    ends_at: endsAt === undefined ? null : time(endsAt),
    last_used_at: usedAt === undefined ? null : time(usedAt),
  }
}

/** `waybill key add`. */
export const keyAdd: Operation<ApiKeyPart, WantedKey, ApiKeyView> = {
  name: 'key add',
  read(input) {
    const [named, domains, account, endsAt] = ['scopes', 'domains', 'account', 'endsAt'].map(
      (name) => member(input, name),
    )
    const sha256 = textMember('key add', input, 'sha256')
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw notMeant('key add', '"sha256", 64 digits')
    return {
      name: textMember('key add', input, 'name'),
      scopes: scopesIn(named),
      ...(Array.isArray(domains) ? { domains: domains.map(String) } : {}),
      ...(typeof account === 'string' ? { account } : {}),
      ...(typeof endsAt === 'number' ? { endsAt } : {}),
      sha256,
    }
  },
  run: async ({ apiKeys }, wanted) => apiKeyView(await apiKeys.add(wanted)),
  tell: (_, { created_at: _at, last_used_at: _used, ...key }) => key,
}

/** `waybill key remove`. */
export const keyRemove: Operation<ApiKeyPart, { readonly key: string }, ApiKeyView> = {
  name: 'key remove',
  read: (input) => ({ key: textMember('key remove', input, 'key') }),
  run: async ({ apiKeys }, { key }) => apiKeyView(await apiKeys.remove(key)),
  tell: (_, { id, name, account }) => ({ id, name, account }),
}

function scopesIn(named: unknown): readonly Scope[] {
  if (!Array.isArray(named)) throw notMeant('key add', `"scopes", some of ${scopes.join(', ')}`)
  return named.map((name: unknown) => {
    const scope = scopes.find((one) => one === name)
    if (scope === undefined) throw notMeant('key add', `scopes of ${scopes.join(', ')}`)
    return scope
  })
}

function time(ms: number): string {
  return new Date(ms).toISOString()
}
