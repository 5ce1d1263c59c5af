import { readFileSync, statSync } from 'node:fs'
import { Command, Option } from 'commander'
import { WaybillError } from '../../base/error.ts'
import { whyBounce } from '../../desk/why-bounce.ts'
import { whyJourney } from '../../desk/why-journey.ts'
import { whyReply } from '../../desk/why-reply.ts'
import type { Why } from '../../desk/why.ts'
import { systemClock } from '../../io/clock.ts'
import { readRecord } from '../../journey/record.ts'
import type { AtCommand } from '../../smtp/client-types.ts'
import { type DataOptions, dataFolderOf, Stores, withDataOptions } from '../data.ts'
import { print, printJson } from '../output.ts'
import { whyText } from '../render/why.ts'
import { standingsOf } from '../standings.ts'

interface WhyOptions extends DataOptions {
  readonly reply?: string
  readonly to: string
  readonly json?: boolean
}

/** The commands that a refusal can answer, as people write them, and as the client calls them. */
const stages: Readonly<Record<string, AtCommand>> = {
  connect: 'CONNECT',
  ehlo: 'EHLO',
  auth: 'AUTH',
  mail: 'MAIL',
  rcpt: 'RCPT',
  data: 'DATA',
  message: 'MESSAGE',
}

/** `waybill why ID|MESSAGE-ID|BOUNCE-FILE`. */
export function whyCommand(): Command {
  const command = new Command('why')
    .description('why a letter is where it is, and whose turn it is')
    .argument('[id]', 'of a journey, as `waybill show` takes it; or a file: a bounce of any server')
    .option('--reply <text>', "a refusal as a server said it: '550 5.7.1 …'")
    .addOption(
      new Option('--to <command>', 'which command the reply answers')
        .choices(Object.keys(stages))
        .default('rcpt'),
    )
    .option('--json', 'as one JSON object')
    .action(async (ref: string | undefined, options: WhyOptions) => {
      const why = await explained(ref, options)
      if (options.json === true) printJson(why)
      else print(whyText(why))
    })
  return withDataOptions(command)
}

async function explained(ref: string | undefined, options: WhyOptions): Promise<Why> {
  const { reply, to } = options
  if (reply !== undefined) {
    if (ref === undefined) return whyReply(reply, stages[to] ?? 'RCPT')
    throw new WaybillError('usage', 'Either an id or file, or --reply, not both.')
  }
  if (ref === undefined) {
    throw new WaybillError('usage', 'Say of what: an id, the file of a bounce, or --reply.')
  }
  const bounce = bounceIn(ref)
  if (bounce !== undefined) return whyBounce(bounce)
  const stores = new Stores(dataFolderOf(options))
  try {
    const { archive, stored } = await stores.locate(ref)
    const items = await archive.reads.queue.list({ journey: stored.id, limit: mostItems })
    const asked = await standingsOf(dataFolderOf(options), archive.name, items)
    const record = readRecord(stored.json, stored.appended)
    return whyJourney({ record, items, ...asked, now: systemClock.now() })
  } finally {
    stores.close()
  }
}

/** More than a letter has recipients. */
const mostItems = 200_000
/** A bounce with the whole letter behind it. */
const mostOctets = 100 * 1024 * 1024

/** The octets of the file of that name; `undefined`: there is none, so it is an id. */
function bounceIn(path: string): Uint8Array | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isFile() !== true) return undefined
  if (found.size <= mostOctets) return readFileSync(path)
  throw new WaybillError('usage', `${path} has ${found.size} octets; a bounce has fewer than that.`)
}
