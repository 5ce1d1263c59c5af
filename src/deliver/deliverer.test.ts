import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import type { Clock } from '../base/clock.ts'
import { Ending } from '../base/ending.ts'
import type { LogLine } from '../base/log.ts'
import { seededRandom } from '../base/random.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import { dialTcp, type Dialer } from '../io/dialer.ts'
import { systemClock } from '../io/clock.ts'
import type { QueueItem, Settlement } from '../store/ports/queue.ts'
import type { Batch, BatchOutcome, Settling } from '../post/batch.ts'
import { headStartMs } from './race.ts'
import {
  delivererIn,
  letter,
  minuteMs,
  openText,
  start,
  testItem,
  type TestWorld,
  testWorld,
} from './test-support/world.ts'

/** What a server says to a command; `hangUp` breaks the connection instead. */
type Says = (command: string, write: (reply: string) => void) => string

const kind: Says = (command) => (command === 'DATA' ? '354 go on' : '250 ok')

/** A server on loopback that says what it is told to say. */
async function serve(t: TestContext, greeting: string, says: Says = kind): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    let content = false
    let text = ''
    socket.on('error', () => {})
    socket.write(`${greeting}\r\n`)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
        const line = text.slice(0, end)
        text = text.slice(end + 2)
        if (content && line !== '.') continue
        const command = content ? '.' : line
        const reply = says(command, (late) => {
          content = command === 'DATA' && late.startsWith('354')
          socket.write(`${late}\r\n`)
        })
        if (reply === 'silence') continue
        content = command === 'DATA' && reply.startsWith('354')
        if (reply === 'hangUp') socket.destroy()
        else socket.write(`${reply}\r\n`)
      }
    })
  })
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const bound = server.address()
  assert.ok(bound !== null && typeof bound !== 'string')
  return bound.port
}

const zone: Zone = {
  'south.example': { MX: ['10 first.south.example', '20 second.south.example'] },
  'first.south.example': { A: ['203.0.113.20'] },
  'second.south.example': { A: ['203.0.113.21'] },
}

const nothingMore = (): Promise<readonly QueueItem[]> => Promise.resolve([])

/** Runs a batch and gathers what it settles. */
async function run(
  world: TestWorld,
  batch: Pick<Batch, 'destination' | 'items'> & Partial<Pick<Batch, 'more' | 'arrive' | 'begin'>>,
  ending = new Ending(),
): Promise<BatchOutcome> {
  const settlements: Settlement[] = []
  const settle = async (some: Settling): Promise<void> => {
    settlements.push(...some.settlements)
  }
  const { more = nothingMore, arrive = (): boolean => true, begin = (): boolean => true } = batch
  const whole: Batch = { ...batch, owner: 'me', ending, arrive, begin, settle, more }
  const report = await delivererIn(world).deliver(whole)
  return { ...report, settlements: [...settlements, ...report.settlements] }
}

/** Delivers to servers at these ports; an absent one refuses connections. */
function deliver(
  ports: Readonly<Record<string, number>>,
  items: readonly QueueItem[] = [testItem()],
  changes: Partial<TestWorld> = {},
  more: Batch['more'] = nothingMore,
): Promise<BatchOutcome> {
  const dialer: Dialer = {
    dial({ ip, timeoutMs }) {
      const port = ports[ip]
      if (port !== undefined) return dialTcp('127.0.0.1', port, timeoutMs)
      return Promise.resolve({ type: 'failed', reason: 'refused', text: 'connection refused' })
    },
    realPlace: () => undefined,
  }
  const world = {
    ...testWorld(),
    resolver: new MemoryResolver(zone),
    dialer,
    clock: systemClock,
    ...changes,
  }
  return run(world, { destination: 'south.example', items, more })
}

const [first, second] = ['203.0.113.20', '203.0.113.21'] as const

function outcomes({ settlements }: BatchOutcome): readonly string[] {
  return settlements.map(({ outcome }) => outcome.type)
}

test('a letter is delivered to the first exchange, and its destination answers', async (t) => {
  const port = await serve(t, '220 first')
  const report = await deliver({ [first]: port })
  assert.deepEqual(outcomes(report), ['delivered'])
  assert.equal(report.reachable, 'yes')
})

test('when the first exchange is down, the second one takes it', async (t) => {
  const report = await deliver({ [second]: await serve(t, '220 second') })
  assert.deepEqual(outcomes(report), ['delivered'])
  assert.equal(report.reachable, 'yes')
})

