import { bad, ok, type Result } from '../base/result.ts'
import { parseReportUri, type ReportUri } from './report-uri.ts'

/** What a domain owner asks for mail that fails. RFC 9989 §4.7, tag `p`. */
export type DmarcPolicy = 'none' | 'quarantine' | 'reject'

/** Relaxed or strict, RFC 9989 §3.2.10. */
export type AlignmentMode = 'r' | 's'

/** RFC 9989 §4.7, tag `fo`. */
export type FailureOption = '0' | '1' | 'd' | 's'

/** A tag that is not as RFC 9989 wants it. The text is cut at 100 characters. */
export interface RecordProblem {
  readonly type: 'invalid-value' | 'not-a-tag' | 'missing-policy' | 'invalid-policy'
  readonly tag: string
  readonly value: string
}

/** A tag of RFC 7489 that RFC 9989 took away. It has no effect. */
export interface RemovedTag {
  readonly tag: string
  readonly value: string
}

/** A DMARC Policy Record as it is to be applied, defaults filled in. RFC 9989 §4.7. Plain data. */
export interface DmarcRecord {
  readonly p: DmarcPolicy
  /** `null` when not published: then `p` applies to subdomains. */
  readonly sp: DmarcPolicy | null
  /** `null` when not published: then `sp` or `p` applies to names that do not exist. */
  readonly np: DmarcPolicy | null
  readonly adkim: AlignmentMode
  readonly aspf: AlignmentMode
  readonly psd: 'y' | 'n' | 'u'
  /** Test mode: the policy that is applied is one step softer. */
  readonly t: 'y' | 'n'
  /** As published; without `ruf` it has no meaning. */
  readonly fo: readonly FailureOption[]
  readonly rua: readonly ReportUri[]
  readonly ruf: readonly ReportUri[]
  /** `pct`, `rf`, `ri`, and the `!size` of a URI. */
  readonly removed: readonly RemovedTag[]
  /** Names of tags that nobody registered. They are ignored. */
  readonly unknown: readonly string[]
  readonly problems: readonly RecordProblem[]
}

/** Why a TXT record is not a DMARC Policy Record, or asks for nothing that can be done. */
export type RecordRejection =
  | { readonly type: 'not-dmarc' }
  | { readonly type: 'duplicate-tag'; readonly tag: string }
  | {
      readonly type: 'no-policy'
      readonly psd: DmarcRecord['psd']
      readonly problems: readonly RecordProblem[]
    }

const maxTags = 200
const maxUris = 50
const maxValueShown = 100

const version = /^[ \t]*[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)/

/** Whether a TXT record is meant for DMARC at all. RFC 9989 §4.7, tag `v`; §4.10 step 2. */
export function isDmarcRecord(text: string): boolean {
  return version.test(text)
}

/**
 * Reads a DMARC Policy Record. RFC 9989 §4.7, §4.8, §4.10.1.
 *
 * `v=DMARC1` comes first, the value in exactly this case; the order of the others is free. Unknown
 * tags are ignored. A value that is wrong counts as its default. Without a usable `p` (or with a
 * wrong `sp` or `np`) a record with a usable `rua` says `p=none`, and any other says nothing. A tag
 * given twice makes the whole list invalid (RFC 6376 §3.2, whose syntax this is).
 *
 * @param text the character-strings of the record joined, as an octet string
 * @param reading RFC 7489 knows no `np`, so a wrong one does a record no harm there (§6.6.3 step 6)
 */
export function parseDmarcRecord(
  text: string,
  reading: 'rfc9989' | 'rfc7489' = 'rfc9989',
): Result<DmarcRecord, RecordRejection> {
  if (!isDmarcRecord(text)) return bad({ type: 'not-dmarc' })
  const { tags: all, malformed, duplicate } = readTagList(text)
  if (duplicate !== undefined) return bad({ type: 'duplicate-tag', tag: duplicate })
  const tags = reading === 'rfc9989' ? all : new Map([...all].filter(([name]) => name !== 'np'))
  const reader = new TagReader(tags)
  for (const value of malformed) reader.problem('not-a-tag', '', value)
  const rua = reader.uris('rua')
  const policy = readPolicies(reader, rua.length > 0)
  const psd = reader.choice('psd', ['y', 'n', 'u'], 'u')
  if (policy === undefined) return bad({ type: 'no-policy', psd, problems: reader.problems })
  return ok({
    ...policy,
    adkim: reader.choice('adkim', ['r', 's'], 'r'),
    aspf: reader.choice('aspf', ['r', 's'], 'r'),
    psd,
    t: reader.choice('t', ['y', 'n'], 'n'),
    fo: reader.failureOptions(),
    rua,
    ruf: reader.uris('ruf'),
    removed: reader.removed(),
    unknown: reader.unknown(),
    problems: reader.problems,
  })
}

/** What a list of tags holds, before it is known what the tags mean. */
export interface TagList {
  /** By name in lower case, values trimmed; the version is left out. */
  readonly tags: ReadonlyMap<string, string>
  /** Pieces that are not `name=value`, or have characters that no tag may have. */
  readonly malformed: readonly string[]
  readonly duplicate: string | undefined
}

