import { Command } from 'commander'
import { openResolver } from '../../app/resolver.ts'
import { silent } from '../../base/log.ts'
import { readConfig } from '../../config/config.ts'
import type { Settings } from '../../config/settings.ts'
import { InTurn } from '../../desk/in-turn.ts'
import { keyJson, rotationJson } from '../../desk/key-json.ts'
import { type KeyState, keysOf, keyStates, type Rotation } from '../../desk/key-rotation.ts'
import { dkimRotate, KeyDesk } from '../../desk/keys.ts'
import { quoteTxt } from '../../desk/dns-records.ts'
import { systemClock } from '../../io/clock.ts'
import { openReadOnlyStore } from '../../store/sqlite/sqlite-reader.ts'
import { atDesk, type WhyOption, withWhy } from '../at-desk.ts'
import { exitCodes, print, printJson } from '../output.ts'

interface KeyOptions extends WhyOption {
  readonly config: string
  readonly json?: boolean
}

/** `waybill dkim keys DOMAIN`: the keys that sign, and whether DNS has their records. */
export function dkimKeysCommand(): Command {
  return new Command('keys')
    .description('the signing keys of a domain of yours, and whether DNS has their records')
    .argument('<domain>')
    .requiredOption('--config <file>', 'the waybill.toml of your server')
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      '\nExit code 0: all active keys are published. 1: one is not.\n3: DNS did not answer.',
    )
    .action(async (domain: string, options: KeyOptions) => {
      const settings = readConfig(options.config)
      const reader = openReadOnlyStore({ folder: settings.data })
      try {
        const keys = await keysOf(reader, domain)
        const resolver = await openResolver(settings, silent)
        const states = await keyStates(keys, resolver).finally(() => resolver.close())
        for (const state of states) tell(state, options.json === true)
        process.exitCode = codeFor(states.filter(({ key }) => key.active))
      } finally {
        reader.close()
      }
    })
}

/** `waybill dkim rotate DOMAIN`: one step of a rotation. */
export function dkimRotateCommand(): Command {
  const command = new Command('rotate')
    .description('make new signing keys, or begin to use them once DNS has their records')
    .argument('<domain>')
    .requiredOption('--config <file>', 'the waybill.toml of your server, running or not')
    .option('--json', 'the step as one JSON object')
    .addHelpText(
      'after',
      '\nExit code 0: the new keys sign now. 3: publish the records, then run this again.',
    )
    .action(async (domain: string, options: KeyOptions) => {
      const settings = readConfig(options.config)
      const step = await rotationStep(settings, domain, options)
      tellRotation(step, options.json === true)
      process.exitCode = step.type === 'done' ? exitCodes.yes : exitCodes.couldNotTell
    })
  return withWhy(command)
}

/** By the server that is running, which alone writes to its store, else here. */
async function rotationStep(
  settings: Settings,
  domain: string,
  { why }: WhyOption,
): Promise<Rotation> {
  return await atDesk(
    dkimRotate,
    { domain },
    {
      opening: { folder: settings.data },
      desk: (store) => ({
        keys: new KeyDesk({
          store,
          openResolver: () => openResolver(settings, silent),
          now: () => systemClock.now(),
          turn: new InTurn(),
        }),
      }),
      ...(why === undefined ? {} : { why }),
    },
  )
}

function tell(state: KeyState, json: boolean): void {
  if (json) {
    printJson(keyJson(state))
    return
  }
  const { key, record, publication } = state
  print(
    `${key.selector}  ${key.algorithm}  ${key.active ? 'signs' : 'does not sign'}  ${publication.state}`,
  )
  if (publication.state === 'published') return
  print(`  publish: ${record.name}. TXT ${quoteTxt(record.value)}`)
  if ('text' in publication) print(`  ${publication.text}`)
}

function tellRotation(step: Rotation, json: boolean): void {
  if (json) {
    printJson(rotationJson(step))
    return
  }
  if (step.type === 'done') {
    for (const { selector } of step.active) print(`${selector} signs from now on.`)
    for (const { selector } of step.retired)
      print(`${selector} is retired; take its record out of DNS in a week.`)
    return
  }
  print(
    step.type === 'made'
      ? 'New keys were made. Publish these records, then run this again:'
      : 'DNS does not have all records yet:',
  )
  for (const state of step.waiting) tell(state, false)
}

function codeFor(states: readonly KeyState[]): 0 | 1 | 3 {
  if (states.some(({ publication }) => publication.state === 'unavailable'))
    return exitCodes.couldNotTell
  return states.every(({ publication }) => publication.state === 'published')
    ? exitCodes.yes
    : exitCodes.no
}
