import { Command, InvalidArgumentError } from 'commander'
import { parseIp } from '../../base/ip.ts'
import { type DnsOverride, parseDnsOverride } from '../../dns/dns-override.ts'
import { tell } from '../../journey/catalogue.ts'
import type { StepData } from '../../journey/record.ts'
import { type Replay, type ReplayedStep, replayJourney } from '../../journey/replay.ts'
import type { Sentence } from '../../journey/sentence.ts'
import type { OpenJourney } from '../../desk/archives.ts'
import { dataFolderOf, type DataOptions, Stores, withDataOptions } from '../data.ts'
import { inOneLine } from '../../base/shown-text.ts'
import { readTime } from '../options.ts'
import { type ExitCode, exitCodes, paint, print, printJson, say } from '../output.ts'

interface ReplayOptions extends DataOptions {
  readonly dns?: readonly DnsOverride[]
  readonly ip?: string
  readonly helo?: string
  readonly mailFrom?: string
  readonly at?: number
  readonly json?: boolean
}

/** `waybill replay ID`. */
export function replayCommand(): Command {
  const command = new Command('replay')
    .description('decide a journey again, offline, from its record; with changes: what if?')
    .argument(
      '<id>',
      '"last", "last:2", 4 characters of an id or more, "Ref …" as pasted, a Message-ID',
    )
    .option(
      '--dns <record>',
      "what DNS says instead: 'NAME TYPE VALUE'; '-' takes it away (may be repeated)",
      addOverride,
    )
    .option('--ip <address>', 'as if it had come from this address', address)
    .option('--helo <name>', 'as if the client had called itself so')
    .option('--mail-from <address>', 'as if this were the reverse-path')
    .option('--at <time>', 'as if it were this time (2026-09-01 or 2026-09-01T12:00:00Z)', readTime)
    .option('--json', 'the result as one JSON object')
    .action((ref: string, options: ReplayOptions) => replay(ref, options))
    .addHelpText(
      'after',
      '\nExit code 0: the same verdicts as recorded, or none to derive.' +
        '\n1: something differs. 3: cannot be told offline.',
    )
  return withDataOptions(command)
}

async function replay(ref: string, options: ReplayOptions): Promise<void> {
  const stores = new Stores(dataFolderOf(options))
  try {
    const journey = await stores.find(ref)
    const { record, facts, stored, reader } = journey
    const message =
      stored.messageId === undefined ? undefined : await reader.messages.open(stored.messageId)
    const { dns = [], ip, helo, mailFrom, at } = options
    const result = await replayJourney(record, facts, message?.original(), {
      dns,
      ...(ip === undefined ? {} : { ip }),
      ...(helo === undefined ? {} : { helo }),
      ...(mailFrom === undefined ? {} : { mailFrom }),
      ...(at === undefined ? {} : { now: at }),
    })
    if (options.json === true) printJson(replayJson(journey, result))
    else printReplay(journey, result, dns.length)
    process.exitCode = exitCodeOf(result)
  } finally {
    stores.close()
  }
}

function exitCodeOf(result: Replay): ExitCode {
  switch (result.type) {
    case 'nothing':
      return exitCodes.yes
    case 'impossible':
      return exitCodes.couldNotTell
    case 'replayed':
      if (result.firstDifference !== undefined) return exitCodes.no
      return result.missing.length > 0 ? exitCodes.couldNotTell : exitCodes.yes
  }
}

function replayJson(journey: OpenJourney, result: Replay): unknown {
  const { id } = journey.record
  switch (result.type) {
    case 'nothing': {
      const because = nothingToDerive(result.because)
      const same = { same: true, first_difference: null, changed: [], missing: [], steps: [] }
      return { id, replayed: true, ...same, because }
    }
    case 'impossible':
      return { id, replayed: false, because: result.because }
    case 'replayed':
      return {
        id,
        replayed: true,
        same: result.firstDifference === undefined && result.missing.length === 0,
        first_difference: result.firstDifference ?? null,
        changed: result.steps.filter(isChanged).map(({ type }) => type),
        missing: result.missing,
        unused: result.unused,
        steps: result.steps.map(({ type, recorded, now, same, missing }) => ({
          id: type,
          same,
          missing,
          recorded: shortSentence(first(recorded)),
          now: shortSentence(first(now)),
        })),
      }
  }
}

