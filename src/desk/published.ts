import type { Clock } from '../base/clock.ts'
import { parseDomain } from '../address/domain.ts'
import { checkDkimPublication } from '../dkim/dkim.ts'
import { evaluateDmarc } from '../dmarc/dmarc.ts'
import type { DnsAnswer, Resolver } from '../dns/resolver.ts'
import { publicSuffixes } from '../inspect/public-suffixes.ts'
import { lookupStsRecord } from '../mta-sts/record.ts'
import { lookupTlsReportRecord } from '../report/tls-report-record.ts'
import { checkSpf } from '../spf/spf.ts'
import type { DkimKeyRow } from '../store/ports/keys.ts'
import type { RecordToPublish } from './dns-records.ts'

/**
 * How DNS stands to a record: it has it, has another that does as well, has another that does not,
 * has none, or could not be asked.
 */
export type PublishedStatus = 'published' | 'fits' | 'differs' | 'missing' | 'unknown'

/** What DNS has in the place of a record. Plain data. */
export interface Published {
  readonly status: PublishedStatus
  /** Values as DNS has them. */
  readonly found: readonly string[]
  /** One sentence; empty where the word says it all. */
  readonly note: string
}

/** A record with what DNS says of it. */
export interface CheckedRecord extends RecordToPublish, Published {}

/** What is needed to ask DNS about the records of a domain. */
export interface PublishedContext {
  readonly domain: string
  readonly hostname: string
  readonly keys: readonly DkimKeyRow[]
  readonly resolver: Resolver
  readonly clock: Pick<Clock, 'now' | 'setTimer'>
  /** For each record; one that takes longer is `unknown`. */
  readonly withinMs: number
}

/** Asks DNS about each record, about all at once. */
export function checkPublished(
  records: readonly RecordToPublish[],
  context: PublishedContext,
): Promise<readonly CheckedRecord[]> {
  return Promise.all(
    records.map(async (record) => ({ ...record, ...(await inTime(record, context)) })),
  )
}

async function inTime(record: RecordToPublish, context: PublishedContext): Promise<Published> {
  const { clock, withinMs } = context
  let cancel = (): void => undefined
  const late = new Promise<Published>((resolve) => {
    const note = `DNS has not answered within ${withinMs / 1000} s.`
    cancel = clock.setTimer(withinMs, () => resolve({ status: 'unknown', found: [], note }))
  })
  return await Promise.race([look(record, context), late]).finally(() => cancel())
}

function look(record: RecordToPublish, context: PublishedContext): Promise<Published> {
  switch (record.purpose) {
    case 'address':
    case 'reverse':
      return lookAtHost(record, context)
    case 'mail':
      return lookAtMail(record, context)
    case 'spf':
      return lookAtSpf(record, context)
    case 'dmarc':
      return lookAtDmarc(record, context)
    case 'dkim':
      return lookAtKey(record, context)
    case 'tls-reports':
      return lookAtTlsReports(record, context)
    case 'mta-sts':
      return lookAtMtaSts(context)
  }
}

async function lookAtHost(
  { name, type, value }: RecordToPublish,
  { resolver }: PublishedContext,
): Promise<Published> {
  const answer = await resolver.resolve(name, type === 'PTR' || type === 'AAAA' ? type : 'A')
  const found = valuesOf(answer)
  if (found === undefined) return silent(answer)
  if (value === '') {
    const note = 'Whether it leads to this machine only you can know.'
    return found.length === 0 ? missing() : { status: 'unknown', found, note }
  }
  if (found.length === 0) return missing()
  return { status: found.includes(noDot(value)) ? 'published' : 'differs', found, note: '' }
}

async function lookAtMail(
  { name, value }: RecordToPublish,
  { resolver, hostname }: PublishedContext,
): Promise<Published> {
  const answer = await resolver.resolve(name, 'MX')
  if (answer.type === 'failed') return silent(answer)
  if (answer.type !== 'found') return missing('Mail goes to the address of the name itself.')
  const found = answer.records.map(({ preference, exchange }) => `${preference} ${exchange}.`)
  if (answer.records.every(({ exchange }) => exchange !== hostname)) {
    return { status: 'differs', found, note: 'Mail does not come to this server.' }
  }
  if (found.length > 1) return { status: 'fits', found, note: 'Mail goes to others, too.' }
  return { status: found[0] === value ? 'published' : 'fits', found, note: '' }
}

async function lookAtSpf(
  { name, value }: RecordToPublish,
  context: PublishedContext,
): Promise<Published> {
  const { resolver, hostname } = context
  const answer = await resolver.resolve(name, 'TXT')
  const all = valuesOf(answer)
  if (all === undefined) return silent(answer)
  const found = all.filter((text) => /^v=spf1(?: |$)/i.test(text))
  if (found.length === 0) return missing()
  // RFC 7208 §4.5: more than one is an error.
  if (found.length > 1) {
    return several(found)
  }
  if (found[0] === unquoted(value)) return { status: 'published', found, note: '' }
  const refused = await refusedBySpf(name, hostname, context)
  if (refused === undefined) {
    return { status: 'unknown', found, note: `The addresses of ${hostname} are not known.` }
  }
  if (refused.length === 0) {
    return { status: 'fits', found, note: 'By it this server may send, too.' }
  }
  return { status: 'differs', found, note: `By it ${refused.join(' and ')} may not send.` }
}

