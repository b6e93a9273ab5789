//! The one style sheet of the picture: every colour is a custom property, once light and once dark.

/// The style sheet.
pub(super) const STYLE: &str = "
.dryhop, [data-theme=\"light\"] .dryhop, .dryhop[data-theme=\"light\"] {
  --ground: #ffffff; --ink: #1b1f24; --soft: #57606a; --region: #f6f8fa; --region-line: #afb8c1;
  --vnet: #eef4fb; --vnet-line: #4a86c5; --subnet: #ffffff; --subnet-line: #9db9d6; --outside: #fbf7ef;
  --outside-line: #b59a62; --node: #ffffff; --node-line: #6e7781; --sign: #0b5cad; --peering: #3b78b8;
  --tunnel: #8250df; --circuit: #a8480f; --internet: #1a7f6b; --local: #8c959f; --private-link: #bf3989;
  --nsg: #ddeaf8; --nsg-ink: #0b4a8b; --route-table: #e9e2fa; --route-table-ink: #5a32a3;
  --bad: #c01c28; --good: #1a7f37; --p1: #0969da; --p2: #bc4c00; --p3: #8250df; --p4: #1a7f37; --p5: #bf3989;
  --p6: #7d6500; --mid: #9a6700;
}
@media (prefers-color-scheme: dark) {
  .dryhop {
    --ground: #0d1117; --ink: #e6edf3; --soft: #9da7b3; --region: #11161d; --region-line: #545d68;
    --vnet: #131f2e; --vnet-line: #4d8fd6; --subnet: #0f1722; --subnet-line: #3d5a7a; --outside: #1d1a12;
    --outside-line: #87744a; --node: #1b222c; --node-line: #768390; --sign: #6cb6ff; --peering: #6aa5e0;
    --tunnel: #b191f5; --circuit: #e0915a; --internet: #4fc3ab; --local: #768390; --private-link: #e275ad;
    --nsg: #17304d; --nsg-ink: #a5cdf7; --route-table: #2d2250; --route-table-ink: #cbb8f8;
    --bad: #ff7b72; --good: #56d364; --p1: #58a6ff; --p2: #f0883e; --p3: #bc8cff; --p4: #56d364; --p5: #f778ba;
    --p6: #d4b106; --mid: #d29922;
  }
}
[data-theme=\"dark\"] .dryhop, .dryhop[data-theme=\"dark\"] {
  --ground: #0d1117; --ink: #e6edf3; --soft: #9da7b3; --region: #11161d; --region-line: #545d68;
  --vnet: #131f2e; --vnet-line: #4d8fd6; --subnet: #0f1722; --subnet-line: #3d5a7a; --outside: #1d1a12;
  --outside-line: #87744a; --node: #1b222c; --node-line: #768390; --sign: #6cb6ff; --peering: #6aa5e0;
  --tunnel: #b191f5; --circuit: #e0915a; --internet: #4fc3ab; --local: #768390; --private-link: #e275ad;
  --nsg: #17304d; --nsg-ink: #a5cdf7; --route-table: #2d2250; --route-table-ink: #cbb8f8;
  --bad: #ff7b72; --good: #56d364; --p1: #58a6ff; --p2: #f0883e; --p3: #bc8cff; --p4: #56d364; --p5: #f778ba;
  --p6: #d4b106; --mid: #d29922;
}
.dryhop text { font-family: system-ui, \"Segoe UI\", Roboto, \"Helvetica Neue\", Arial, sans-serif; fill: var(--ink); }
.dryhop .b { font-weight: 600; }
.dryhop .ground { fill: var(--ground); }
.dryhop .detail { fill: var(--soft); }
.dryhop .box { stroke-width: 1; }
.dryhop .region > .box { fill: var(--region); stroke: var(--region-line); stroke-dasharray: 6 4; }
.dryhop .vnet > .box { fill: var(--vnet); stroke: var(--vnet-line); stroke-width: 1.5; }
.dryhop .subnet > .box { fill: var(--subnet); stroke: var(--subnet-line); }
.dryhop .outside > .box { fill: var(--outside); stroke: var(--outside-line); }
.dryhop .node > .box { fill: var(--node); stroke: var(--node-line); }
.dryhop .node.used > .box { stroke: var(--ink); stroke-width: 2; }
.dryhop .node.down > .box { stroke: var(--bad); stroke-dasharray: 4 3; }
.dryhop .icon { fill: none; stroke: var(--sign); stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; }
.dryhop .badge .pill { fill: var(--nsg); }
.dryhop .badge text { fill: var(--nsg-ink); }
.dryhop .badge.route-table .pill { fill: var(--route-table); }
.dryhop .badge.route-table text { fill: var(--route-table-ink); }
.dryhop .line { fill: none; stroke: var(--local); stroke-width: 1.4; }
.dryhop .edge .pill { fill: var(--ground); stroke: var(--local); stroke-width: 1; }
.dryhop .peering .line { stroke: var(--peering); stroke-width: 2.4; }
.dryhop .tunnel .line { stroke: var(--tunnel); stroke-width: 2; stroke-dasharray: 9 4; }
.dryhop .edge.circuit .line { stroke: var(--circuit); stroke-width: 3.2; }
.dryhop .edge.internet .line { stroke: var(--internet); stroke-width: 1.6; stroke-dasharray: 2 3; stroke-linecap: round; }
.dryhop .private-link .line { stroke: var(--private-link); stroke-dasharray: 5 3; }
.dryhop .edge.broken .line { stroke: var(--bad); stroke-dasharray: 3 5; }
.dryhop .edge.broken .pill { stroke: var(--bad); }
.dryhop .edge.broken text { fill: var(--bad); }
.dryhop .sample.edge text, .dryhop .sample.badge text { fill: var(--ink); }
.dryhop .path .line { stroke: var(--way); stroke-width: 3; }
.dryhop .path .head { fill: var(--way); }
.dryhop .path .hop .pill { fill: var(--way); }
.dryhop .path .hop text { fill: var(--ground); }
.dryhop .return .line { stroke-width: 2; stroke-dasharray: 7 5; }
.dryhop .beyond .line { stroke-width: 1.6; stroke-dasharray: 1 5; stroke-linecap: round; }
.dryhop .beyond .hop .pill { fill: var(--ground); stroke: var(--way); stroke-dasharray: 3 2; }
.dryhop .beyond .hop text { fill: var(--ink); }
.dryhop .sample.beyond { --way: var(--soft); }
.dryhop .stop .pill { fill: var(--bad); }
.dryhop .stop text { fill: var(--ground); }
.dryhop .cross circle { fill: var(--ground); stroke: var(--bad); stroke-width: 2; }
.dryhop .cross path { stroke: var(--bad); stroke-width: 2.4; stroke-linecap: round; fill: none; }
.dryhop .p1 { --way: var(--p1); }
.dryhop .p2 { --way: var(--p2); }
.dryhop .p3 { --way: var(--p3); }
.dryhop .p4 { --way: var(--p4); }
.dryhop .p5 { --way: var(--p5); }
.dryhop .p6 { --way: var(--p6); }
.dryhop .mark .line { stroke: var(--way); stroke-width: 2.6; }
.dryhop .mark .head, .dryhop .mark .pill { fill: var(--way); }
.dryhop .mark text { fill: var(--ground); font-weight: 600; }
.dryhop .sample.mark text { fill: var(--ink); font-weight: 400; }
.dryhop .opened { --way: var(--good); }
.dryhop .closed, .dryhop .lost.mark, .dryhop .broken.mark { --way: var(--bad); }
.dryhop .rerouted { --way: var(--p1); }
.dryhop .slowed { --way: var(--mid); }
.dryhop .closed .line, .dryhop .broken.mark .line { stroke-dasharray: 4 4; }
.dryhop .rerouted .line { stroke-dasharray: 10 3 2 3; }
";