function nothingToDerive(because: string): string {
  return `Nothing to derive again: ${because}.`
}

/** A step that lacks an answer has not changed: nobody can say offline what it would be. */
function isChanged({ same, missing }: ReplayedStep): boolean {
  return !same && missing.length === 0
}

function shortSentence({ result, verdict, answer, askedFor, did }: Sentence): unknown {
  return {
    result: result ?? verdict,
    verdict,
    answer,
    asked_for: askedFor ?? null,
    did: did ?? null,
  }
}

/** The first sentence of a step; what was derived now has no time of its own. */
function first(step: StepData): Sentence {
  const [sentence] = tell({ ...step, startedAt: 0, durationMs: 0, dns: [] })
  if (sentence === undefined) throw new Error(`replay: no sentence for ${step.type}`)
  return sentence
}

function printReplay(journey: OpenJourney, result: Replay, changedAnswers: number): void {
  const { id } = journey.record
  if (result.type === 'nothing') {
    print(`${id}: ${nothingToDerive(result.because).replace(/^N/, 'n')}`)
    return
  }
  if (result.type === 'impossible') {
    say(`${id} cannot be replayed: ${result.because}`)
    return
  }
  const changes =
    changedAnswers === 0
      ? ''
      : ` ${changedAnswers} answer${changedAnswers === 1 ? '' : 's'} changed.`
  print(`Replaying ${id} from its recorded answers (no network).${changes}\n`)
  print(`  ${'step'.padEnd(11)} ${'recorded'.padEnd(26)} now`)
  for (const step of result.steps) print(renderReplayed(step))
  if (result.unused.length > 0) {
    print('\nNobody asked for this, then or now, so it changes nothing:')
    for (const question of result.unused) print(`  ${question}`)
  }
  if (result.missing.length > 0) {
    print('\nNot in the record, because nobody asked then:')
    for (const question of result.missing) print(`  ${inOneLine(question)}`)
    print("Until you say it with --dns 'NAME TYPE VALUE', DNS counts as silent there.")
  }
  if (result.firstDifference !== undefined) {
    print(`\nThe first step that differs: ${result.firstDifference}.`)
  } else if (result.missing.length === 0) print('\nThe same, bit for bit.')
  else print('\nAll else is the same, bit for bit.')
}

function renderReplayed(step: ReplayedStep): string {
  const before = first(step.recorded)
  const after = first(step.now)
  const word = (sentence: Sentence): string => {
    const asks = sentence.askedFor === undefined ? '' : `, asks ${sentence.askedFor}`
    return `${sentence.result ?? sentence.verdict}${asks}`
  }
  const now = step.missing.length > 0 ? 'not in the record' : word(after)
  // The same word may rest on something else: DMARC on one signature instead of two.
  const changed = word(before) === word(after) ? '<- for other reasons' : '<- changed'
  const mark = isChanged(step) ? `  ${paint('yellow', changed)}` : ''
  return `  ${before.label.padEnd(11)} ${word(before).padEnd(26)} ${now}${mark}`
}

function addOverride(text: string, before: readonly DnsOverride[] = []): readonly DnsOverride[] {
  const parsed = parseDnsOverride(text)
  if (!parsed.ok)
    throw new InvalidArgumentError(`${parsed.problem}. Example: 'a.example A 192.0.2.1'`)
  return [...before, parsed.value]
}

function address(text: string): string {
  if (parseIp(text) === undefined) throw new InvalidArgumentError('Not an IP address.')
  return text
}
