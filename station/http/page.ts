/** A page without scripts, light or dark as the reader has it. @param body HTML; what is foreign in it is escaped */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`
}

/** What a page's answer bears: its own style and forms, and nothing from elsewhere. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

const STYLE = `
:root { color-scheme: light dark; --ink: #1c1e21; --soft: #5c6470; --line: #d9dde3; --paper: #fff; --code: #f3f5f7; --red: #a3241b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --soft: #9aa3ae; --line: #363c44; --paper: #16191d; --code: #22272d; --red: #ef8a80; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.7 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { border-bottom: 3px solid var(--red); padding-bottom: .4rem; }
h2 { margin-top: 2.2rem; }
small, th { color: var(--soft); font-weight: 400; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .45rem .8rem .45rem 0; text-align: left; vertical-align: top; }
code { background: var(--code); border-radius: 4px; padding: .1rem .35rem; font: .9em ui-monospace, monospace; overflow-wrap: break-word; }
a { color: var(--red); }
label { display: block; margin: .8rem 0; }
input { font: inherit; color: inherit; background: var(--code); border: 1px solid var(--line); border-radius: 4px; padding: .35rem .6rem; width: 100%; max-width: 24rem; box-sizing: border-box; display: block; }
button { font: inherit; color: #fff; background: #a3241b; border: 0; border-radius: 4px; padding: .4rem 1.4rem; cursor: pointer; }
[role=alert] { border-left: 3px solid var(--red); padding-left: .8rem; }
`

export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
