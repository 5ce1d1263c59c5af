import type { ApiKey, Scope, SecondFactor } from '../ports/credentials.ts'
import type { Reads } from '../reads.ts'
import { integer, type ReadRows, type Row, text } from './database.ts'
import { hashOctets, hashText } from './rows.ts'

/** Reading keys and second factors; a folder that no server of this version has opened has none. */
export function credentialReads(
  rows: ReadRows,
): Pick<Reads, 'apiKeys' | 'apiKey' | 'secondFactors' | 'secondFactor'> {
  const all = (table: string, order: string): Row[] => {
    const there = rows.get('SELECT 1 FROM sqlite_schema WHERE name = ?', table)
    return there === undefined ? [] : rows.all(`SELECT * FROM ${table} ORDER BY ${order}`)
  }
  return {
    apiKeys: () => all('api_key', 'created_ms, id').map(apiKeyRow),
    apiKey(sha256) {
      const row = rows.get('SELECT * FROM api_key WHERE sha256 = ?', hashOctets(sha256))
      return row === undefined ? undefined : apiKeyRow(row)
    },
    secondFactors: () => all('second_factor', 'who').map(secondFactorRow),
    secondFactor(who) {
      const row = rows.get('SELECT * FROM second_factor WHERE who = ?', who)
      return row === undefined ? undefined : secondFactorRow(row)
    },
  }
}

function apiKeyRow(row: Row): ApiKey {
  const { domains, account, ends_ms: endsAt, used_ms: usedAt } = row
  return {
    id: text(row, 'id'),
    sha256: hashText(row, 'sha256'),
    name: text(row, 'name'),
    // Our own writing, read back.
    scopes: JSON.parse(text(row, 'scopes')) as readonly Scope[],
    ...(typeof domains === 'string' ? { domains: JSON.parse(domains) as readonly string[] } : {}),
    ...(typeof account === 'string' ? { account } : {}),
    createdAt: integer(row, 'created_ms'),
    ...(typeof endsAt === 'number' ? { endsAt } : {}),
    ...(typeof usedAt === 'number' ? { usedAt } : {}),
  }
}

/** A second factor as it is stored. */
export function secondFactorRow(row: Row): SecondFactor {
  const { confirmed_ms: confirmedAt } = row
  return {
    who: text(row, 'who'),
    secret: text(row, 'secret'),
    createdAt: integer(row, 'created_ms'),
    ...(typeof confirmedAt === 'number' ? { confirmedAt } : {}),
    lastStep: integer(row, 'last_step'),
    recovery: JSON.parse(text(row, 'recovery')) as readonly string[],
  }
}
