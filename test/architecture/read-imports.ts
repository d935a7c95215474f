/** What a TypeScript source imports, and what it takes from `process`, read from its syntax tree. */
import { parseSync } from '@swc/core';

export interface Import {
  readonly specifier: string;
  /** `import type`, `export type`, or nothing but `type` members: gone after compilation. */
  readonly typeOnly: boolean;
}

export interface SourceFacts {
  readonly imports: readonly Import[];
  /** Members of `process` that are used: `env`, `exit`. */
  readonly process: readonly string[];
  readonly exportsDefault: boolean;
  readonly exportsAll: boolean;
}

interface Node {
  readonly type?: string;
  readonly [field: string]: unknown;
}

/** Thrown when the source does not parse. */
export function readSource(source: string): SourceFacts {
  const imports: Import[] = [];
  const taken = new Set<string>();
  const found = { exportsDefault: false, exportsAll: false };
  const add = (value: unknown, typeOnly: boolean): void => {
    const specifier = (value as { value?: unknown } | null | undefined)?.value;
    if (typeof specifier !== 'string') return;
    imports.push({ specifier, typeOnly });
    if (!typeOnly && /^(node:)?process$/.test(specifier)) taken.add('[all of it]');
  };
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (value === null || typeof value !== 'object') return;
    const node = value as Node;
    switch (node.type ?? '') {
      case 'ImportDeclaration':
      case 'ExportNamedDeclaration':
        add(node['source'], isTypeOnly(node));
        break;
      case 'ExportAllDeclaration':
        add(node['source'], node['typeOnly'] === true);
        found.exportsAll = true;
        break;
      case 'ExportDefaultDeclaration':
      case 'ExportDefaultExpression':
        found.exportsDefault = true;
        break;
      case 'TsImportType':
        add(node['argument'], true);
        break;
      case 'TsExternalModuleReference':
        add(node['expression'], false);
        break;
      case 'CallExpression':
        {
          const [first] = node['arguments'] as { expression: unknown }[];
          if (isLoader(node['callee'] as Node)) add(first?.expression, false);
          if (isProcess(first?.expression)) taken.add('[all of it]');
        }
        break;
      case 'MemberExpression':
        if (isProcess(node['object'])) taken.add(memberOf(node['property'] as Node));
        break;
      case 'VariableDeclarator':
        if (isProcess(node['init'])) taken.add('[all of it]');
        break;
    }
    for (const child of Object.values(node)) visit(child);
  };
  visit(parseSync(source, { syntax: 'typescript', target: 'es2023' }).body);
  return { imports, process: [...taken], ...found };
}

function isTypeOnly(node: Node): boolean {
  if (node['typeOnly'] === true) return true;
  const specifiers = node['specifiers'] as { isTypeOnly?: boolean }[];
  return specifiers.length > 0 && specifiers.every((one) => one.isTypeOnly === true);
}

function isLoader(callee: Node): boolean {
  return callee.type === 'Import' || (callee.type === 'Identifier' && callee['value'] === 'require');
}

function isProcess(value: unknown): boolean {
  const node = value as Node | null | undefined;
  return node?.type === 'Identifier' && node['value'] === 'process';
}

function memberOf(property: Node): string {
  if (property.type === 'Identifier') return String(property['value']);
  const computed = property['expression'] as Node | undefined;
  return computed?.type === 'StringLiteral' ? String(computed['value']) : '[computed]';
}
