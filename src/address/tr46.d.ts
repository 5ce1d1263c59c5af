declare module 'tr46' {
  interface Options {
    readonly checkBidi?: boolean
    readonly checkHyphens?: boolean
    readonly checkJoiners?: boolean
    readonly useSTD3ASCIIRules?: boolean
    readonly verifyDNSLength?: boolean
    readonly transitionalProcessing?: boolean
  }
  const tr46: {
    toASCII(domain: string, options?: Options): string | null
    toUnicode(domain: string, options?: Options): { domain: string; error: boolean }
  }
  export default tr46
}