test('beside an address that is silent the other family is dialled, and nothing is said twice', async (t) => {
  const port = await serve(t, '220 first')
  const dialled: string[] = []
  const dialer: Dialer = {
    dial({ ip, timeoutMs }) {
      dialled.push(ip)
      if (ip === first) return dialTcp('127.0.0.1', port, timeoutMs)
      return new Promise(() => {})
    },
    realPlace: () => undefined,
  }
  const clock: Clock = {
    now: () => systemClock.now(),
    monotonicMs: () => systemClock.monotonicMs(),
    // The head start is over at once.
    setTimer: (ms, fn) => systemClock.setTimer(ms === headStartMs ? 0 : ms, fn),
  }
  const both: Zone = {
    'south.example': { MX: ['10 mx.south.example'] },
    'mx.south.example': { A: [first], AAAA: ['2001:db8::20'] },
  }
  // Which family is first is chance: where it is the one that answers, nobody else is dialled.
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    dialled.length = 0
    const random = seededRandom(seed)
    const world = { dialer, clock, random, resolver: new MemoryResolver(both) }
    const report = await deliver({}, fifty(), world)
    assert.deepEqual(new Set(outcomes(report)), new Set(['delivered']))
    assert.equal(dialled.at(-1), first)
    assert.ok(dialled.length <= 2)
    const steps = report.settlements[0]?.steps ?? ''
    assert.equal(steps.includes('no answer before that of'), dialled.length === 2)
  }
})

test('an item whose envelope no command can carry fails at once, and keeps no other', async (t) => {
  const port = await serve(t, '220 first')
  const items = [
    testItem({ id: 'q1', recipient: 'a b@south.example' }),
    testItem({ id: 'q2' }),
    testItem({ id: 'q3', messageId: 'm3', reversePath: 'SRS0=a=b=c="jo w"@north.example' }),
  ]
  const { settlements } = await deliver({ [first]: port }, items)
  const told = settlements.map(({ queueId, outcome }) => `${queueId} ${outcome.type}`)
  assert.deepEqual(told.sort(), ['q1 failed', 'q2 delivered', 'q3 failed'])
  const failed = settlements.find(({ queueId }) => queueId === 'q3')
  assert.match(failed?.summary ?? '', /envelope of the message cannot be written/)
})

test('where its site has no room, nothing is begun', async () => {
  const asked: string[] = []
  const world = { ...testWorld(), resolver: new MemoryResolver(zone) }
  const arrive = (site: string): boolean => {
    asked.push(site)
    return false
  }
  const begin = (): boolean => assert.fail('begun')
  const batch = { destination: 'south.example', items: [testItem()], arrive, begin }
  assert.deepEqual(await run(world, batch), { settlements: [], reachable: 'unknown' })
  assert.deepEqual(asked, ['first.south.example second.south.example'])
})

test('a destination none of whose servers is there is not reachable, with the last reason', async () => {
  const report = await deliver({})
  assert.deepEqual(outcomes(report), ['deferred'])
  assert.equal(report.reachable, 'no')
  assert.match(report.problem ?? '', /^second\.south\.example .* connection refused/)
})

test('a server that greets with 4xx or 5xx has answered', async (t) => {
  for (const [greeting, outcome] of [
    ['421 busy', 'deferred'],
    ['554 go away', 'failed'],
  ] as const) {
    const port = await serve(t, greeting)
    const report = await deliver({ [first]: port, [second]: port })
    assert.deepEqual(outcomes(report), [outcome])
    assert.equal(report.reachable, 'yes')
  }
})

test('a server that answered counts, though the next one is silent', async (t) => {
  const breaks: Says = (command) => (command.startsWith('MAIL') ? 'hangUp' : '250 ok')
  for (const port of [await serve(t, '220 first', breaks), await serve(t, '421 busy')]) {
    const report = await deliver({ [first]: port })
    assert.deepEqual(outcomes(report), ['deferred'])
    assert.equal(report.reachable, 'yes')
  }
})

test('a server that answered counts for all, though only some letters were taken', async (t) => {
  let letters = 0
  const onlyOne: Says = (command) => {
    if (command.startsWith('MAIL') && ++letters > 1) return 'hangUp'
    return kind(command, () => {})
  }
  const items = [testItem(), testItem({ id: 'q2', messageId: 'm2', journeyId: 'j2' })]
  const report = await deliver({ [first]: await serve(t, '220 first', onlyOne) }, items)
  assert.deepEqual(outcomes(report), ['delivered', 'deferred'])
  assert.equal(report.reachable, 'yes')
})

test('without a way there nothing is known of the destination', async () => {
  const world = { ...testWorld(), resolver: new MemoryResolver({ 'x.example': { MX: ['0 .'] } }) }
  const items = [testItem({ destination: 'x.example' })]
  const report = await run(world, { destination: 'x.example', items })
  assert.deepEqual(outcomes(report), ['failed'])
  assert.equal(report.reachable, 'unknown')
})

/** Fifty letters for one destination. */
function fifty(): readonly QueueItem[] {
  return Array.from({ length: 50 }, (_, n) =>
    testItem({ id: `q${n}`, messageId: `m${n}`, journeyId: `j${n}` }),
  )
}

/** What a server does that takes `count` letters on each connection, counted by its `DATA`. */
function takes(count: number, then: string): { readonly says: Says; taken: number } {
  let here = 0
  const server = {
    taken: 0,
    says: (command: string): string => {
      if (command.startsWith('EHLO')) here = 0
      if (here >= count) return then
      if (command === '.') {
        here++
        server.taken++
      }
      return kind(command, () => {})
    },
  }
  return server
}

