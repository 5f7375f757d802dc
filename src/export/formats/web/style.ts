/** style.css of the page. System fonts: nothing is fetched. */
export const pageStyle = `:root {
  color-scheme: light dark;
  --ground: #f6f8f9;
  --sheet: #ffffff;
  --text: #17252b;
  --quiet: #52636b;
  --line: #d5dee2;
  --accent: #0f5c6e;
  --accent-text: #ffffff;
  --track: #e6edf0;
  --warn: #a3341c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #10181c;
    --sheet: #18242a;
    --text: #e7eff2;
    --quiet: #a3b4bc;
    --line: #2c3c44;
    --accent: #5cc3d8;
    --accent-text: #08191e;
    --track: #26353d;
    --warn: #f09a83;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0 auto;
  padding: 0 1rem;
  max-width: 72rem;
  min-height: 100vh;
  display: flex;
  flex-direction: column;
  background: var(--ground);
  color: var(--text);
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif;
}
header { padding: 2rem 0 1rem; }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.2; letter-spacing: -0.01em; }
header p, footer p { margin: 0.25rem 0 0; color: var(--quiet); }
main { flex: 1; }
.drop {
  display: flex;
  flex-direction: column;
  align-items: center;
  justify-content: center;
  min-height: 9rem;
  padding: 1.5rem;
  border: 2px dashed var(--line);
  border-radius: 0.75rem;
  background: var(--sheet);
  cursor: pointer;
  text-align: center;
}
.drop strong { font-size: 1.15rem; }
.drop span { color: var(--quiet); }
.drop input { position: absolute; opacity: 0; width: 1px; height: 1px; }
.drop:hover, .drop.over { border-color: var(--accent); }
.drop.over { border-style: solid; }
.drop:focus-within, button:focus-visible, summary:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.tools { display: flex; flex-wrap: wrap; gap: 0.5rem; margin: 0.75rem 0 0; }
button {
  min-height: 2.75rem;
  padding: 0 1.1rem;
  border: 1px solid var(--accent);
  border-radius: 0.5rem;
  background: var(--sheet);
  color: var(--accent);
  font: inherit;
  font-weight: 600;
  cursor: pointer;
}
button:hover { background: var(--accent); color: var(--accent-text); }
video { display: block; width: 100%; max-width: 32rem; margin: 0.75rem 0 0; border-radius: 0.75rem; background: #000; }
#status { min-height: 1.5rem; margin: 0.75rem 0; color: var(--quiet); }
#results {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr));
  gap: 0.75rem;
  margin: 0;
  padding: 0;
  list-style: none;
}
.card {
  display: grid;
  grid-template-columns: 6rem minmax(0, 1fr);
  gap: 0.9rem;
  padding: 0.9rem;
  border: 1px solid var(--line);
  border-radius: 0.75rem;
  background: var(--sheet);
}
.seen { width: 6rem; height: 6rem; object-fit: contain; border-radius: 0.4rem; background: var(--track); image-rendering: pixelated; }
.answer { margin: 0; font-size: 1.15rem; font-weight: 650; line-height: 1.25; overflow-wrap: anywhere; }
.refused .answer, .why { color: var(--warn); }
.name { margin: 0 0 0.4rem; color: var(--quiet); font-size: 0.85rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.bars { margin: 0; padding: 0; list-style: none; font-size: 0.85rem; }
.bar { display: grid; grid-template-columns: minmax(0, 1fr) auto; column-gap: 0.5rem; margin-bottom: 0.3rem; }
.class { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.share { color: var(--quiet); font-variant-numeric: tabular-nums; }
.track { grid-column: 1 / -1; height: 0.35rem; border-radius: 1rem; background: var(--track); overflow: hidden; }
.fill { display: block; height: 100%; border-radius: 1rem; background: var(--quiet); }
.bar:first-child .fill { background: var(--accent); }
details { margin: 1.5rem 0 0; }
summary { width: fit-content; color: var(--quiet); cursor: pointer; }
.classes { display: flex; flex-wrap: wrap; gap: 0.3rem 0.5rem; margin: 0.6rem 0 0; padding: 0; list-style: none; }
.classes li { padding: 0.1rem 0.6rem; border: 1px solid var(--line); border-radius: 1rem; font-size: 0.85rem; overflow-wrap: anywhere; }
footer { padding: 2rem 0 1.5rem; font-size: 0.85rem; }
@media (max-width: 30rem) {
  header { padding-top: 1.25rem; }
  h1 { font-size: 1.4rem; }
  #results { grid-template-columns: minmax(0, 1fr); }
  .card { grid-template-columns: 5rem minmax(0, 1fr); gap: 0.75rem; padding: 0.75rem; }
  .seen { width: 5rem; height: 5rem; }
  .tools button { flex: 1; }
}
@media (prefers-reduced-motion: no-preference) {
  .fill { transition: width 0.2s ease-out; }
}
`
