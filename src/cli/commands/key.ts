import { Command, InvalidArgumentError, Option } from 'commander'
import type { Operation } from '../../desk/act.ts'
import {
  type ApiKeyPart,
  type ApiKeyView,
  apiKeyView,
  keyAdd,
  keyRemove,
} from '../../desk/api-key-operations.ts'
import { ApiKeyDesk, scopes } from '../../desk/api-keys.ts'
import { newSecret, secretHash } from '../../io/secret.ts'
import { systemClock } from '../../io/clock.ts'
import type { Scope } from '../../store/ports/credentials.ts'
import { type WhyOption, withWhy } from '../at-desk.ts'
import { readList, readTime } from '../options.ts'
import { columns, print, printJson, row, say } from '../output.ts'
import { changeOf } from '../residents.ts'
import { storedIn } from '../stored.ts'
import { configOption } from './account.ts'

interface KeyOptions extends WhyOption {
  readonly config: string
  readonly json?: boolean
}

interface AddOptions extends KeyOptions {
  readonly scope: readonly Scope[]
  readonly domain?: readonly string[]
  readonly account?: string
  /** Unix seconds. */
  readonly until?: number
}

/** `waybill key list|add|remove`. */
export function keyCommand(): Command {
  return new Command('key')
    .description('keys for programs that use the HTTP API')
    .addCommand(listKeys())
    .addCommand(addKey())
    .addCommand(removeKey())
}

function listKeys(): Command {
  return new Command('list')
    .description('list the keys, the oldest first; their secrets are kept nowhere')
    .requiredOption(...configOption)
    .option('--json', 'one JSON object a line')
    .action(async ({ config, json }: KeyOptions) => {
      const keys = (await storedIn(config, ({ apiKeys }) => apiKeys.list())) ?? []
      const width = Math.max(0, ...keys.map(({ name }) => name.length))
      for (const key of keys.map(apiKeyView)) {
        if (json === true) printJson(key)
        else print(keyText(key, width))
      }
      if (keys.length === 0 && json !== true) {
        say('There are no keys yet: waybill key add NAME makes one.')
      }
    })
}

function keyText(key: ApiKeyView, width: number): string {
  const start = `${key.name.padEnd(width)}  ${key.scopes.join(', ').padEnd(18)}`
  const used = key.last_used_at === null ? 'never used' : `used ${day(key.last_used_at)}`
  const more = [
    key.account === null ? '' : `for ${key.account}`,
    key.domains === null ? '' : `from ${key.domains.join(', ')}`,
    key.ends_at === null ? '' : endText(key.ends_at),
    used,
  ]
  return row(start, more.filter((one) => one !== '').join(', '), columns())
}

function endText(end: string): string {
  return `${Date.parse(end) > systemClock.now() ? 'until' : 'over since'} ${day(end)}`
}

function day(time: string): string {
  return time.slice(0, 10)
}

function addKey(): Command {
  const command = new Command('add')
    .description('make a key; its secret is printed once')
    .argument('<name>', 'what it is for, such as "shop"')
    .requiredOption(...configOption)
    .addOption(
      new Option('--scope <scopes>', 'what it may do: read, send, manage, with commas between')
        .argParser(readScopes)
        .makeOptionMandatory(),
    )
    .option('--domain <domains>', 'it may send from these of your domains alone', readList)
    .option('--account <address>', 'it sees and does only what is this account’s')
    .option('--until <time>', 'it ends then: 2027-01-31, or a time with its zone', readTime)
    .option('--json', 'the key and its secret as one JSON object')
    .action(async (name: string, options: AddOptions) => {
      const { scope, domain, account, until } = options
      const secret = newSecret()
      const wanted = {
        name,
        scopes: scope,
        ...(domain === undefined ? {} : { domains: domain }),
        ...(account === undefined ? {} : { account }),
        ...(until === undefined ? {} : { endsAt: until * 1000 }),
        sha256: secretHash(secret),
      }
      const key = await changeKeys(keyAdd, wanted, options)
      if (options.json === true) printJson({ ...key, secret })
      else {
        print(secret)
        say(`This is the key "${key.name}". It is shown this once: put it where it is used.`)
      }
    })
  return withWhy(command)
}

function removeKey(): Command {
  const command = new Command('remove')
    .description('take a key away; whoever has it is refused at once')
    .argument('<key>', 'its name or its id')
    .requiredOption(...configOption)
    .option('--json', 'the key as one JSON object')
    .action(async (key: string, options: KeyOptions) => {
      const removed = await changeKeys(keyRemove, { key }, options)
      if (options.json === true) printJson({ removed: removed.name, id: removed.id })
      else print(`The key "${removed.name}" opens nothing any more.`)
    })
  return withWhy(command)
}

function changeKeys<Input, Result>(
  operation: Operation<ApiKeyPart, Input, Result>,
  input: Input,
  options: KeyOptions,
): Promise<Result> {
  return changeOf({
    operation,
    input,
    options,
    desk: ({ apiKeys: port }, parts) => ({ apiKeys: new ApiKeyDesk({ ...parts, port }) }),
  })
}

function readScopes(text: string): readonly Scope[] {
  return readList(text).map((word) => {
    const scope = scopes.find((one) => one === word.toLowerCase())
    if (scope !== undefined) return scope
    throw new InvalidArgumentError(`"${word}" is none of ${scopes.join(', ')}.`)
  })
}