for (const [what, then] of [
  ['says 421', '421 one letter a connection'],
  ['hangs up', 'hangUp'],
] as const) {
  test(`a server that takes one letter and then ${what} gets all over new connections`, async (t) => {
    const server = takes(1, then)
    const report = await deliver({ [first]: await serve(t, '220 first', server.says) }, fifty())
    assert.deepEqual(new Set(outcomes(report)), new Set(['delivered']))
    assert.equal(server.taken, 50)
    // Each journey tells of its own connection, not of those before.
    for (const { steps } of report.settlements) assert.equal(dials(steps), 1)
  })
}

for (const [where, answer] of [
  ['DATA', '451 4.4.5 Maximum number of messages per session exceeded'],
  ['MAIL', '452 4.5.3 enough'],
] as const) {
  test(`a server that takes three letters and says ${answer} to ${where} gets all over new connections`, async (t) => {
    let [here, connections, taken] = [0, 0, 0]
    const says: Says = (command) => {
      if (command.startsWith('EHLO')) [here, connections] = [0, connections + 1]
      if (command === '.') [here, taken] = [here + 1, taken + 1]
      return here >= 3 && command.startsWith(where) ? answer : kind(command, () => {})
    }
    const letters = fifty().slice(0, 8)
    const report = await deliver({ [first]: await serve(t, '220 first', says) }, letters)
    assert.deepEqual(outcomes(report), Array(8).fill('delivered'))
    assert.deepEqual([taken, connections], [8, 3])
    for (const { steps } of report.settlements) assert.equal(dials(steps), 1)
  })
}

test('a letter that is put off over a connection of its own is put off, and the others go on', async (t) => {
  let [connections, letter] = [0, '']
  const tries = new Map<string, number>()
  const says: Says = (command) => {
    if (command.startsWith('EHLO')) connections++
    if (command.startsWith('RCPT')) letter = command
    if (command !== 'DATA' || !letter.includes('bad')) return kind(command, () => {})
    tries.set(letter, (tries.get(letter) ?? 0) + 1)
    return '451 4.3.0 not this one'
  }
  const letters = fifty()
    .slice(0, 6)
    .map((item, n) => ({ ...item, recipient: `${n % 3 === 2 ? 'bad' : 'p'}${n}@south.example` }))
  const report = await deliver({ [first]: await serve(t, '220 first', says) }, letters)
  assert.deepEqual(outcomes(report).toSorted(), [
    ...Array(2).fill('deferred'),
    ...Array(4).fill('delivered'),
  ])
  // Once over the connection that took others before it, once over a new one.
  assert.deepEqual([...tries.values()], [2, 2])
  assert.equal(connections, 3)
})

test('where none was taken before it, and at RCPT, the answer counts at once', async (t) => {
  for (const where of ['MAIL', 'RCPT', 'DATA']) {
    let [connections, taken] = [0, 0]
    const says: Says = (command) => {
      if (command.startsWith('EHLO')) connections++
      if (command === '.') taken++
      const putOff = command.startsWith(where) && (where !== 'RCPT' || taken > 0)
      return putOff ? '451 4.7.1 not yet' : kind(command, () => {})
    }
    const letters = fifty().slice(0, 3)
    const report = await deliver({ [first]: await serve(t, '220 first', says) }, letters)
    assert.equal(
      outcomes(report).filter((one) => one === 'deferred').length,
      where === 'RCPT' ? 2 : 3,
    )
    assert.equal(connections, 1, where)
  }
})

test('of a letter to two the one that was refused by name is not asked for again', async (t) => {
  let [here, no] = [0, 0]
  const says: Says = (command) => {
    if (command.startsWith('EHLO')) here = 0
    if (command === '.') here++
    if (command.startsWith('RCPT TO:<no@')) {
      no++
      return '550 5.1.1 nobody'
    }
    return command === 'DATA' && here > 0 ? '451 4.4.5 enough' : kind(command, () => {})
  }
  const [one, ...others] = fifty()
  assert.ok(one !== undefined && others[0] !== undefined)
  const two = ['no@south.example', 'yes@south.example'].map((recipient, n) => {
    return { ...others[0], ...testItem({ id: `t${n}`, recipient, messageId: 'm9' }) }
  })
  const report = await deliver({ [first]: await serve(t, '220 first', says) }, [one, ...two])
  assert.deepEqual(
    report.settlements.map(({ queueId, outcome }) => `${queueId} ${outcome.type}`).toSorted(),
    ['q0 delivered', 't0 failed', 't1 delivered'],
  )
  assert.equal(no, 1)
})

test('letters that come while a connection is there go over it', async (t) => {
  const server = takes(50, 'hangUp')
  const [begun, ...later] = fifty()
  const portions = [later.slice(0, 9), later.slice(9, 10)]
  const more = (): Promise<readonly QueueItem[]> => Promise.resolve(portions.shift() ?? [])
  let greetings = 0
  const says: Says = (command, connection) => {
    if (command.startsWith('EHLO')) greetings++
    return server.says(command, connection)
  }
  const items = begun === undefined ? [] : [begun]
  const report = await deliver({ [first]: await serve(t, '220 first', says) }, items, {}, more)
  assert.deepEqual(outcomes(report), Array(11).fill('delivered'))
  assert.equal(greetings, 1)
})

