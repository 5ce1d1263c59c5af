import { execFileSync } from 'node:child_process'

/**
 * Two hosts on this machine, each in a network namespace of its own, joined by one cable: `house`,
 * where the mail server runs, and `world`, with everybody else. Their addresses are of the block for
 * measurements (RFC 2544, 198.18.0.0/15), so nothing can leave the machine.
 */
export const house = { namespace: 'waybill-house', ip: '198.18.0.1' } as const
export const world = { namespace: 'waybill-world', ip: '198.18.0.2' } as const

/** Addresses of clients in the world: enough that no limit of one address decides a proof. */
export const clientIps: readonly string[] = Array.from(
  { length: 60 },
  (_, index) => `198.18.${1 + index}.10`,
)

/**
 * Makes both hosts. Root alone may, with iproute2.
 *
 * @returns what takes them away again
 */
export function openNamespaces(): () => void {
  closeNamespaces()
  for (const { namespace } of [house, world]) ip('netns', 'add', namespace)
  ip(
    'link',
    'add',
    'wb-h',
    'netns',
    house.namespace,
    'type',
    'veth',
    'peer',
    'name',
    'wb-w',
    'netns',
    world.namespace,
  )
  const places = [
    { ...house, link: 'wb-h', addresses: [house.ip] },
    { ...world, link: 'wb-w', addresses: [world.ip, ...clientIps] },
  ]
  for (const { namespace, link, addresses } of places) {
    for (const address of addresses)
      ip('-n', namespace, 'addr', 'add', `${address}/15`, 'dev', link)
    for (const one of ['lo', link]) ip('-n', namespace, 'link', 'set', one, 'up')
  }
  return closeNamespaces
}

function closeNamespaces(): void {
  const there = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })
  for (const { namespace } of [house, world]) {
    if (new RegExp(`^${namespace}\\b`, 'm').test(there)) ip('netns', 'del', namespace)
  }
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] })
}
