import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchesHost } from './host-pattern.ts'

test('a pattern is a host, or stands for one label before its parent', () => {
  for (const [pattern, host, expected] of [
    ['mx.example.com', 'mx.example.com', true],
    ['mx.example.com', 'MX.Example.com.', true],
    ['mx.example.com', 'mx2.example.com', false],
    ['*.example.com', 'mx.example.com', true],
    ['*.example.com', 'a.mx.example.com', false],
    ['*.example.com', 'example.com', false],
    ['mx.*.com', 'mx.example.com', false],
    ['m*.example.com', 'mx.example.com', false],
    ['*', 'example', false],
    ['mx.xn--bcher-kva.example', 'mx.bücher.example', true],
    ['*.example.com', '.example.com', false],
    ['', '', false],
  ] as const) {
    assert.equal(matchesHost(pattern, host), expected, `${pattern} ${host}`)
  }
})