test('letters that come when the connection has ended go over a new one', async (t) => {
  const server = takes(1, 'hangUp')
  const [begun, next] = fifty()
  const portions = [next === undefined ? [] : [next]]
  const more = (): Promise<readonly QueueItem[]> => Promise.resolve(portions.shift() ?? [])
  const items = begun === undefined ? [] : [begun]
  const ports = { [first]: await serve(t, '220 first', server.says) }
  const report = await deliver(ports, items, {}, more)
  // Whether the end of the connection was seen before or behind the question decides who sends it.
  assert.equal(outcomes(report).length + portions.length, 2)
  assert.deepEqual(new Set(outcomes(report)), new Set(['delivered']))
})

function dials(steps: string): number {
  return steps.split('"type":"dial"').length - 1
}

test('an outage of our own DNS is no reason to wait longer each time', async () => {
  const at = async (reason: 'no-resolver' | 'timeout' | 'servfail'): Promise<number> => {
    const world = {
      ...testWorld({ retryAt: ({ attempts }, now) => now + (attempts + 1) * minuteMs }),
      resolver: { resolve: () => Promise.resolve({ type: 'failed', reason } as const) },
    }
    const items = [testItem({ attempts: 7, destination: 'x.example' })]
    const { settlements } = await run(world, { destination: 'x.example', items })
    const outcome = settlements[0]?.outcome
    assert.ok(outcome?.type === 'deferred')
    return (outcome.nextAttemptAt - start) / minuteMs
  }
  assert.equal(await at('no-resolver'), 1)
  assert.equal(await at('timeout'), 8)
  assert.equal(await at('servfail'), 8)
})

test('a server with little room gets the others in transactions of that size, over one connection', async (t) => {
  const people = Array.from({ length: 5 }, (_, i) => {
    return testItem({ id: `q${i}`, recipient: `p${i}@south.example` })
  })
  for (const [most, sizes] of [
    [1, [1, 1, 1, 1, 1]],
    [2, [2, 2, 1]],
    [3, [3, 2]],
  ] as const) {
    const taken: number[] = []
    let named = 0
    const says: Says = (command) => {
      if (command.startsWith('MAIL')) named = 0
      if (command.startsWith('RCPT') && ++named > most) return '452 4.5.3 too many'
      if (command === '.') taken.push(Math.min(named, most))
      return kind(command, () => {})
    }
    const report = await deliver({ [first]: await serve(t, '220 one', says) }, people)
    assert.deepEqual(taken, sizes)
    assert.deepEqual(
      outcomes(report),
      Array.from(people, () => 'delivered'),
    )
    // The way is told once for each transaction, and each dialogue once.
    const told = report.settlements.map(({ steps }) => steps).join('')
    assert.equal(dials(told), sizes.length)
    assert.equal(told.split('RCPT TO:').length - 1, people.length + people.length - most)
  }
})

test('what several recipients of a letter heard of two exchanges is written down once', async (t) => {
  const people = ['a', 'b', 'c'].map((name) => {
    return testItem({ id: name, recipient: `${name}@south.example` })
  })
  const busy: Says = (command) => (command.startsWith('RCPT') ? '421 busy' : '250 ok')
  const no: Says = (command) =>
    command.startsWith('RCPT') ? '550 nobody' : kind(command, () => {})
  for (const [says, kinds] of [
    [kind, ['delivered', 'delivered', 'delivered']],
    [no, ['failed', 'failed', 'failed']],
  ] as const) {
    const ports = {
      [first]: await serve(t, '220 one', busy),
      [second]: await serve(t, '220 two', says),
    }
    const report = await deliver(ports, people)
    assert.deepEqual(outcomes(report), kinds)
    const told = report.settlements.map(({ steps }) => steps).join('')
    assert.equal(told.split('220 one').length - 1, 1)
    assert.equal(told.split('220 two').length - 1, 1)
  }
})

test('what one exchange lacks another has, and a refusal to talk says less than that', async (t) => {
  const letters = [testItem({ eightBit: true })]
  // What is signed must not be converted.
  const signed = 'Content-Type: multipart/signed; boundary=x\r\n\r\n--x\r\n\r\né\r\n--x--\r\n'
  const changes = { openMessage: () => Promise.resolve(openText(signed)) }
  const plain = await serve(t, '220 plain')
  const able: Says = (command) =>
    command.startsWith('EHLO') ? '250-two\r\n250 8BITMIME' : kind(command, () => {})
  const ports = { [first]: plain, [second]: await serve(t, '220 two', able) }
  const both = await deliver(ports, letters, changes)
  assert.deepEqual(outcomes(both), ['delivered'])
  for (const greeting of ['421 busy', '554 no']) {
    const busy = { [first]: plain, [second]: await serve(t, greeting) }
    const report = await deliver(busy, letters, changes)
    assert.deepEqual(outcomes(report), ['failed'])
    assert.match(report.settlements[0]?.steps ?? '', /does not offer 8BITMIME/)
  }
})

