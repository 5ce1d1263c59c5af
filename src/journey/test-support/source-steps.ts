import { type Candidate, chooseSource, type SourceFacts } from '../../source/choose-source.ts'
import type { StepData } from '../steps.ts'

const at = Date.parse('2026-12-05T12:00:00Z')
const grown: Candidate = {
  name: 'one',
  weight: 1,
  hostname: 'out1.example.org',
  ipv4: '192.0.2.1',
  sent: 43,
}
const one: Candidate = {
  ...grown,
  limit: { letters: 50, until: Date.parse('2026-12-06T00:00:00Z') },
}
const facts: SourceFacts = {
  pool: 'news',
  by: 'domain',
  home: 'one',
  site: 'mx.south.example',
  letters: 3,
  families: [4, 6],
  at,
  candidates: [one],
}
const full: Candidate = { ...one, sent: 50 }
const listed: Candidate = {
  name: 'two',
  weight: 1,
  hostname: 'out2.example.org',
  ipv4: '192.0.2.2',
  ipv6: '2001:db8::2',
  sent: 9,
  paused: { until: at + 1_800_000, because: 'mx.south.example said: 554 5.7.1 Listed.' },
}

function step(given: SourceFacts): StepData {
  return {
    type: 'source',
    destination: 'south.example',
    facts: given,
    choice: chooseSource(given),
  }
}

/** A source in its warm-up, one after another was passed over, and none at all. */
export const sourceSteps: readonly StepData[] = [
  step(facts),
  step({ ...facts, by: 'default', home: 'two', candidates: [listed, grown] }),
  step({ ...facts, by: 'account', candidates: [full, listed] }),
  {
    type: 'paused',
    of: 'source',
    source: 'two',
    destination: 'south.example',
    problem: 'mx.south.example said: 554 5.7.1 Listed.',
    until: at + 1_800_000,
  },
  {
    type: 'paused',
    of: 'source',
    source: 'one',
    destination: 'south.example',
    problem: 'mx.south.example said: 554 5.7.1 Listed.',
    until: at + 3_600_000,
    spared: {
      host: 'mx.south.example',
      ip: '192.0.2.25',
      conversation: [
        { from: 'client', text: 'MAIL FROM:<a@example.org>', at },
        { from: 'server', text: '554 5.7.1 Listed.', at },
      ],
    },
  },
]
