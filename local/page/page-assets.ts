/** Style of the page: the colours follow the system's light or dark scheme. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin: 0; } h3 { font-size: 1rem; margin: .6rem 0 .2rem; }
section { border: 1px solid light-dark(#ccc, #444); border-radius: .5rem; padding: .8rem 1rem; margin: 1rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; } dt { font-weight: 600; } dd { margin: 0; }
ul { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: .4rem; }
li { border: 1px solid light-dark(#ccc, #555); border-radius: .3rem; padding: 0 .5rem; }
li.new { background: light-dark(#c9f2d0, #1d5a2c); } li.gone { text-decoration: line-through; opacity: .6; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .1rem .6rem .1rem 0; vertical-align: top; }
.quiet, small { color: light-dark(#595959, #aaa); } .quiet { margin: .3rem 0; } li.quiet { border-style: dashed; margin: 0; }
.good, .bad { border-radius: .3rem; padding: 0 .4rem; font-size: .85rem; font-weight: 600; }
.good, .bad { display: inline-block; max-width: 100%; overflow-wrap: anywhere; }
.good { background: light-dark(#dff3e3, #1c3d25); } .bad { background: light-dark(#fbdcdc, #5c2323); }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
form { display: flex; flex-wrap: wrap; gap: .4rem; margin: .5rem 0; } li form { margin: 0 0 0 auto; }
input, select, button { font: inherit; padding: .2rem .6rem; min-width: 0; } input { flex: 1 1 9rem; }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 0 1rem; align-items: start; }
.grid > * { min-width: 0; } .wide { grid-column: 1 / -1; } .wide > * + * { margin-top: 1rem; }
.rows { display: block; } .rows li { display: flex; flex-wrap: wrap; gap: 0 .7rem; align-items: baseline; padding: .3rem 0; }
.rows li { border: 0; border-bottom: 1px solid light-dark(#ddd, #444); border-radius: 0; }
.rows span:not([class]) { flex: 1 1 8rem; overflow-wrap: anywhere; } .rows .quiet { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  th { display: none; } tr { display: flex; flex-wrap: wrap; padding: .2rem 0; border-bottom: 1px solid light-dark(#ddd, #444); }
}
#lost { color: light-dark(#a00, #f88); font-weight: 600; overflow-wrap: anywhere; }
`;

/**
 * Fetches the parts that change each second, by their ids, and leaves alone what is as it was; waits while someone has text
 * selected.
 */
export const PAGE_SCRIPT = `
const lost = document.getElementById('lost');
const shown = {};
const show = (parts) => {
  const focused = document.activeElement?.id;
  for (const [id, html] of Object.entries(parts)) {
    if (shown[id] !== html) document.getElementById(id).innerHTML = shown[id] = html;
  }
  if (focused) document.getElementById(focused)?.focus();
};
const trouble = async () => {
  let response;
  try {
    response = await fetch('/page.json', { signal: AbortSignal.timeout(3000) });
  } catch {
    return 'Nobody answers: is it still running?';
  }
  if (!response.ok) return 'It runs, and this page fails (' + response.status + '): ' + (await response.text()).slice(0, 300);
  const { parts } = await response.json();
  if (String(getSelection()) === '') show(parts);
  return '';
};
const refresh = async () => {
  lost.textContent = await trouble().catch((error) => 'What it answers is none of this page: ' + error.message);
  lost.hidden = lost.textContent === '';
  setTimeout(refresh, 1000);
};
setTimeout(refresh, 1000);
`;