test('a server that hangs up as soon as it has answered gets all over new connections', async (t) => {
  // The end of the connection is there before the next letter is begun.
  const sockets = new Set<Socket>()
  let taken = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.write('220 one\r\n')
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (text.endsWith('\r\n.\r\n')) {
        taken++
        socket.end('250 taken\r\n421 enough\r\n')
      } else if (text.endsWith('\r\n')) {
        socket.write(text.endsWith('DATA\r\n') ? '354 go on\r\n' : '250 ok\r\n')
      }
    })
  })
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const bound = server.address()
  assert.ok(bound !== null && typeof bound !== 'string')
  const report = await deliver({ [first]: bound.port }, fifty())
  assert.deepEqual(new Set(outcomes(report)), new Set(['delivered']))
  assert.equal(taken, 50)
})

/** Offers what it is told to offer, and says so of the first EHLO line. */
const offering = (keywords: readonly string[], says: Says): Says => {
  return (command, write) =>
    command.startsWith('EHLO')
      ? [
          '250-mx',
          ...keywords.map((one, index) => {
            return `250${index === keywords.length - 1 ? ' ' : '-'}${one}`
          }),
        ].join('\r\n')
      : says(command, write)
}

test('a server that offers CHUNKING and knows no BDAT gets all by DATA, over new connections', async (t) => {
  const heard: string[] = []
  const says: Says = (command) => {
    heard.push(command)
    if (/^(?:MAIL|RCPT|RSET|QUIT|\.)/.test(command)) return '250 ok'
    return command === 'DATA' ? '354 go on' : '502 5.5.1 What is that?'
  }
  const port = await serve(t, '220 mx', offering(['PIPELINING', 'CHUNKING'], says))
  const report = await deliver({ [first]: port }, fifty())
  assert.deepEqual(new Set(outcomes(report)), new Set(['delivered']))
  assert.equal(heard.filter((line) => line.startsWith('BDAT')).length, 1, 'it is asked once')
  assert.equal(heard.filter((line) => line === '.').length, 50)
})

for (const [whom, answer] of [
  ['nobody', '550 5.1.1 unknown'],
  ['somebody', '250 ok'],
] as const) {
  test(`what stands in a letter is no command to a server that takes ${whom} and reads no chunk`, async (t) => {
    const heard: string[] = []
    const says: Says = (command) => {
      heard.push(command)
      if (command.startsWith('RCPT')) return answer
      if (/^(?:MAIL|RSET|QUIT|\.)/.test(command)) return '250 ok'
      return command === 'DATA' ? '354 go on' : '502 5.5.1 What is that?'
    }
    const inside = 'MAIL FROM:<boss@south.example>\r\nRCPT TO:<victim@south.example>\r\nDATA\r\n'
    const port = await serve(t, '220 mx', offering(['PIPELINING', 'CHUNKING'], says))
    const openMessage: TestWorld['openMessage'] = async () => openText(`${inside}${letter}`)
    await deliver({ [first]: port }, [testItem()], { openMessage })
    assert.deepEqual(
      heard.filter((line) => /boss|victim/.test(line)),
      [],
    )
  })
}

test('the lost answer to a letter by BDAT leaves it waiting, and the next ones go by DATA', async (t) => {
  const heard: string[] = []
  const says: Says = (command) => {
    heard.push(command)
    if (command === 'BDAT 1') return '250 one'
    // What was in the first chunk stands before it: this server reads lines.
    if (command.endsWith(' LAST')) return 'hangUp'
    return kind(command, () => {})
  }
  const port = await serve(t, '220 mx', offering(['CHUNKING'], says))
  const report = await deliver({ [first]: port }, fifty())
  assert.equal(outcomes(report).filter((one) => one === 'deferred').length, 1)
  assert.equal(outcomes(report).filter((one) => one === 'delivered').length, 49)
  assert.equal(heard.filter((line) => line.endsWith(' LAST')).length, 1)
})

test('a server that hangs up at the first chunk gets all by DATA, and nothing waits', async (t) => {
  const heard: string[] = []
  const says: Says = (command) => {
    heard.push(command)
    return command.startsWith('BDAT') ? 'hangUp' : kind(command, () => {})
  }
  const port = await serve(t, '220 mx', offering(['CHUNKING'], says))
  const report = await deliver({ [first]: port }, fifty())
  assert.deepEqual(new Set(outcomes(report)), new Set(['delivered']))
  assert.deepEqual(
    heard.filter((line) => line.startsWith('BDAT')),
    ['BDAT 1'],
  )
})

test('a server that says 421 to the first letter is not asked again for the others', async (t) => {
  let connections = 0
  const says: Says = (command) => {
    if (command.startsWith('EHLO')) connections++
    return command.startsWith('MAIL') ? '421 too busy' : '250 ok'
  }
  const report = await deliver({ [first]: await serve(t, '220 first', says) }, fifty())
  assert.deepEqual(new Set(outcomes(report)), new Set(['deferred']))
  assert.equal(report.settlements.length, 50)
  assert.equal(connections, 1)
})

test('a letter over which the connection breaks does not keep the others', async (t) => {
  let begun = 0
  const says: Says = (command) => {
    if (command.startsWith('MAIL') && ++begun === 1) return 'hangUp'
    return kind(command, () => {})
  }
  const report = await deliver({ [first]: await serve(t, '220 first', says) }, fifty())
  const kinds = outcomes(report)
  assert.equal(kinds.filter((one) => one === 'delivered').length, 49)
  assert.equal(kinds.filter((one) => one === 'deferred').length, 1)
})

