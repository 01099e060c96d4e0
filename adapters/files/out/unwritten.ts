/** Of what is secret nothing is written anywhere: not even how its file was called. */
export const UNWRITTEN: ReadonlySet<string> = new Set(['CLASSIFIED', 'CLASSIFIED_DOUBT', 'HELD_FOR_REVIEW'])
