import { Table } from '../parts/table.tsx'
import { plainly } from '../parts/plain.ts'
import { Pill } from '../parts/verdict.tsx'
import type { Step } from '../types.ts'
import { Lines } from './lines.tsx'

type Fields = Readonly<Record<string, unknown>>

/** Fields that every step has, or that are told elsewhere on its card. */
const common = new Set([
  'id',
  'label',
  'side',
  'known',
  'question',
  'answer',
  'verdict',
  'result',
  'asked_for',
  'did',
  'started_at',
  'duration_ms',
  'evidence',
  'rules',
  'explain',
  'fix',
])

/** Fields that have a table of their own, and what repeats the evidence. */
const told = new Set([
  'terms',
  'lookups',
  'signatures',
  'walk',
  'considered',
  'conversation',
  'route',
  'record',
  'evaluation',
])

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function list(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : []
}

function text(value: unknown): string {
  if (value === null || value === undefined) return '–'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (isFields(value) && 'at_command' in value) return said(value)
  return typeof value === 'string' || typeof value === 'number'
    ? plainly(String(value))
    : plainly(JSON.stringify(value))
}

/** What a server said: `550 5.1.1 There is no such mailbox here.` */
function said(smtp: Fields): string {
  return [smtp['code'], smtp['enhanced'], smtp['text']].map(text).join(' ')
}

function others(step: Step): readonly (readonly [string, unknown])[] {
  return Object.entries(step).filter(([name, value]) => {
    if (common.has(name) || told.has(name) || value === null || value === '') return false
    return !(Array.isArray(value) && value.length === 0)
  })
}

export function hasDetails(step: Step): boolean {
  return others(step).length > 0 || Object.keys(step).some((name) => told.has(name))
}

/** What a step compared and weighed, in its protocol's own terms. */
export function Details({ step }: { readonly step: Step }) {
  const said = list(step['conversation'])
  return (
    <>
      <Terms step={step} />
      <Table
        caption="Signatures"
        heads={['Domain', 'Selector', 'Algorithm', 'Result', 'Body hash']}
        rows={list(step['signatures']).map((one) => {
          const body = isFields(one['body']) ? one['body'] : undefined
          const differs = body !== undefined && body['expected'] !== body['found']
          return [
            text(one['domain']),
            text(one['selector']),
            text(one['algorithm']),
            <Word key="word" word={text(one['result'])} />,
            differs
              ? `signed ${text(body['expected'])}, found ${text(body['found'])}`
              : 'as signed',
          ]
        })}
      />
      <Table
        caption="Where the policy was looked for"
        heads={['Name', 'Found', 'Record']}
        rows={list(step['walk']).map((one) => [
          <code key="name">{text(one['name'])}</code>,
          text(one['answer'] ?? one['failure']),
          text(one['text']),
        ])}
      />
      <Table
        caption="What was weighed"
        heads={['Evidence', 'Outcome', 'Because']}
        rows={list(step['considered']).map((one) => [
          text(one['evidence']),
          text(one['outcome']),
          text(one['because']),
        ])}
      />
      <Rest step={step} />
      {said.length === 0 ? null : (
        <section>
          <h3 class="minor">What was said</h3>
          <Lines
            lines={said.map((line) => ({ from: text(line['from']), text: text(line['text']) }))}
          />
        </section>
      )}
    </>
  )
}

function Rest({ step }: { readonly step: Step }) {
  const rest = others(step)
  if (rest.length === 0) return null
  return (
    <dl class="facts">
      {rest.map(([name, value]) => (
        <div key={name}>
          <dt>{name.replaceAll('_', ' ')}</dt>
          <dd>
            <code>{text(value)}</code>
          </dd>
        </div>
      ))}
    </dl>
  )
}

/** The record of SPF, term by term, with the look-ups that each took. */
function Terms({ step }: { readonly step: Step }) {
  const { used, limit } = isFields(step['lookups']) ? step['lookups'] : {}
  return (
    <Table
      caption={
        used === undefined ? 'The record' : `The record: ${text(used)} of ${text(limit)} look-ups`
      }
      heads={['Term', 'Outcome', 'Look-ups']}
      rows={list(step['terms']).map((one) => [
        <code key="term">{text(one['text'])}</code>,
        outcomes[text(one['outcome'])] ?? text(one['outcome']),
        text(one['lookups']),
      ])}
    />
  )
}

const outcomes: Readonly<Record<string, string>> = {
  match: 'match',
  noMatch: 'no match',
  notReached: 'not reached',
}

function Word({ word }: { readonly word: string }) {
  return <Pill tone={word === 'pass' ? 'pass' : word === 'fail' ? 'fail' : 'none'}>{word}</Pill>
}
