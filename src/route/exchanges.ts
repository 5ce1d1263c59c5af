import { type MxRecord, normalizeName } from '../dns/resolver.ts'

/**
 * The exchanges in the order of trying: lowest preference value first, equal ones shuffled (RFC 5321
 * §5.1: "the sender-SMTP MUST randomize them to spread the load"), each name once, at its best
 * preference. The same records and random numbers give the same order.
 */
export function orderExchanges(
  records: readonly MxRecord[],
  random: () => number,
): readonly MxRecord[] {
  const best = new Map<string, number>()
  for (const { exchange, preference } of records) {
    const name = normalizeName(exchange)
    best.set(name, Math.min(preference, best.get(name) ?? Infinity))
  }
  const byPreference = new Map<number, string[]>()
  for (const [name, preference] of best) {
    const equal = byPreference.get(preference)
    if (equal === undefined) byPreference.set(preference, [name])
    else equal.push(name)
  }
  return Array.from(byPreference.keys())
    .sort((a, b) => a - b)
    .flatMap((preference) =>
      shuffled(byPreference.get(preference) ?? [], random).map((exchange) => ({
        preference,
        exchange,
      })),
    )
}

/** Fisher and Yates: every order is equally likely. */
function shuffled(names: readonly string[], random: () => number): readonly string[] {
  const list = [...names]
  for (let last = list.length - 1; last > 0; last--) {
    const pick = Math.min(last, Math.floor(random() * (last + 1)))
    const held = list[last] ?? ''
    list[last] = list[pick] ?? ''
    list[pick] = held
  }
  return list
}
