import { palette } from './palette.js'

const light = `--paper:#fbfaf8;--sheet:#ffffff;--ink:#22262e;--muted:#5b6270;--line:#e3e1dc;--soft:#f2f0ec;
--link:#1d5fbf;--train:#b4530a;--validation:#1d5fbf;--right:#8fb5ea;--wrong:#e08a4f;--problem:#b3261e;--warning:#8a5a00;--calm:#2f7d4f`

const dark = `--paper:#14161a;--sheet:#1b1e24;--ink:#e7e8eb;--muted:#a2a9b6;--line:#323741;--soft:#22262d;
--link:#8ab6ff;--train:#ffa764;--validation:#8ab6ff;--right:#29538f;--wrong:#9a4a12;--problem:#ff8a80;--warning:#f2b84b;--calm:#6fcf97`

const base = `
*{box-sizing:border-box}
:root{color-scheme:light dark;${light}}
@media (prefers-color-scheme:dark){:root{${dark}}}
body{margin:0 auto;padding:2.5rem 1.25rem 3rem;max-width:70rem;background:var(--paper);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;overflow-wrap:anywhere}
h1,h2,h3{line-height:1.25;text-wrap:balance;font-weight:650}
h1{font-size:2rem;margin:.1rem 0 .5rem}
h2{font-size:1.3rem;margin:0 0 .9rem}
h3{font-size:1.05rem;margin:1.4rem 0 .3rem}
h3 small{font-weight:400;color:var(--muted);margin-left:.4rem}
p{margin:0 0 .8rem;max-width:46rem}
a{color:var(--link);text-underline-offset:.15em}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.875em}
p code,li code{background:var(--soft);border-radius:.25rem;padding:.05em .3em}
p code:not(.long),li code:not(.long),.long span{white-space:nowrap}
pre{background:var(--soft);border-radius:.5rem;padding:1rem;overflow-x:auto;margin:0 0 1rem}
.muted{color:var(--muted)}
.eyebrow{margin:0;color:var(--muted);font-size:.8rem;letter-spacing:.08em;text-transform:uppercase}
section{margin-top:3rem;scroll-margin-top:1rem}
nav{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;margin-top:1.75rem;padding:.7rem 0;border-block:1px solid var(--line);font-size:.9rem}
nav a{text-decoration:none}
nav a:hover{text-decoration:underline}
footer{margin-top:3.5rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--muted);font-size:.85rem}
`

const figures = `
.lead{display:flex;flex-wrap:wrap;align-items:center;gap:.25rem 1.5rem;margin:1.75rem 0 1.5rem}
.lead p{margin:0}
.big{font-size:3.4rem;line-height:1.1;font-weight:680;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(max(9.5rem,24%),1fr));margin:0;background:var(--sheet);border:1px solid var(--line);border-radius:.6rem;overflow:hidden}
.figure{padding:.75rem 1rem;box-shadow:1px 1px 0 var(--line)}
.figure dt{font-size:.8rem;color:var(--muted)}
.figure dd{margin:.1rem 0 0;font-size:1.2rem;font-weight:600;font-variant-numeric:tabular-nums}
.figure small{display:block;font-size:.8rem;font-weight:400;color:var(--muted)}
`

const findings = `
.findings{display:grid;grid-template-columns:minmax(0,1fr);gap:1rem}
.finding{background:var(--sheet);border:1px solid var(--line);border-left:4px solid var(--mark);border-radius:.5rem;padding:1rem 1.25rem}
.problem{--mark:var(--problem)}
.warning{--mark:var(--warning)}
.finding h3{margin:0 0 .5rem}
.finding p,.finding ol{margin:0 0 .5rem;max-width:52rem}
.finding ol{padding-left:1.4rem}
.finding .what{margin:.75rem 0 .2rem;font-size:.85rem;font-weight:600;color:var(--muted)}
.tag{color:var(--mark);border:1px solid var(--mark);border-radius:1rem;padding:.1rem .6rem;margin-right:.4rem;font-size:.75rem;font-weight:600;vertical-align:.1em;white-space:nowrap}
.calm{border-left:4px solid var(--calm);background:var(--sheet);border-radius:.5rem;padding:.9rem 1.25rem;max-width:none}
`

const charts = `
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,25rem),1fr));gap:1rem;margin-bottom:1rem}
.chart{background:var(--sheet);border:1px solid var(--line);border-radius:.6rem;padding:.4rem;min-width:0}
.chart svg{display:block;width:100%;height:auto}

.chart text{font-family:inherit}
.chart .background{fill:none}
${(Object.keys(palette) as (keyof typeof palette)[])
  .map(name => {
    const variable = name === 'paper' ? 'sheet' : name
    return `.chart [fill="${palette[name]}"]{fill:var(--${variable})}.chart [stroke="${palette[name]}"]{stroke:var(--${variable})}`
  })
  .join('\n')}
.beside{display:grid;grid-template-columns:minmax(0,1.9fr) minmax(0,1fr);gap:1.5rem 2rem;align-items:start}
.facing{grid-template-columns:minmax(0,36rem) minmax(0,1fr)}
.stack{display:grid;grid-template-columns:minmax(0,1fr);gap:1.5rem}
@media (max-width:56rem){.beside{grid-template-columns:minmax(0,1fr)}}
`

