import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { systemClock } from '../../io/clock.ts'
import type { QueueItem } from '../../store/ports/queue.ts'
import { dataFolderOf, type DataOptions, Stores, withDataOptions } from '../data.ts'
import { print, printJson } from '../output.ts'
import { usualConfig } from '../sendmail/usual-config.ts'
import { type ListedLetter, lettersIn, renderMailQueue } from '../render/mail-queue.ts'

interface MailqOptions extends Partial<DataOptions> {
  readonly json?: boolean
}

/** `waybill mailq`. */
export function mailqCommand(): Command {
  const command = new Command('mailq')
    .description('list what waits in the form of postqueue -p; ids are those of other commands')
    .option('--json', 'one JSON object for each letter')
    .addHelpText('after', help)
    .action(listMailQueue)
  return withDataOptions(command)
}

const help = `
Behind the id: * it is under way or has its turn now, ! it is held.`

/** Recipients that are listed at most: nobody reads more. */
const pageSize = 100_000

/** Prints what waits. */
export async function listMailQueue(options: MailqOptions): Promise<void> {
  const stores = new Stores(dataFolderOf(placeOf(options)))
  try {
    const now = systemClock.now()
    const letters: ListedLetter[] = []
    for (const reader of stores.readers) {
      const items: readonly QueueItem[] = await reader.queue.list({ limit: pageSize })
      const sizes = new Map<string, number>()
      for (const { messageId } of items) {
        if (sizes.has(messageId)) continue
        sizes.set(messageId, (await reader.messages.open(messageId))?.size ?? 0)
      }
      letters.push(...lettersIn(items, sizes, now))
    }
    if (options.json === true) for (const letter of letters) printJson(letter)
    else print(renderMailQueue(letters))
  } finally {
    stores.close()
  }
}

/** Called without a word, as programs call it, it is the server of this machine. */
function placeOf(options: MailqOptions): DataOptions {
  if (options.data !== undefined || options.config !== undefined) return options
  const config = process.env['WAYBILL_CONFIG'] ?? usualConfig
  return process.env['WAYBILL_CONFIG'] !== undefined || existsSync(config) ? { config } : {}
}