test('a server that breaks off each time is given up after two connections', async (t) => {
  let connections = 0
  const says: Says = (command) => {
    if (command.startsWith('EHLO')) connections++
    return command.startsWith('MAIL') ? 'hangUp' : '250 ok'
  }
  const port = await serve(t, '220 first', says)
  const report = await deliver({ [first]: port }, fifty())
  assert.deepEqual(new Set(outcomes(report)), new Set(['deferred']))
  assert.equal(report.settlements.length, 50)
  assert.equal(connections, 2)
})

test('what the first exchange does not hear goes on to the second, and is delivered there', async (t) => {
  for (const word of ['hangUp', '421 busy']) {
    const says: Says = (command) => (command.startsWith('MAIL') ? word : '250 ok')
    const other = takes(50, '421 never')
    const report = await deliver(
      { [first]: await serve(t, '220 one', says), [second]: await serve(t, '220 two', other.says) },
      fifty(),
    )
    assert.deepEqual(new Set(outcomes(report)), new Set(['delivered']))
    assert.equal(other.taken, 50)
  }
})

test('a letter that was sent whole and not answered is not sent to the second exchange', async (t) => {
  for (const answer of ['hangUp', 'no code at all', '354 what?']) {
    const says: Says = (command) => (command === '.' ? answer : kind(command, () => {}))
    const other = takes(50, '421 never')
    const report = await deliver({
      [first]: await serve(t, '220 one', says),
      [second]: await serve(t, '220 two', other.says),
    })
    assert.deepEqual(outcomes(report), ['deferred'])
    assert.equal(other.taken, 0, answer)
  }
})

test('a refusal to talk by one exchange does not end a letter that the other put off', async (t) => {
  const hangsUp: Says = (command) =>
    command.startsWith('RCPT') ? 'hangUp' : kind(command, () => {})
  const putOff = [undefined, await serve(t, '421 busy'), await serve(t, '220 one', hangsUp)]
  const refuses = await serve(t, '554 no mail here')
  for (const port of putOff) {
    const one = port === undefined ? {} : { [first]: port }
    const report = await deliver({ ...one, [second]: refuses })
    assert.deepEqual(outcomes(report), ['deferred'])
    // The record has the words of both.
    assert.match(report.settlements[0]?.steps ?? '', /no mail here/)
    const other = port === undefined ? {} : { [second]: port }
    assert.deepEqual(outcomes(await deliver({ ...other, [first]: refuses })), ['deferred'])
  }
  assert.deepEqual(outcomes(await deliver({ [first]: refuses, [second]: refuses })), ['failed'])
})

test('an answer about the letter from the second exchange counts, whatever the first did', async (t) => {
  const no: Says = (command) =>
    command.startsWith('RCPT') ? '550 5.1.1 nobody' : kind(command, () => {})
  const report = await deliver({
    [first]: await serve(t, '421 busy'),
    [second]: await serve(t, '220 two', no),
  })
  assert.deepEqual(outcomes(report), ['failed'])
})

test('each letter is settled before the one after the next is sent', async (t) => {
  let taken = 0
  const says: Says = (command) => {
    if (command === '.') taken++
    return kind(command, () => {})
  }
  const port = await serve(t, '220 first', says)
  const dialer: Dialer = {
    dial: ({ timeoutMs }) => dialTcp('127.0.0.1', port, timeoutMs),
    realPlace: () => undefined,
  }
  const world = { ...testWorld(), resolver: new MemoryResolver(zone), dialer, clock: systemClock }
  const items = fifty().slice(0, 6)
  const settled: string[] = []
  const delivering = delivererIn(world).deliver({
    destination: 'south.example',
    items,
    owner: 'me',
    ending: new Ending(),
    arrive: () => true,
    begin: () => true,
    more: nothingMore,
    settle: ({ settlements }) => {
      settled.push(...settlements.map(({ queueId }) => queueId))
      assert.ok(taken - settled.length <= 1, 'a kill now would repeat more than two letters')
      return new Promise((resolve) => setImmediate(resolve))
    },
  })
  await delivering
  assert.deepEqual(
    settled,
    items.map(({ id }) => id),
  )
})

