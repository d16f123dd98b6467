/** The pure layers take time, chance and the world as arguments; the others take them from one place. */
import {expect} from 'chai'
import ts from 'typescript'
import {parseSource, sourceFiles, walk, type SourceFile} from '../support/source-tree.js'

const PURE =
  /^src\/(model\/|manager\/(view|check|plan)\/|manager\/error-info\.ts|engine\/(?!host\/|library\/|index\.ts))/
/** Does its work through ports: no socket, no clock and no terminal of its own. */
const THROUGH_PORTS = /^src\/(manager\/(execute\/|backup\/|[^/]+\.ts)|rehearsal\/)/
/** The one place that lets promises run before the next event: it waits for no time. */
const LETS_PROMISES_RUN = 'src/rehearsal/stage.ts'

const WORLD = ['console', 'process', 'performance', 'fetch', 'crypto', 'globalThis', 'require']
const TIMERS = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask']

/** Names of globals that a file uses, and the clocks and dice among its calls: `Date.now`, `new Date()`, `Math.random`. */
function worldlyNames({path, tree}: SourceFile): string[] {
  const found: string[] = []
  const note = (node: ts.Node, what: string): void => {
    found.push(`${path}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1} uses ${what}`)
  }
  walk(tree, (node) => {
    if (ts.isIdentifier(node) && isFreeName(node) && [...WORLD, ...TIMERS].includes(node.text)) note(node, node.text)
    if (ts.isPropertyAccessExpression(node) && /^(Date\.now|Math\.random)$/.test(node.getText())) {
      note(node, node.getText())
    }
    if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && node.arguments?.length === 0) {
      note(node, 'new Date()')
    }
  })
  return found
}

/** Used as a value: not `x.process`, not `{process: …}`, not the name of a parameter, a variable or a type. */
function isFreeName(node: ts.Identifier): boolean {
  const {parent} = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isPropertyAssignment(parent) || ts.isVariableDeclaration(parent)) return parent.initializer === node
  return ts.isExpression(parent) || ts.isStatement(parent) || ts.isSpreadAssignment(parent) || ts.isTemplateSpan(parent)
}

function asyncFunctions({path, tree}: SourceFile): string[] {
  const found: string[] = []
  walk(tree, (node) => {
    if (node.kind === ts.SyntaxKind.AsyncKeyword) found.push(path)
  })
  return found
}

describe('purity', () => {
  const files = sourceFiles('src')
  const pure = files.filter(({path}) => PURE.test(path))

  it('is broken by a clock, a die, a timer or a global, and by nothing that only shares its name', () => {
    const worldly = [
      'Date.now()',
      'const t = new Date()',
      'f(Math.random())',
      'setTimeout(f, 1)',
      'console.log(1)',
      'if (process) f()',
    ]
    const innocent = [
      'new Date(0)',
      'x.process()',
      'const y = {console: 1}',
      'interface Z { process: string }',
      'Math.max(1, 2)',
    ]
    for (const text of worldly) expect(worldlyNames(parseSource('a.ts', text)), text).to.have.lengthOf(1)
    for (const text of innocent) expect(worldlyNames(parseSource('a.ts', text)), text).to.have.lengthOf(0)
  })

  it('model, view, check, plan and the engine’s nodes use no clock, no chance, no terminal and no timers', () => {
    expect(pure.flatMap(worldlyNames)).to.deep.equal([])
  })

  it('model, view, check, plan and the engine’s nodes are synchronous', () => {
    expect(pure.flatMap(asyncFunctions)).to.deep.equal([])
  })

  it('observing, executing and rehearsing use the clock and the pool that they are given', () => {
    const users = files.filter(({path}) => THROUGH_PORTS.test(path))
    const worldly = users.flatMap(worldlyNames)
    const pausing = worldly.filter((use) => use.startsWith(LETS_PROMISES_RUN) && use.endsWith('uses setImmediate'))
    expect(worldly.filter((use) => !pausing.includes(use))).to.deep.equal([])
  })
})
