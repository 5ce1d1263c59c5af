import fc from 'fast-check'

/** A letter on which simple and relaxed canonicalization differ everywhere. */
export const unevenLetter: string = [
  'From: a@north.example',
  'To: b@south.example',
  'Subject: x  y',
  ' z',
  'Received: q',
  '',
  'Hello  there',
  ' \t',
  'line two ',
  '',
  '',
].join('\r\n')

/** A message with one octet changed, added or lost. */
export interface Mutation {
  readonly message: Buffer
  readonly how: 'change' | 'add' | 'lose'
  readonly at: number
  /** The octet that is there now, unless one was lost. */
  readonly octet: number
}

export function mutations(whole: Buffer): fc.Arbitrary<Mutation> {
  const how = fc.constantFrom('change' as const, 'add' as const, 'lose' as const)
  return fc.tuple(fc.nat(whole.length - 1), fc.nat(255), how).map(([at, octet, what]) => {
    const added = what === 'lose' ? [] : [octet]
    const behind = whole.subarray(what === 'add' ? at : at + 1)
    const message = Buffer.concat([whole.subarray(0, at), Buffer.from(added), behind])
    return { message, how: what, at, octet }
  })
}
