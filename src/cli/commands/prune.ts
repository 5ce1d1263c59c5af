import { Command } from 'commander'
import { readConfig } from '../../config/config.ts'
import type { Settings } from '../../config/settings.ts'
import { prune } from '../../desk/prune.ts'
import { pruneRequest, retentionTimes } from '../../desk/retention.ts'
import { systemClock } from '../../io/clock.ts'
import { diskState, keptShare } from '../../store/sqlite/disk-share.ts'
import { countPrunable, type Prunable } from '../../store/sqlite/prunable.ts'
import { openReadOnlyStore } from '../../store/sqlite/sqlite-reader.ts'
import type { PruneResult } from '../../store/ports/retention.ts'
import { atDesk, type WhyOption, withWhy } from '../at-desk.ts'
import { print, printJson } from '../output.ts'

interface PruneOptions extends WhyOption {
  readonly config: string
  readonly data?: string
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** `waybill prune`. */
export function pruneCommand(): Command {
  const command = new Command('prune')
    .description('remove now what is kept long enough, as the table [retention] says')
    .requiredOption('--config <file>', 'the waybill.toml of your server')
    .option('--data <folder>', 'instead of the data folder in it')
    .option('--dry-run', 'count what would be removed, and remove nothing')
    .option('--json', 'the counts as one JSON object')
    .addHelpText(
      'after',
      '\nA running server does this every ten minutes by itself, and when it is asked\nhere.',
    )
    .action(async (options: PruneOptions) => {
      const settings = readConfig(options.config)
      const folder = options.data ?? settings.data
      // There must be something: opening a store would make one.
      openReadOnlyStore({ folder }).close()
      if (options.dryRun === true) tellPrunable(prunable(folder, settings), options.json === true)
      else tellRemoved(await remove(folder, settings, options), options.json === true)
    })
  return withWhy(command)
}

function prunable(folder: string, { retention }: Settings): Prunable {
  const octets = keptShare(diskState(folder), retention.strangers_percent)
  const strangers = { octets, contentOctets: Math.min(octets, retention.refused_bytes) }
  const request = pruneRequest(retentionTimes(retention), systemClock.now())
  return countPrunable(folder, { ...request, strangers })
}

async function remove(
  folder: string,
  { retention }: Settings,
  { why }: WhyOption,
): Promise<PruneResult> {
  const { strangers_percent: strangersPercent, refused_bytes: refusedBytes } = retention
  return await atDesk(prune, undefined, {
    opening: { folder, strangersPercent, refusedBytes },
    desk: (store) => ({
      prune: () =>
        store.retention.prune(pruneRequest(retentionTimes(retention), systemClock.now())),
    }),
    timeoutMs: 600_000,
    ...(why === undefined ? {} : { why }),
  })
}

function tellPrunable({ journeys, contents, octets }: Prunable, json: boolean): void {
  if (json) printJson({ dry_run: true, journeys, contents, octets })
  else {
    print(
      `Would remove ${journeys} journeys, and of others the content of ${contents} refused letters (${octets} octets).`,
    )
  }
}

function tellRemoved({ journeys, messages, contents, facts }: PruneResult, json: boolean): void {
  if (json) printJson({ dry_run: false, journeys, messages, contents, facts })
  else {
    print(
      `Removed ${journeys} journeys, ${messages} messages, ${contents} contents and ${facts} shared facts.`,
    )
  }
}
