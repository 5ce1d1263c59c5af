import { Command } from 'commander'
import { WaybillError } from '../../base/error.ts'
import { verifyAnswer, type VerifiedParts } from '../../inspect/verify-answer.ts'
import type { DnsEndpoint } from '../../io/stub-options.ts'
import { readAddress, readPath, readTime, serverOption, zoneOption } from '../options.ts'
import { type ExitCode, exitCodes, paint, print, printJson, printOctets, say } from '../output.ts'
import { grouped, Progress } from '../progress.ts'
import { renderVerdicts, shownText, verdictWords } from '../render/verdicts.ts'
import { readZone } from '../resolver.ts'
import { openMailFiles } from '../verify/mail-files.ts'
import { type VerifiedFile, verifyFile } from '../verify/verify-file.ts'
import { verifyLines } from '../verify/verify-lines.ts'
import { openEvidence, ownName, type EvidenceSetup } from '../verify/evidence-sources.ts'

interface VerifyOptions {
  readonly ip?: string
  readonly helo?: string
  readonly mailFrom?: string
  readonly zone?: string
  readonly server?: DnsEndpoint
  readonly receiver: string
  readonly at?: number
  readonly verbose?: boolean
  readonly json?: boolean
  readonly jsonl?: boolean
}

/** `waybill verify FILE` and `waybill verify --jsonl`. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('evaluate SPF, DKIM, ARC and DMARC of messages, without a server')
    .argument(
      '[file]',
      'a message, - for standard input, an mbox file, a Maildir, or *.eml in a folder',
    )
    .option('--ip <address>', 'the server it came from; without it SPF is not checked', readAddress)
    .option('--helo <name>', 'what that server called itself')
    .option(
      '--mail-from <address>',
      'the reverse-path; else that of the Return-Path field',
      readPath,
    )
    .addOption(zoneOption())
    .addOption(serverOption())
    .option('--receiver <name>', 'the name that results are told under', ownName())
    .option('--at <time>', 'as if it were this time (2026-09-01 or 2026-09-01T12:00:00Z)', readTime)
    .option('-v, --verbose', 'what the verdicts rest on: terms, keys, hashes, names asked')
    .option('--json', 'one JSON object for each message')
    .option('--jsonl', 'answer requests: one JSON object a line in, one a line out, in order')
    .addHelpText('after', help)
    .action(async (path: string | undefined, options: VerifyOptions) => {
      const { zone, server, receiver } = options
      const table = zone === undefined ? undefined : await readZone(zone)
      const setup = { zone: table, server, receiver }
      if (options.jsonl === true) return await answerRequests(path, setup)
      if (path === undefined) {
        throw new WaybillError('usage', 'Which message? Name a file, or - for standard input.', {
          hint: 'Requests in JSON lines are answered with --jsonl.',
        })
      }
      process.exitCode = await verifyFiles(path, options, setup)
    })
}

const help = `
Exit code 0: DMARC passes, or no policy applies. 1: DMARC fails, or a message
has no one author. 3: DNS did not answer. 5: no such file. Of many messages the
worst decides: 1 before 3 before 0. With --jsonl it is 0 when the input was read
to its end; a line that cannot be read is answered so.`

async function answerRequests(path: string | undefined, setup: EvidenceSetup): Promise<void> {
  if (path !== undefined && path !== '-') {
    throw new WaybillError('usage', '--jsonl reads requests from standard input.', {
      hint: `waybill verify --jsonl < ${path}`,
    })
  }
  const progress = process.stdin.isTTY ? undefined : new Progress('lines')
  const { lines, unreadable } = await verifyLines({
    input: process.stdin,
    write: printOctets,
    setup,
    ...(progress === undefined ? {} : { onProgress: (totals) => progress.at(totals.lines) }),
  })
  progress?.end()
  if (unreadable > 0) say(`${grouped(unreadable)} of ${grouped(lines)} lines could not be read.`)
  process.exitCode = exitCodes.yes
}

/** Messages under way at once: while one waits for DNS, others go on. */
const maxUnderWay = 16

async function verifyFiles(
  path: string,
  options: VerifyOptions,
  setup: EvidenceSetup,
): Promise<ExitCode> {
  const world = openEvidence(setup)
  const { ip, helo, mailFrom, at } = options
  const facts = { ip, helo, mailFrom, now: at ?? world.now() }
  const { type, files, count, passedOver } = await openMailFiles(path, process.stdin)
  const progress = new Progress('messages', count)
  const tally = new Tally()
  const show = (result: Awaited<Verifying>): void => {
    progress.end()
    tally.add(result)
    if ('problem' in result) say(`waybill: ${result.name}: ${result.problem}`)
    else if (options.json === true) printJson(fileJson(result, options))
    else
      print(type === 'message' || options.verbose === true ? long(result, options) : short(result))
    progress.at(tally.count)
  }
  const underWay: Verifying[] = []
  for await (const file of files) {
    const verifying = verifyFile(file, facts, world)
    // A fault of ours comes out where it is awaited; until then it is not one that nobody hears of.
    verifying.catch(() => undefined)
    underWay.push(verifying)
    if (underWay.length < maxUnderWay) continue
    const first = underWay.shift()
    if (first !== undefined) show(await first)
  }
  for (const one of underWay) show(await one)
  progress.end()
  for (const sentence of passedOver) say(sentence)
  if (type !== 'message') say(tally.summary())
  return tally.exitCode
}

type Verifying = ReturnType<typeof verifyFile>

function fileJson({ name, parts }: VerifiedFile, { receiver, verbose }: VerifyOptions): unknown {
  const answer = verifyAnswer(name, parts, receiver)
  return verbose === true ? { ...answer, evidence: parts } : answer
}

function long({ name, parts, from, subject }: VerifiedFile, options: VerifyOptions): string {
  const evidence = options.verbose === true
  const { authenticationResults } = verifyAnswer(name, parts, options.receiver)
  return [
    paint('bold', name),
    `  From: ${shownText(from)}`,
    ...(subject === undefined ? [] : [`  Subject: ${shownText(subject)}`]),
    '',
    renderVerdicts(parts, { evidence }),
    ...(evidence ? ['', `  Authentication-Results: ${authenticationResults}`] : []),
  ].join('\n')
}

function short({ name, parts, from, subject }: VerifiedFile): string {
  return `${name}  ${verdictWords(parts)}  ${shownText(from)}  ${shownText(subject)}`
}

/** What came of all messages together. */
class Tally {
  count = 0
  readonly #words = new Map<string, number>()
  #exitCode: ExitCode = exitCodes.yes

  add(result: Awaited<Verifying>): void {
    this.count++
    const word = 'problem' in result ? 'unreadable' : (result.parts.dmarc?.result ?? 'none')
    this.#words.set(word, (this.#words.get(word) ?? 0) + 1)
    const code = 'problem' in result ? exitCodes.no : exitCodeOf(result.parts)
    if (code === exitCodes.no || this.#exitCode === exitCodes.yes) this.#exitCode = code
  }

  get exitCode(): ExitCode {
    return this.#exitCode
  }

  summary(): string {
    const words = Array.from(this.#words, ([word, count]) => `${grouped(count)} ${word}`)
    return `${grouped(this.count)} message${this.count === 1 ? '' : 's'}. DMARC: ${words.join(', ')}.`
  }
}

function exitCodeOf({ dmarc }: VerifiedParts): ExitCode {
  switch (dmarc?.result) {
    case undefined:
    case 'pass':
    case 'none':
      return exitCodes.yes
    case 'temperror':
      return exitCodes.couldNotTell
    case 'fail':
    case 'permerror':
      return exitCodes.no
  }
}
