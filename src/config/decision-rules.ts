import { bad, ok, type Result } from '../base/result.ts'
import type { DecisionRules } from '../inspect/rules.ts'
import { parseConfig } from './config.ts'
import type { Settings } from './settings.ts'

/** What settings say of letters that come in. @param domains all domains of ours */
export function decisionRules(
  { receive }: Pick<Settings, 'receive'>,
  domains: readonly string[],
): DecisionRules {
  return {
    trustedForwarders: receive.trusted_forwarders,
    mailingLists: receive.mailing_lists,
    allow: receive.allow,
    onTemperror: receive.on_temperror,
    ownDomains: domains,
    onOwnDomain: receive.on_own_domain,
    onMissingDomain: receive.on_missing_domain,
    onSpfFail: receive.on_spf_fail,
  }
}

/**
 * The rules in the text of a waybill.toml.
 *
 * @param stored domains of ours that are not in it, but in the store
 */
export function rulesInConfig(text: string, stored: readonly string[]): Result<DecisionRules> {
  const read = parseConfig(text)
  if (read.type === 'problems') {
    const some = read.problems.slice(0, 5).map(({ key, problem }) => `${key} ${problem}`)
    return bad(`is no configuration: ${some.join('; ')}`)
  }
  const { settings } = read
  return ok(decisionRules(settings, Array.from(new Set([...settings.domains, ...stored]))))
}

/** The rules of a configuration that says nothing about them, for a server without domains. */
export function defaultRules(): DecisionRules {
  const read = rulesInConfig('hostname = "mx.example"\ndomains = ["example"]\n', [])
  if (!read.ok) throw new Error(`defaultRules: ${read.problem}`)
  return { ...read.value, ownDomains: [] }
}
