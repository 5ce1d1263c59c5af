import { parse } from '@babel/parser'

/** A small wrong change of one source file. */
export interface Mutant {
  readonly kind: MutantKind
  /** Counted from 1. */
  readonly line: number
  /** What is replaced: UTF-16 positions in the source, `end` exclusive. */
  readonly start: number
  readonly end: number
  readonly replacement: string
}

export type MutantKind =
  | 'negated condition'
  | 'moved limit'
  | 'other connective'
  | 'dropped statement'
  | 'swapped arguments'
  | 'early return'
  | 'constant return'

/** A node as the parser gives it; which fields it has hangs on `type`. */
interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly loc: { readonly start: { readonly line: number } }
  readonly [field: string]: unknown
}

/**
 * All small wrong changes of a TypeScript source that this tool knows, in the order of the text.
 * Types, imports, strings and the texts of errors stay as they are: a change there is either no
 * change of behaviour or one of words.
 */
export function mutantsOf(source: string): readonly Mutant[] {
  const file = parse(source, { sourceType: 'module', plugins: ['typescript'] })
  const found: Mutant[] = []
  visit(asNode(file.program), undefined, { source, found })
  return found.sort((a, b) => a.start - b.start || a.end - b.end)
}

/** The source with one change made. */
export function mutate(source: string, { start, end, replacement }: Mutant): string {
  return source.slice(0, start) + replacement + source.slice(end)
}

interface Walk {
  readonly source: string
  readonly found: Mutant[]
}

function visit(node: Node, parent: Node | undefined, walk: Walk): void {
  if (/^(TS(?!AsExpression|SatisfiesExpression)|Import|ExportAll)/.test(node.type)) return
  // What says that we are wrong ourselves is for nobody to reach.
  if (node.type === 'ThrowStatement' || node.type === 'TemplateLiteral') return
  changesOf(node, parent, walk)
  for (const [field, value] of Object.entries(node)) {
    if (field === 'loc' || field.endsWith('Comments') || field === 'typeAnnotation') continue
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) visit(child, node, walk)
    }
  }
}

function changesOf(node: Node, parent: Node | undefined, { source, found }: Walk): void {
  const text = ({ start, end }: Node): string => source.slice(start, end)
  const add = (kind: MutantKind, at: Node, replacement: string): void => {
    const { start, end, loc } = at
    found.push({ kind, line: loc.start.line, start, end, replacement })
  }
  switch (node.type) {
    case 'IfStatement':
    case 'WhileStatement':
    case 'ConditionalExpression': {
      const test = asNode(node['test'])
      add('negated condition', test, `!(${text(test)})`)
      return
    }
    case 'LogicalExpression': {
      const other = connectives[String(node['operator'])]
      const [left, right] = [asNode(node['left']), asNode(node['right'])]
      if (other !== undefined)
        add('other connective', node, `${text(left)} ${other} ${text(right)}`)
      return
    }
    case 'BinaryExpression': {
      const other = comparisons[String(node['operator'])]
      const [left, right] = [asNode(node['left']), asNode(node['right'])]
      if (other !== undefined) add('moved limit', node, `${text(left)} ${other} ${text(right)}`)
      return
    }
    case 'NumericLiteral':
      if (isLimit(node, parent)) add('moved limit', node, `(${text(node)} + 1)`)
      return
    case 'ExpressionStatement':
      add('dropped statement', node, ';')
      return
    case 'CallExpression': {
      const [first, second] = asNodes(node['arguments'])
      if (first === undefined || second === undefined) return
      if (![first, second].every(({ type }) => swappable.has(type))) return
      if (text(first) === text(second)) return
      // The order of their arguments says nothing.
      if (/^Math\.(?:min|max)$/.test(text(asNode(node['callee'])))) return
      const both = { ...first, end: second.end }
      add('swapped arguments', both, `${text(second)}, ${text(first)}`)
      return
    }
    case 'FunctionDeclaration':
    case 'ClassMethod':
    case 'ClassPrivateMethod':
    case 'ObjectMethod': {
      const body = asNode(node['body'])
      const returns = returnTypeOf(node, source)
      const inside = { ...body, start: body.start + 1, end: body.start + 1 }
      if (asNodes(body['body']).length === 0 || node['kind'] === 'constructor') return
      if (/^(void|Promise<void>)$/.test(returns)) add('early return', inside, ' return;')
      else {
        const constant = constantOf(returns)
        if (constant !== undefined) add('constant return', inside, ` return ${constant};`)
      }
      return
    }
  }
}

const connectives: Readonly<Record<string, string>> = { '&&': '||', '||': '&&' }

const comparisons: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
}

const swappable: ReadonlySet<string> = new Set([
  'Identifier',
  'MemberExpression',
  'StringLiteral',
  'NumericLiteral',
  'CallExpression',
])

/** Numbers that bound something: named ones, defaults, and what is compared or counted with. */
function isLimit(node: Node, parent: Node | undefined): boolean {
  if (parent === undefined) return false
  const places = ['VariableDeclarator', 'BinaryExpression', 'ObjectProperty', 'AssignmentPattern']
  return places.includes(parent.type) && node !== parent['key']
}

function returnTypeOf(node: Node, source: string): string {
  const annotation = node['returnType']
  if (!isNode(annotation)) return ''
  return source.slice(annotation.start, annotation.end).replace(/^:\s*/, '')
}

/** A value of that type that says nothing; `undefined` where there is none so plain. */
function constantOf(type: string): string | undefined {
  const inPromise = /^Promise<(.*)>$/s.exec(type)?.[1]
  if (inPromise !== undefined) {
    const inside = constantOf(inPromise)
    return inside === undefined ? undefined : `Promise.resolve(${inside})`
  }
  if (type.endsWith('| undefined')) return 'undefined'
  if (type === 'boolean' || / is /.test(type)) return 'true'
  if (type === 'number') return '0'
  if (type === 'string') return "''"
  if (/^readonly .*\[\]$/s.test(type) || /^[\w.]+\[\]$/.test(type)) return '[]'
  return undefined
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}

function asNode(value: unknown): Node {
  if (!isNode(value)) throw new Error('mutants: the parser gave no node where one belongs')
  return value
}

function asNodes(value: unknown): readonly Node[] {
  return Array.isArray(value) ? value.filter(isNode) : []
}
