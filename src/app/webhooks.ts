import type { Clock } from '../base/clock.ts'
import { WaybillError } from '../base/error.ts'
import type { Log } from '../base/log.ts'
import type { HookSource } from '../hooks/hook-feed.ts'
import { Webhooks } from '../hooks/webhooks.ts'
import { parseIp } from '../base/ip.ts'
import { chance, systemClock } from '../io/clock.ts'
import { HookSender, type HookSenderOptions } from '../io/hook-sender.ts'
import { isOutside } from '../io/outside-address.ts'
import type { Store } from '../store/ports/store.ts'
import { isDamaged } from '../store/problems.ts'
import { openHookFile } from '../store/sqlite/hook-file.ts'
import { putHookFileAside } from '../store/sqlite/hook-file-aside.ts'

export interface WebhookOptions {
  /** The data folder. */
  readonly folder: string
  readonly sources: readonly HookSource[]
  readonly acts: Store['acts']
  readonly reach: HookSenderOptions['reach']
  readonly clock: Clock
  readonly newId: () => string
  readonly log: Log
  readonly report: (problem: unknown, where: string) => void
}

/** What is told of one store. */
export function hookSource(name: string, store: Store): HookSource {
  const { journeys, acts } = store
  return {
    name,
    journeys,
    acts,
    changes: (query) => store.changes(query),
    changesBehind: (query) => store.changesBehind(query),
  }
}

/** Webhooks that are told of what happens. */
export interface OpenWebhooks {
  readonly webhooks: Webhooks
  /** Before the stores that they follow. */
  close(): Promise<void>
}

/**
 * Begins to tell of what happens in these stores. Mail does not hang on it: a file that is damaged is
 * put aside, told, and begun anew.
 *
 * @throws WaybillError what the store says
 */
export async function openWebhooks(options: WebhookOptions): Promise<OpenWebhooks> {
  try {
    return await begin(options)
  } catch (problem) {
    if (!isDamaged(problem)) throw problem
    options.report(damaged(problem, putHookFileAside(options.folder)), 'webhooks')
    return await begin(options)
  }
}

async function begin(options: WebhookOptions): Promise<OpenWebhooks> {
  const { folder, reach } = options
  const port = openHookFile(folder)
  const sender = new HookSender({ reach })
  const webhooks = new Webhooks({
    ...options,
    port,
    send: (request) => sender.send(request),
    checkUrl: (url) => checkHookUrl(url, reach.type === 'outside'),
    trueNow: () => systemClock.now(),
    random: chance,
  })
  try {
    await webhooks.start()
  } catch (problem) {
    port.close()
    throw problem
  }
  const end = async (): Promise<void> => {
    sender.close()
    await webhooks.stop()
    port.close()
  }
  let ended: Promise<void> | undefined
  // A server may be closed again while it closes.
  return { webhooks, close: () => (ended ??= end()) }
}

function damaged(cause: unknown, aside: string): WaybillError {
  const text = `hooks.db is damaged: it is called ${aside} now, and there are no webhooks any more.`
  return new WaybillError('store-broken', text, {
    cause,
    hint: 'Add them again, or stop the server and put hooks.db of a backup in its place.',
  })
}

/**
 * Refuses what could never be called, while whoever asks for it is there.
 *
 * @throws WaybillError `usage`
 */
function checkHookUrl(text: string, outsideOnly: boolean): void {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const shown = text.slice(0, 200)
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new WaybillError('usage', `"${shown}" is no address that can be posted to.`, {
      hint: 'Such as https://example.com/hooks/mail',
    })
  }
  if (url.username !== '' || url.password !== '') {
    throw new WaybillError('usage', `"${shown}" has a name or a password in it.`, {
      hint: 'Receivers know us by the signature: leave these away.',
    })
  }
  if (!outsideOnly) return
  if (url.protocol !== 'https:') {
    throw new WaybillError('usage', `"${shown}" is not https.`, {
      hint: 'http is called from a lab or a catcher only.',
    })
  }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isInside = host === 'localhost' || host.endsWith('.localhost')
  if (isInside || (parseIp(host) !== undefined && !isOutside(host))) {
    throw new WaybillError('usage', `${host} is no address of the internet.`, {
      hint: 'This machine and its networks are called from a lab or a catcher only.',
    })
  }
}