test('letters that are withdrawn while others are sent do not go out, and their recipients alone', async (t) => {
  const heard: string[] = []
  const withdrawn = new Set<string>()
  const begun: string[] = []
  const says: Says = (command) => {
    heard.push(command)
    if (command === '.')
      for (const { id } of [...items.slice(2, 4), ...toTwo.slice(1)]) withdrawn.add(id)
    return kind(command, () => {})
  }
  const items = fifty().slice(0, 6)
  const toTwo = ['bob', 'eve'].map((name) => {
    return testItem({ id: `two-${name}`, messageId: 'two', recipient: `${name}@south.example` })
  })
  const port = await serve(t, '220 ready', says)
  const dialer: Dialer = {
    dial: ({ timeoutMs }) => dialTcp('127.0.0.1', port, timeoutMs),
    realPlace: () => undefined,
  }
  const world = { ...testWorld(), resolver: new MemoryResolver(zone), dialer, clock: systemClock }
  const begin = (id: string): boolean => {
    if (!withdrawn.has(id)) begun.push(id)
    return !withdrawn.has(id)
  }
  const all = [...items, ...toTwo]
  const { settlements } = await run(world, { destination: 'south.example', items: all, begin })
  const sent = all.filter((item) => ![...items.slice(2, 4), ...toTwo.slice(1)].includes(item))
  const expected = sent.map(({ id }) => id)
  assert.deepEqual(
    settlements.map(({ queueId }) => queueId),
    expected,
  )
  assert.deepEqual(begun, expected)
  assert.equal(heard.filter((line) => line === '.').length, 5)
  assert.equal(heard.filter((line) => line.startsWith('RCPT')).length, 5)
})

test('what was withdrawn is not settled where no way leads, nor where nobody can be reached', async () => {
  const items = [testItem({ id: 'kept' }), testItem({ id: 'gone', messageId: 'm9' })]
  const begin = (id: string): boolean => id === 'kept'
  const dialer: Dialer = {
    dial: () => Promise.resolve({ type: 'failed', reason: 'refused', text: 'connection refused' }),
    realPlace: () => undefined,
  }
  for (const destination of ['south.example', 'nowhere.example']) {
    const world = { ...testWorld(), resolver: new MemoryResolver(zone), dialer, clock: systemClock }
    const { settlements } = await run(world, { destination, items, begin })
    assert.deepEqual(
      settlements.map(({ queueId }) => queueId),
      ['kept'],
      destination,
    )
  }
})

test('a stored message that ends before its end does not go out, and the others do', async (t) => {
  const heard: string[] = []
  let taken = 0
  const says: Says = (command) => {
    heard.push(command)
    if (command === '.') taken++
    return kind(command, () => {})
  }
  const port = await serve(t, '220 first', says)
  const whole = openText(letter)
  async function* half(): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode(letter.slice(0, 40))
  }
  async function* breaks(): AsyncGenerator<Uint8Array> {
    yield* half()
    throw new Error('EIO')
  }
  // It throws as a store that has broken does.
  // oxlint-disable-next-line require-await
  const openMessage: TestWorld['openMessage'] = async (id) => {
    if (id === 'm0') return { ...whole, chunks: half }
    if (id === 'm1') return { ...whole, chunks: breaks }
    if (id === 'm2') return undefined
    if (id === 'm3') throw new Error('the database is gone')
    return whole
  }
  const report = await deliver({ [first]: port }, fifty().slice(0, 6), { openMessage })
  assert.equal(taken, 2)
  assert.deepEqual(
    report.settlements.map(({ queueId, outcome }) => [queueId, outcome.type]),
    [
      ['q0', 'deferred'],
      ['q1', 'deferred'],
      ['q2', 'deferred'],
      ['q3', 'deferred'],
      ['q4', 'delivered'],
      ['q5', 'delivered'],
    ],
  )
  assert.match(report.settlements[0]?.summary ?? '', /could not be read to its end/)
  assert.equal(heard.filter((line) => line === 'DATA').length, 4)
})

test('a dial is given up after 30 seconds', async () => {
  let asked: number | undefined
  const dialer: Dialer = {
    dial({ timeoutMs }) {
      asked = timeoutMs
      return Promise.resolve({ type: 'failed', reason: 'timeout', text: 'no answer' })
    },
    realPlace: () => undefined,
  }
  await deliver({}, [testItem()], { dialer })
  assert.equal(asked, 30_000)
})

/** A letter whose server is silent at a command, until it is told to speak. */
async function silentAt(
  t: TestContext,
  command: string,
): Promise<{
  readonly ending: Ending
  readonly logged: readonly LogLine[]
  readonly report: Promise<BatchOutcome>
  readonly heard: Promise<void>
  readonly speak: (reply: string) => void
}> {
  const heard = Promise.withResolvers<void>()
  let speak = (_reply: string): void => {}
  const port = await serve(t, '220 first', (said, write) => {
    if (said !== command) return kind(said, write)
    speak = write
    heard.resolve()
    return 'silence'
  })
  const logged: LogLine[] = []
  const ending = new Ending()
  const dialer: Dialer = {
    dial: ({ timeoutMs }) => dialTcp('127.0.0.1', port, timeoutMs),
    realPlace: () => undefined,
  }
  const world = {
    ...testWorld(),
    resolver: new MemoryResolver(zone),
    dialer,
    clock: systemClock,
    log: (line: LogLine) => logged.push(line),
  }
  const items = fifty().slice(0, 2)
  const report = run(world, { destination: 'south.example', items }, ending)
  return { ending, logged, report, heard: heard.promise, speak: (reply) => speak(reply) }
}

