import { parse, type AnyNode } from 'acorn'

/** The names in a program that others may define. */
export interface Names {
  /** Names that the program does not declare. */
  globals: string[]
  /** Names of members that it reads, writes or calls. */
  members: string[]
  /** Its texts, which may be names as well. */
  texts: string[]
}

/** Reads the names in the code of a module or a script. */
export function readNames(code: string): Names {
  const used = new Set<string>()
  const declared = new Set<string>()
  const members = new Set<string>()
  const texts = new Set<string>()
  visit(parse(code, { ecmaVersion: 2022, sourceType: 'module' }))
  return {
    globals: [...used].filter((name) => !declared.has(name)),
    members: [...members],
    texts: [...texts],
  }

  function visit(node: AnyNode): void {
    switch (node.type) {
      case 'Identifier':
        used.add(node.name)
        return
      case 'Literal':
        if (typeof node.value === 'string') texts.add(node.value)
        return
      case 'MemberExpression':
        visit(node.object)
        visitKey(node.property, node.computed)
        return
      case 'ObjectPattern':
        for (const property of node.properties)
          if (property.type === 'RestElement') visit(property)
          else {
            visitKey(property.key, property.computed)
            visit(property.value)
          }
        return
      // The names of its properties belong to the program.
      case 'Property':
        if (node.computed) visit(node.key)
        visit(node.value)
        return
      case 'ExportSpecifier':
        visit(node.local)
        return
      case 'VariableDeclarator':
        declare(node.id)
        break
      case 'CatchClause':
        if (node.param) declare(node.param)
        break
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        if (node.id) declare(node.id)
        node.params.forEach(declare)
        break
      default:
    }
    childrenOf(node).forEach(visit)
  }

  function visitKey(key: AnyNode, isComputed: boolean): void {
    if (isComputed) visit(key)
    if (!isComputed && key.type === 'Identifier') members.add(key.name)
    if (key.type === 'Literal' && typeof key.value === 'string') members.add(key.value)
  }

  function declare(pattern: AnyNode): void {
    if (pattern.type === 'Identifier') declared.add(pattern.name)
    else if (pattern.type === 'AssignmentPattern') declare(pattern.left)
    else if (pattern.type === 'Property') declare(pattern.value)
    else childrenOf(pattern).forEach(declare)
  }
}

function childrenOf(node: AnyNode): AnyNode[] {
  return Object.values(node)
    .flat()
    .filter((value: unknown) => typeof (value as AnyNode | null)?.type === 'string') as AnyNode[]
}
