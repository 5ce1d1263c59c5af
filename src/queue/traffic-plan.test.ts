import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type DestinationRule,
  RuleBook,
  type SenderRule,
  senderRulesFor,
  type TrafficPlan,
} from './traffic-plan.ts'

function rule(name: string, changes: Partial<DestinationRule> = {}): DestinationRule {
  return { name, domains: [], servers: [], rates: [], ...changes }
}

const plan: TrafficPlan = {
  destinations: [
    rule('provider', { servers: ['*.provider.example', 'mx.other.example'] }),
    rule('all', { domains: ['*'] }),
    rule('named', { domains: ['one.example', '*.two.example'] }),
  ],
  senders: [],
}

const book = new RuleBook(plan)
const keyOf = (destination: string, site = destination): string | undefined => {
  return book.find(destination, site)?.key
}

test('who names the destination comes first, then who names a server, then who is for all others', () => {
  assert.equal(keyOf('one.example', 'mx1.provider.example'), 'named')
  assert.equal(keyOf('a.two.example'), 'named')
  assert.equal(keyOf('three.example', 'backup.example mx1.provider.example'), 'provider')
  assert.equal(keyOf('four.example', 'mx.other.example'), 'provider')
  assert.equal(new RuleBook({ destinations: [] }).find('one.example', 'x'), undefined)
})

test('all that a rule names share it; what is for all others is for each site alone', () => {
  assert.equal(keyOf('five.example', 'mx.five.example'), 'all mx.five.example')
  assert.notEqual(keyOf('five.example', 'mx.five.example'), keyOf('six.example', 'mx.six.example'))
})

test('a pattern is for what stands below it, and for whole labels', () => {
  assert.equal(keyOf('two.example'), 'all two.example')
  assert.equal(keyOf('nottwo.example'), 'all nottwo.example')
  assert.equal(keyOf('x.example', 'notprovider.example'), 'all notprovider.example')
})

test('a sender has all rules of its address, its domain and its login', () => {
  const of = (name: string, changes: Partial<SenderRule>): SenderRule => {
    return { name, addresses: [], accounts: [], rates: [], ...changes }
  }
  const senders = [
    of('address', { addresses: ['news@one.example'] }),
    of('domain', { addresses: ['one.example'] }),
    of('login', { accounts: ['anna@two.example'] }),
  ]
  const names = (reversePath: string, account?: string): readonly string[] => {
    const item = { reversePath, ...(account === undefined ? {} : { account }) }
    return senderRulesFor(senders, item).map(({ name }) => name)
  }
  assert.deepEqual(names('News@One.example'), ['address', 'domain'])
  assert.deepEqual(names('x@one.example', 'Anna@two.example'), ['domain', 'login'])
  assert.deepEqual(names('x@notone.example', 'anna@three.example'), [])
  assert.deepEqual(names(''), [])
})
