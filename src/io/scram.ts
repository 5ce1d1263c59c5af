import { createHash, createHmac, pbkdf2 } from 'node:crypto'
import type { ScramProof, ScramWish } from '../sasl/mechanism.ts'

/** Hashes what SCRAM asks for, on a thread of the pool: thousands of rounds take a while. RFC 5802 §3. */
export async function scramProof(wish: ScramWish): Promise<ScramProof> {
  const { hash, password, salt, iterations, authMessage } = wish
  const length = hash === 'sha256' ? 32 : 20
  const salted = await new Promise<Uint8Array>((resolve, reject) => {
    pbkdf2(password, salt, iterations, length, hash, (problem, key) => {
      if (problem === null) resolve(key)
      else reject(problem)
    })
  })
  const mac = (key: Uint8Array, text: string): Uint8Array => {
    return createHmac(hash, key).update(text).digest()
  }
  const clientKey = mac(salted, 'Client Key')
  const storedKey = createHash(hash).update(clientKey).digest()
  const signature = mac(storedKey, authMessage)
  const clientProof = clientKey.map((octet, index) => octet ^ (signature[index] ?? 0))
  return { clientProof, serverSignature: mac(mac(salted, 'Server Key'), authMessage) }
}