const tables = `
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem;width:100%}
caption{text-align:left;color:var(--muted);font-size:.85rem;padding-bottom:.6rem}
th{font-weight:500;text-align:left}
thead th{color:var(--muted);font-size:.8rem}
th,td{padding:.35rem .6rem;border-bottom:1px solid var(--line);vertical-align:middle}
th:first-child{padding-left:0}
td,thead th{overflow-wrap:normal}
tbody th,.events td,.origin td{overflow-wrap:anywhere;min-width:5.5em}
.pairs tbody th,.classes tbody th{max-width:16em}
.wide{overflow-x:auto}
details{margin-top:.5rem}
summary{cursor:pointer;color:var(--link);padding:.25rem 0}
.numbers td,.numbers th{text-align:right;white-space:nowrap}
.pairs td:nth-child(2),.classes td:last-child,.classes th:last-child{text-align:right}
.pairs .bar{width:35%}
.bar i{display:block;height:.6rem;border-radius:.2rem;background:var(--wrong)}
.share span{display:inline-block;min-width:4.1em;text-align:right;margin-right:.6rem}
.share{white-space:nowrap}
.share i{display:inline-block;width:calc(100% - 5.2em);min-width:4rem;height:.6rem;border-radius:.2rem;background:var(--soft);vertical-align:middle;overflow:hidden}
.share b{display:block;height:100%;background:var(--right)}
.origin th{width:14rem;color:var(--muted);vertical-align:top}
.hash{overflow-wrap:anywhere}
.matrix{table-layout:fixed;font-size:.8rem;min-width:22rem}
.matrix tbody th{min-width:0}
.matrix td,.matrix th{border:1px solid var(--paper);padding:0}
.matrix tbody td{text-align:center;height:2.4rem;background:color-mix(in srgb,var(--hue) calc(100%*var(--v)),var(--sheet))}
.matrix .right{--hue:var(--right);font-weight:600}
.matrix .wrong{--hue:var(--wrong)}
.matrix .none{--hue:var(--wrong);color:var(--muted)}
.matrix td a{display:grid;place-items:center;height:100%;color:inherit;text-decoration-thickness:1px}
.matrix thead td,.matrix tbody th{width:6.2rem}
.matrix tbody th{padding-right:.6rem;text-align:right;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.matrix thead th{height:6rem;vertical-align:bottom;padding-bottom:.4rem}
.matrix thead th span{display:block;writing-mode:vertical-rl;transform:rotate(180deg);max-height:5.6rem;margin:auto;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;color:var(--ink)}
`

const gallery = `
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(6.2rem,1fr));gap:1rem .8rem;margin:.6rem 0 1.5rem}
.card{margin:0;font-size:.8rem;line-height:1.4;min-width:0}
.card img{display:block;width:100%;height:auto;aspect-ratio:1;object-fit:contain;image-rendering:pixelated;border-radius:.35rem;background:var(--soft)}
.card figcaption{margin-top:.35rem;overflow-wrap:anywhere}
.mistakes:has(.filter:target) :is(.note,h3 small){display:none}
.filter{display:none;scroll-margin-top:4rem}
.filter:target{display:block;background:var(--soft);border-radius:.5rem;padding:.6rem 1rem;max-width:none}
`

const small = `
@media (max-width:34rem){
body{padding:1.5rem 1rem 2rem}
h1{font-size:1.6rem}
.big{font-size:2.7rem}
.figures{grid-template-columns:1fr 1fr}
.matrix{font-size:.68rem}
.matrix thead td,.matrix tbody th{width:4.6rem}
.matrix tbody td{height:2rem}
.origin th{width:7.5rem}
.origin th,.hash{overflow-wrap:anywhere}
th,td{padding:.3rem .35rem}
.share i{display:none}
.share span{min-width:0;margin:0}
.gallery{grid-template-columns:repeat(auto-fill,minmax(5.8rem,1fr))}
}
@media print{
:root{${light};--paper:#ffffff}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
body{max-width:none;padding:0;font-size:11pt}
nav,details{display:none}
section{margin-top:1.6rem}
.finding,.chart,.card,tr,.figures{break-inside:avoid}
h2,h3{break-after:avoid}
.charts{grid-template-columns:1fr 1fr}
pre{white-space:pre-wrap}
}
`

/** The whole style of the page: one column of calm text, colours by variable, dark where the reader's system is. */
export const styleSheet = [base, figures, findings, charts, tables, gallery, small].join('')