/** The addresses of the server by which it may not send for a name; `undefined`: none is known. */
async function refusedBySpf(
  name: string,
  hostname: string,
  { resolver, clock }: PublishedContext,
): Promise<readonly string[] | undefined> {
  const answers = await Promise.all([
    resolver.resolve(hostname, 'A'),
    resolver.resolve(hostname, 'AAAA'),
  ])
  const addresses = answers.flatMap((answer) => (answer.type === 'found' ? answer.records : []))
  if (addresses.length === 0) return undefined
  const now = Math.floor(clock.now() / 1000)
  const verdicts = await Promise.all(
    addresses.map((ip) => {
      return checkSpf({ ip, helo: hostname, mailFrom: `postmaster@${name}`, now }, resolver)
    }),
  )
  return verdicts.filter(({ result }) => result !== 'pass').map(({ ip }) => ip)
}

async function lookAtDmarc(
  { name, value }: RecordToPublish,
  { domain: text, resolver }: PublishedContext,
): Promise<Published> {
  const domain = parseDomain(text)
  if (domain === undefined) return missing()
  // With nothing that authenticates, the verdict is about the policy alone.
  const input = { from: { type: 'domain', domain }, spf: null, dkim: [] } as const
  const options = { publicSuffixList: publicSuffixes }
  const { result, record, policy, walk } = await evaluateDmarc(input, resolver, options)
  const own = walk.find((step) => step.name === name)
  const found = own?.text === undefined || own.text === null ? [] : [own.text]
  if (own?.answer === 'record' && own.text === unquoted(value)) {
    return { status: 'published', found, note: '' }
  }
  if (own?.answer === 'several-records') {
    return several(found)
  }
  if (own?.answer === 'unusable-record') {
    return { status: 'differs', found, note: 'It cannot be used.' }
  }
  if (record !== null) {
    const whose =
      record.domain === domain ? 'Its owner' : `The record of ${record.domain} holds, which`
    return { status: 'fits', found, note: `${whose} asks for p=${policy ?? 'none'}.` }
  }
  return result === 'temperror' ? unknown('DNS could not be asked.') : missing()
}

async function lookAtKey(
  { name }: RecordToPublish,
  { keys, resolver }: PublishedContext,
): Promise<Published> {
  const key = keys.find(({ domain, selector }) => `${selector}._domainkey.${domain}` === name)
  if (key === undefined) return unknown('The key has gone meanwhile.')
  const { domain, selector, privateKey } = key
  const told = await checkDkimPublication({ domain, selector, privateKey, resolver })
  switch (told.state) {
    case 'published':
      return { status: 'published', found: [told.record], note: '' }
    case 'missing':
      return missing('Nothing signed with this key can be verified.')
    case 'unavailable':
      return unknown('DNS could not be asked.')
    case 'several':
      return { status: 'differs', found: [], note: 'There is more than one record.' }
    case 'different':
    case 'revoked':
    case 'malformed':
      return { status: 'differs', found: [told.record], note: told.text }
  }
}

async function lookAtTlsReports(
  { value }: RecordToPublish,
  { domain, resolver }: PublishedContext,
): Promise<Published> {
  const name = parseDomain(domain)
  if (name === undefined) return missing()
  const told = await lookupTlsReportRecord(name, resolver)
  return fieldRecord(told, (text) => (text === unquoted(value) ? 'published' : 'fits'))
}

async function lookAtMtaSts({ domain, resolver }: PublishedContext): Promise<Published> {
  const name = parseDomain(domain)
  if (name === undefined) return missing()
  return fieldRecord(await lookupStsRecord(name, resolver), () => 'published')
}

function fieldRecord(
  told: Awaited<ReturnType<typeof lookupStsRecord | typeof lookupTlsReportRecord>>,
  status: (text: string) => PublishedStatus,
): Published {
  switch (told.type) {
    case 'record':
      return { status: status(told.text), found: [told.text], note: '' }
    case 'unusable':
      return { status: 'differs', found: [told.text], note: told.refusal.text }
    case 'several':
      return several(told.texts)
    case 'none':
      return missing()
    case 'failed':
      return unknown(`DNS could not be asked (${told.reason}).`)
  }
}

function valuesOf(answer: DnsAnswer<string>): readonly string[] | undefined {
  if (answer.type === 'failed') return undefined
  return answer.type === 'found' ? answer.records : []
}

function silent(answer: DnsAnswer<unknown>): Published {
  return unknown(`DNS could not be asked (${answer.type === 'failed' ? answer.reason : '?'}).`)
}

function unknown(note: string): Published {
  return { status: 'unknown', found: [], note }
}

function several(found: readonly string[]): Published {
  return { status: 'differs', found, note: 'There is more than one, and then none counts.' }
}

function missing(note = ''): Published {
  return { status: 'missing', found: [], note }
}

/** A name of a zone file as answers have it. */
function noDot(value: string): string {
  return value.replace(/\.$/, '')
}

/** What the strings of a TXT value say together. */
function unquoted(value: string): string {
  return Array.from(value.matchAll(/"([^"]*)"/g), ([, part = '']) => part).join('')
}
