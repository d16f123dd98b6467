/** The sources as data, read with the compiler's own parser: what each file imports, and which names it uses. */
import {readdirSync, readFileSync} from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import {PROJECT_ROOT} from './project-root.js'

export interface Import {
  /** `src/model/slot.ts` for one of our files, else the package's name: `ioredis`, `node:fs`. */
  readonly target: string
  readonly ours: boolean
  /** `types`: gone after compilation; `lazy`: `await import()`; `static`: loaded with the file. */
  readonly kind: 'static' | 'lazy' | 'types'
}

export interface SourceFile {
  /** From the project's root, with `/`: `src/model/slot.ts`. */
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
  readonly tree: ts.SourceFile
}

const GENERATED = /^(node_modules|dist|coverage|\.git|\.cache|\.test-build.*)$/

/** Every file of the project that is not generated, relative to its root. */
export function projectFiles(folder = ''): string[] {
  const entries = readdirSync(path.join(PROJECT_ROOT, folder), {withFileTypes: true})
  return entries
    .filter(({name}) => !GENERATED.test(name))
    .flatMap((entry) => {
      const file = folder === '' ? entry.name : `${folder}/${entry.name}`
      return entry.isDirectory() ? projectFiles(file) : [file]
    })
}

export function readProjectFile(file: string): string {
  return readFileSync(path.join(PROJECT_ROOT, file), 'utf8')
}

/** All TypeScript files under a folder of the project. */
export function sourceFiles(folder: string): SourceFile[] {
  return projectFiles(folder)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => parseSource(file, readProjectFile(file)))
}

export function parseSource(file: string, text: string): SourceFile {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  return {path: file, text, tree, imports: importsOf(file, tree)}
}

/** Visits every node of the syntax tree. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node)
  node.forEachChild((child) => walk(child, visit))
}

function importsOf(file: string, tree: ts.SourceFile): Import[] {
  const found: Import[] = []
  walk(tree, (node) => {
    if (ts.isImportDeclaration(node)) {
      found.push(resolve(file, node.moduleSpecifier, isTypesOnly(node) ? 'types' : 'static'))
    }
    if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      found.push(resolve(file, node.moduleSpecifier, node.isTypeOnly ? 'types' : 'static'))
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      found.push(resolve(file, node.arguments[0]!, 'lazy'))
    }
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      found.push(resolve(file, node.argument.literal, 'types'))
    }
  })
  return found
}

function isTypesOnly({importClause}: ts.ImportDeclaration): boolean {
  if (importClause === undefined) return false
  if (importClause.isTypeOnly) return true
  const named = importClause.namedBindings
  if (importClause.name !== undefined || named === undefined || !ts.isNamedImports(named)) return false
  return named.elements.length > 0 && named.elements.every(({isTypeOnly}) => isTypeOnly)
}

function resolve(file: string, specifier: ts.Node, kind: Import['kind']): Import {
  const name = ts.isStringLiteralLike(specifier) ? specifier.text : specifier.getText()
  if (!name.startsWith('.')) return {target: packageName(name), ours: false, kind}
  const target = path.posix.join(path.posix.dirname(file), name).replace(/\.js$/, '.ts')
  return {target, ours: true, kind}
}

/** `@oclif/core/flags` → `@oclif/core`; `node:fs/promises` → `node:fs`. */
function packageName(specifier: string): string {
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!
}