test('who is asked to begin nothing finishes the letter under way, and leaves the others', async (t) => {
  const { ending, report, heard, speak, logged } = await silentAt(t, 'DATA')
  await heard
  ending.ask('begin-nothing', 'the sun went down')
  speak('354 go on')
  const { settlements } = await report
  assert.deepEqual(
    settlements.map(({ queueId, outcome }) => [queueId, outcome.type]),
    [['q0', 'delivered']],
  )
  assert.deepEqual(
    logged.filter(({ event }) => event === 'stopping'),
    [],
  )
})

test('who is asked to break off ends a letter that is not sent whole, and says why', async (t) => {
  const { ending, report, heard } = await silentAt(t, 'DATA')
  await heard
  ending.ask('wait-for-answer', 'the sun went down')
  const { settlements } = await report
  assert.equal(settlements.length, 1)
  assert.match(settlements[0]?.summary ?? '', /ended, because the sun went down/)
})

test('who is asked to break off waits for the answer to a letter that is sent whole', async (t) => {
  const { ending, report, heard, speak, logged } = await silentAt(t, '.')
  await heard
  ending.ask('wait-for-answer', 'the sun went down')
  const [line, ...more] = logged.filter(({ event }) => event === 'stopping')
  assert.ok(line !== undefined && more.length === 0)
  assert.deepEqual(
    [line.fields['id'], line.fields['why'], line.fields['at_most_seconds']],
    ['j0', 'the sun went down', 600],
  )
  speak('250 taken')
  const { settlements } = await report
  assert.deepEqual(
    settlements.map(({ outcome }) => outcome.type),
    ['delivered'],
  )
})

test('who is asked to end at once waits for nothing, and says that the server may have it', async (t) => {
  const { ending, report, heard } = await silentAt(t, '.')
  await heard
  ending.ask('at-once', 'the house is on fire')
  const { settlements } = await report
  assert.match(settlements[0]?.summary ?? '', /because the house is on fire; the server may have/)
})

const listing = '554 5.7.1 Client host [203.0.113.1] blocked using zen.spamhaus.org'

test('one listing does not bounce a thousand letters: the others wait until the pause is over', async (t) => {
  const heard: string[] = []
  const says: Says = (command) => {
    heard.push(command)
    return command.startsWith('RCPT') ? listing : kind(command, () => {})
  }
  const port = await serve(t, '220 first', says)
  const logged: LogLine[] = []
  const log = (line: LogLine): void => void logged.push(line)
  const report = await deliver({ [first]: port }, fifty().slice(0, 4), { log })
  assert.deepEqual(outcomes(report), ['failed', 'deferred', 'deferred', 'deferred'])
  assert.equal(heard.filter((command) => command.startsWith('RCPT')).length, 1)
  assert.deepEqual([report.pause?.of, report.pause?.forMs], ['source', 60 * minuteMs])
  assert.match(report.pause?.because ?? '', /on a block list\. first\.south\.example said: 554/)
  const types = report.settlements.map(({ steps }) => {
    const all: readonly { readonly type: string }[] = JSON.parse(steps)
    return all.map(({ type }) => type).filter((type) => type !== 'route' && type !== 'dial')
  })
  assert.ok(types[0]?.includes('paused'), String(types[0]))
  assert.deepEqual(types.slice(1), [['put-off'], ['put-off'], ['put-off']])
  const untried = report.settlements.slice(1).map(({ outcome }) => {
    return outcome.type === 'deferred' ? outcome.attempted : undefined
  })
  assert.deepEqual(untried, [false, false, false])
  assert.deepEqual(
    logged.filter(({ event }) => event === 'paused').map(({ fields }) => fields['of']),
    ['source'],
  )
})

test('a greeting that is about us fails one letter for good and spares the others', async (t) => {
  const ports = { [first]: await serve(t, listing), [second]: await serve(t, listing) }
  const report = await deliver(ports, fifty().slice(0, 3))
  assert.deepEqual(outcomes(report).toSorted(), ['deferred', 'deferred', 'failed'])
  assert.equal(report.pause?.of, 'source')
})

test('who wants fewer letters now gets no more of the batch', async (t) => {
  let asked = 0
  const says: Says = (command) => {
    if (command.startsWith('RCPT') && ++asked > 1) return '451 4.7.1 Rate limit exceeded'
    return kind(command, () => {})
  }
  const port = await serve(t, '220 first', says)
  const report = await deliver({ [first]: port }, fifty().slice(0, 5))
  assert.deepEqual(outcomes(report), ['delivered', 'deferred', 'deferred', 'deferred', 'deferred'])
  assert.equal(asked, 2)
  assert.deepEqual([report.pause?.of, report.pause?.forMs], ['destination', 5 * minuteMs])
})

test('what is about a recipient or a letter pauses nothing', async (t) => {
  let asked = 0
  const said = ['550 5.1.1 No such user', '450 4.2.0 Greylisted', '552 5.2.2 Full', '250 ok']
  const says: Says = (command) => {
    return command.startsWith('RCPT') ? (said[asked++] ?? '250 ok') : kind(command, () => {})
  }
  const port = await serve(t, '220 first', says)
  const report = await deliver({ [first]: port }, fifty().slice(0, 5))
  assert.deepEqual(outcomes(report), ['failed', 'deferred', 'failed', 'delivered', 'delivered'])
  assert.equal(report.pause, undefined)
})
