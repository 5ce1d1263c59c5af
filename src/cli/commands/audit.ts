import { Command } from 'commander'
import type { Act } from '../../store/ports/acts.ts'
import { dataFolderOf, type DataOptions, Stores, withDataOptions } from '../data.ts'
import { columns, print, printJson, row, say } from '../output.ts'
import { count, rowTime } from './list.ts'

interface AuditOptions extends DataOptions {
  readonly limit: number
  readonly json?: boolean
}

/** `waybill audit`. */
export function auditCommand(): Command {
  const command = new Command('audit')
    .description('what people did to this server: who, when, by which door and why; newest first')
    .option('-n, --limit <count>', 'how many at most', count, 20)
    .option('--json', 'one JSON object a line')
    .action(async (options: AuditOptions) => {
      const { limit, json } = options
      const stores = new Stores(dataFolderOf(options))
      try {
        const lists = stores.readers.map((reader) => reader.acts.list({ limit }))
        const acts = (await Promise.all(lists))
          .flat()
          .toSorted((a, b) => b.at - a.at || b.number - a.number)
          .slice(0, limit)
        for (const act of acts) {
          if (json === true) printJson(actJson(act))
          else print(row(actText(act), toldText(act), columns()))
        }
        if (acts.length === 0 && json !== true) say('Nobody has done anything yet.')
      } finally {
        stores.close()
      }
    })
  return withDataOptions(command)
}

function actJson({ number, at, who, door, what, why, detail }: Act): Record<string, unknown> {
  return { number, at: new Date(at).toISOString(), who, door, what, why, detail }
}

function actText({ at, who, door, what }: Act): string {
  return `${rowTime(at)}  ${what}  by ${who} (${door})`
}

/** `recipients=3 chosen=to:@south.example, "the reason"`. */
function toldText({ detail, why }: Act): string {
  const told = Object.entries(detail).map(([name, value]) => `${shownName(name)}=${textOf(value)}`)
  return [told.join(' '), ...(why === '' ? [] : [`"${why}"`])]
    .filter((one) => one !== '')
    .join(', ')
}

/** What was done to waiting letters is counted by recipient, whatever older records call it. */
function shownName(name: string): string {
  return name === 'letters' ? 'recipients' : name
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join(',')
  return typeof value === 'string' ? value : JSON.stringify(value)
}