/** Reads `v=DMARC1; tag=value; …`. At most 200 tags are looked at. */
export function readTagList(text: string): TagList {
  const tags = new Map<string, string>()
  const malformed: string[] = []
  let duplicate: string | undefined
  for (const piece of text.split(';', maxTags + 1).slice(1)) {
    const [whole, name, value = ''] = tagText.exec(piece) ?? []
    if (whole === undefined || name === undefined) {
      if (/[^ \t]/.test(piece)) malformed.push(shown(piece))
      continue
    }
    const key = name.toLowerCase()
    if (tags.has(key) || key === 'v') duplicate ??= key
    else tags.set(key, value.trimEnd())
  }
  return { tags, malformed, duplicate }
}

// RFC 9989 §4.8: dmarc-tag; a name may also have digits and underscores, RFC 6376 §3.2.
// The value begins with no space, so that a long run of spaces is tried once and not again and again.
const tagText =
  /^[ \t]*([A-Za-z][A-Za-z0-9_]*)[ \t]*=[ \t]*((?:[\x21-\x3a\x3c-\x7e][\x20-\x3a\x3c-\x7e\t]*)?)$/

const policies: readonly DmarcPolicy[] = ['none', 'quarantine', 'reject']
const removedTags: readonly string[] = ['pct', 'rf', 'ri']
const knownTags: readonly string[] = [
  'p',
  'sp',
  'np',
  'adkim',
  'aspf',
  'psd',
  't',
  'fo',
  'rua',
  'ruf',
  ...removedTags,
]

interface Policies {
  readonly p: DmarcPolicy
  readonly sp: DmarcPolicy | null
  readonly np: DmarcPolicy | null
}

/** RFC 9989 §4.10.1, the paragraph on records without a valid `p`. */
function readPolicies(reader: TagReader, hasRua: boolean): Policies | undefined {
  const p = reader.policy('p')
  const sp = reader.policy('sp')
  const np = reader.policy('np')
  if (p === undefined) reader.problem('missing-policy', 'p', '')
  const usable = p !== undefined && p !== 'invalid' && sp !== 'invalid' && np !== 'invalid'
  if (usable) return { p, sp: sp ?? null, np: np ?? null }
  return hasRua ? { p: 'none', sp: null, np: null } : undefined
}

class TagReader {
  readonly problems: RecordProblem[] = []
  readonly #tags: ReadonlyMap<string, string>
  readonly #sizes: RemovedTag[] = []

  constructor(tags: ReadonlyMap<string, string>) {
    this.#tags = tags
  }

  problem(type: RecordProblem['type'], tag: string, value: string): void {
    this.problems.push({ type, tag, value: shown(value) })
  }

  policy(tag: string): DmarcPolicy | 'invalid' | undefined {
    const value = this.#tags.get(tag)
    if (value === undefined) return undefined
    const policy = policies.find((one) => one === value.toLowerCase())
    if (policy === undefined) this.problem('invalid-policy', tag, value)
    return policy ?? 'invalid'
  }

  choice<T extends string>(tag: string, choices: readonly T[], otherwise: T): T {
    const value = this.#tags.get(tag)
    if (value === undefined) return otherwise
    const chosen = choices.find((one) => one === value.toLowerCase())
    if (chosen === undefined) this.problem('invalid-value', tag, value)
    return chosen ?? otherwise
  }

  /** RFC 9989 §4.7: `0` and `1` exclude each other, each option at most once. */
  failureOptions(): readonly FailureOption[] {
    const value = this.#tags.get('fo')
    if (value === undefined) return ['0']
    const options: FailureOption[] = []
    for (const piece of value.toLowerCase().split(':', 10)) {
      const option = (['0', '1', 'd', 's'] as const).find((one) => one === piece.trim())
      if (option !== undefined && !options.includes(option)) options.push(option)
      else return this.#wrongOptions(value)
    }
    const both = options.includes('0') && options.includes('1')
    return both ? this.#wrongOptions(value) : options
  }

  #wrongOptions(value: string): readonly FailureOption[] {
    this.problem('invalid-value', 'fo', value)
    return ['0']
  }

  uris(tag: 'rua' | 'ruf'): readonly ReportUri[] {
    const value = this.#tags.get(tag)
    if (value === undefined) return []
    const uris: ReportUri[] = []
    for (const piece of value.split(',', maxUris)) {
      const uri = parseReportUri(piece)
      if (uri === undefined) this.problem('invalid-value', tag, piece)
      else uris.push(uri)
      if (uri?.size !== undefined && uri.size !== null) {
        this.#sizes.push({ tag, value: `!${uri.size}` })
      }
    }
    return uris
  }

  removed(): readonly RemovedTag[] {
    const found: RemovedTag[] = []
    for (const tag of removedTags) {
      const value = this.#tags.get(tag)
      if (value !== undefined) found.push({ tag, value: shown(value) })
    }
    return [...found, ...this.#sizes]
  }

  unknown(): readonly string[] {
    return Array.from(this.#tags.keys(), shown).filter((tag) => !knownTags.includes(tag))
  }
}

function shown(text: string): string {
  return text.length > maxValueShown ? `${text.slice(0, maxValueShown)}…` : text
}
