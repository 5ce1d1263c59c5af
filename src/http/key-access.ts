import { secretHash } from '../io/secret.ts'
import type { ApiKey, ApiKeyPort } from '../store/ports/credentials.ts'
import type { Access, Visitor } from './access.ts'

/** When somebody came with a key is written down so often, and not with each request. */
const seldomMs = 60 * 60_000

/**
 * Who may ask, and beside them who comes with a key that was made for it. A key is looked up with each
 * request: one that was taken away opens nothing any more, nor does one whose account has gone.
 */
export function withKeys(
  access: Access,
  parts: {
    readonly apiKeys: Pick<ApiKeyPort, 'byHash' | 'used'>
    readonly now: () => number
    /** Whether somebody lives here. */
    readonly isAccount: (address: string) => Promise<boolean>
    readonly report: (problem: unknown, where: string) => void
  },
): Access {
  const { apiKeys, now, isAccount, report } = parts
  return {
    ...access,
    async byKey(secret) {
      const other = await access.byKey(secret)
      if (other !== undefined) return other
      const key = await apiKeys.byHash(secretHash(secret))
      const at = now()
      if (key === undefined || (key.endsAt ?? Infinity) <= at) return undefined
      if (key.account !== undefined && !(await isAccount(key.account))) return undefined
      if (at - (key.usedAt ?? -Infinity) >= seldomMs) {
        // Whoever asks does not wait for it.
        apiKeys.used(key.id, at).catch((problem: unknown) => {
          report(problem, 'the time at which a key was used')
        })
      }
      return visitorOf(key)
    },
  }
}

function visitorOf({ name, scopes, account, domains }: ApiKey): Visitor {
  return {
    who: `key ${name}`,
    scopes,
    ...(account === undefined ? {} : { account }),
    ...(domains === undefined ? {} : { domains }),
  }
}
