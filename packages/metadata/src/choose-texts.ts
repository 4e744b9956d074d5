import type { DatasetMetadata } from '@geosluice/jobs';
import { type Statement, textsOf, unique } from './collected.ts';
import { oneLine, plainText } from './values/text.ts';

type Texts = Pick<DatasetMetadata, 'title' | 'titles' | 'alternative' | 'abstract'>;

/** Title and abstract in the preferred language where there is one, else the first; other titles beside them. */
export function chooseTexts(statements: readonly Statement[], language: string | undefined): Texts {
  const titles = cleaned(textsOf(statements, ['title']), (text) => oneLine(plainText(text)));
  const title = preferred(titles, language);
  const byLanguage = new Map<string, string>();
  for (const each of titles) if (each.lang && !byLanguage.has(each.lang)) byLanguage.set(each.lang, each.text);
  const several = byLanguage.size > 1;
  const told = new Set([title?.text, ...(several ? byLanguage.values() : [])]);
  const more = titles.map((each) => each.text).filter((text) => !told.has(text));
  const alternative = cleaned(textsOf(statements, ['alternative']), oneLine).map((each) => each.text);
  return {
    title: title?.text ?? null,
    titles: several ? Object.fromEntries(byLanguage) : {},
    alternative: unique([...alternative, ...more]),
    abstract: abstractOf(statements, language),
  };
}

/** An abstract beats a description; what is told in several elements of one language is put together. */
function abstractOf(statements: readonly Statement[], language: string | undefined): string | null {
  for (const term of ['abstract', 'description'] as const) {
    const texts = cleaned(textsOf(statements, [term]).slice(0, 50), plainText);
    const chosen = preferred(texts, language);
    if (!chosen) continue;
    const same = texts.filter((each) => each.lang === chosen.lang && each.refined === chosen.refined);
    return unique(same.map((each) => each.text)).join('\n\n');
  }
  return null;
}

interface Text {
  text: string;
  lang: string | undefined;
  refined: boolean;
}

function cleaned(statements: readonly Statement[], clean: (text: string) => string): Text[] {
  return statements
    .map((each) => ({ text: clean(each.text), lang: languageTag(each.lang), refined: each.refined ?? false }))
    .filter((each) => each.text !== '');
}

function preferred(texts: readonly Text[], language: string | undefined): Text | undefined {
  const wanted = language === undefined ? undefined : primary(language);
  return (
    texts.find((each) => wanted !== undefined && each.lang !== undefined && primary(each.lang) === wanted) ?? texts[0]
  );
}

/** A tag as it may stand in xml:lang; anything else is none. */
function languageTag(lang: string | undefined): string | undefined {
  return lang !== undefined && /^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,3}$/.test(lang) ? lang : undefined;
}

/** The language alone, two letters where there are: `de-AT`, `ger` and `deu` are all `de`. */
function primary(tag: string): string {
  try {
    return new Intl.Locale(tag.replaceAll('_', '-')).language;
  } catch {
    return tag.toLowerCase();
  }
}
