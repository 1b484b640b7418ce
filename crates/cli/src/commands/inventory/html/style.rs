//! How the report looks: by day, by night, on a telephone and on paper.

pub(super) const CSS: &str = r"
:root { --ink:#1b1f24; --paper:#ffffff; --soft:#f3f5f7; --rule:#d5dae0; --faint:#59636e; --good:#1a7f4b; --bad:#b3261e; --warn:#8a5a00; --past:#3056b8; }
@media screen and (prefers-color-scheme: dark) {
  :root { --ink:#e6e9ed; --paper:#14181d; --soft:#1e242b; --rule:#3a424c; --faint:#a3adb8; --good:#4cc38a; --bad:#ff8a80; --warn:#f0b849; --past:#8fb0ff; }
}
* { box-sizing:border-box }
body { margin:0 auto; max-width:76rem; padding:1.25rem; background:var(--paper); color:var(--ink); font:16px/1.5 system-ui,sans-serif; overflow-wrap:anywhere }
h1, h2 { text-wrap:balance } h1 { font-size:1.7rem; margin:0 0 .25rem } h2 { font-size:1.2rem; margin:2.25rem 0 .6rem; border-bottom:1px solid var(--rule); padding-bottom:.25rem }
header p, figcaption { color:var(--faint); font-size:.9rem }
.tiles { list-style:none; display:grid; grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr)); gap:.75rem; padding:0; margin:0 }
.tile { background:var(--soft); border:1px solid var(--rule); border-left:.35rem solid var(--good); border-radius:.5rem; padding:.7rem .9rem; display:flex; flex-direction:column }
.tile.bad { border-left-color:var(--bad) }
.tile strong { font-size:1.8rem; line-height:1.1 } .tile em { font-style:normal; font-size:.85rem; color:var(--good) } .tile.bad em { color:var(--bad) }
figure { margin:0 } .bars { list-style:none; padding:0; margin:0 0 .5rem }
.bar { display:grid; grid-template-columns:minmax(7rem,14rem) 1fr minmax(9rem,17rem); gap:.75rem; align-items:center; padding:.2rem 0 }
.track { position:relative; height:1rem; background:var(--soft); border:1px solid var(--rule); border-radius:.25rem; print-color-adjust:exact; -webkit-print-color-adjust:exact }
.fill { position:absolute; inset:0 auto 0 0; border-radius:.2rem } .fill.good { background:var(--good) } .fill.bad { background:var(--bad) }
.line { position:absolute; top:-.25rem; bottom:-.25rem; border-left:2px dashed var(--ink) }
.dot { position:absolute; top:50%; width:.7rem; height:.7rem; margin:-.35rem 0 0 -.35rem; border-radius:50%; background:var(--past) }
.dot.next { background:var(--paper); border:.18rem solid var(--past) }
.value { font-size:.9rem; color:var(--faint) } .value strong { color:var(--bad) }
.swatch { display:inline-block; width:.7rem; height:.7rem; border-radius:50%; background:var(--past); position:static; margin-left:.6rem }
.swatch.next { background:var(--paper); border:.18rem solid var(--past) } .swatch.line { border-radius:0; width:0; height:1rem; background:none; border-left:2px dashed var(--ink); vertical-align:-.2rem }
.wide { overflow-x:auto; max-width:100% }
table { border-collapse:collapse; width:100%; font-size:.9rem }
th,td { text-align:left; vertical-align:top; padding:.4rem .6rem; border-bottom:1px solid var(--rule); min-width:4.5rem; overflow-wrap:anywhere }
thead th { background:var(--soft); font-size:.88em; color:var(--faint) } tbody th { font-weight:600; min-width:7.5rem }
.badge { display:inline-block; border:1px solid var(--rule); border-radius:1rem; padding:0 .6em; font-size:.87em; font-weight:600; white-space:nowrap }
.badge.error { color:var(--bad); border-color:var(--bad) } .badge.warning { color:var(--warn); border-color:var(--warn) } .badge.note { color:var(--faint) }
thead th, .short { overflow-wrap:break-word }
.matrix td.read { color:var(--good) } .matrix td.write { color:var(--warn); font-weight:600 } .matrix td.all { color:var(--bad); font-weight:700 } .matrix td.none { color:var(--faint) }
code { font-size:.85em; background:var(--soft); padding:0 .25em; border-radius:.25em }
@media screen and (max-width:40rem) {
  body { padding:.8rem; font-size:15px } .bar { grid-template-columns:1fr; gap:.15rem; padding:.45rem 0 } .bar .name { font-weight:600 }
  .tiles { grid-template-columns:1fr 1fr }
  table, tbody, tr, th, td { display:block } thead { position:absolute; width:1px; height:1px; overflow:hidden; clip-path:inset(50%) }
  tr { border:1px solid var(--rule); border-radius:.5rem; padding:.4rem .7rem; margin-bottom:.6rem }
  th, td, tbody th { border:0; padding:.15rem 0; min-width:0 } td { display:grid; grid-template-columns:7rem 1fr; gap:.5rem; align-items:baseline }
  td::before { content:attr(data-label); color:var(--faint); font-size:.8rem; font-weight:400 }
  .matrix td.none { display:none }
}
@media print { body { max-width:none; padding:0; font-size:10pt } section, tr, .bar, .tile { break-inside:avoid } section { break-inside:auto } .wide { overflow:visible } table { font-size:8pt } th, td, tbody th { min-width:0; padding:.25rem .3rem } }
";
