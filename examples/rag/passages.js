/** Documents in: a folder of Markdown files becomes passages, one for each section. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** @returns {Promise<{ document: string, heading: string, text: string }[]>} in the order of the files' names */
export async function readPassages(folder) {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.md')).sort();
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
  return files.flatMap((document, index) => split(texts[index]).map((passage) => ({ document, ...passage })));
}

function split(markdown) {
  const title = /^# (.+)/.exec(markdown)?.[1] ?? '';
  const sections = markdown.split(/^## /m).slice(1);
  return sections.map((section) => {
    const [heading, ...lines] = section.split('\n');
    // A section alone does not always say what it is about: its title does.
    return { heading: `${title}: ${heading}`, text: lines.join(' ').trim() };
  });
}
