//! The picture of a network: what stands where, what joins it, and how a connection runs over it.
//!
//! Follows the graphical topology view of `network-watcher/connection-troubleshoot-overview`.
//!
//! Three steps, each pure and deterministic:
//!
//! 1. [`Scene`]: what is to be drawn, names and ids only. [`Scene::new`] makes it of a network, with the
//!    paths of answered checks and with [`Mark`]s: what two networks differ in, what a failure breaks. It
//!    serialises to JSON. [`Scene::focused`] leaves out what a connection in a large network does not touch.
//! 2. [`layout`]: `&Scene` to a [`Drawing`], the coordinates of it: nested boxes, nodes, routed lines.
//! 3. [`svg`]: both to text. [`mermaid`] and [`dot`] need the scene alone, for they leave the layout to
//!    their renderers.
//!
//! # The SVG, for what is built around it
//!
//! - Everything drawn is a `<g>` with a stable `id` (`n-…` for boxes and nodes, `e-…` for lines), the same
//!   as in the scene, a `class` that says its kind, `data-name` with the full name (what is drawn may be
//!   cut in the middle), and a `<title>` with name and facts.
//! - Boxes: `region`, `vnet`, `subnet`, `outside`; also `folded` where what is in it is not drawn. Nodes: `node` and one of `machine`, `appliance`,
//!   `firewall`, `gateway`, `load-balancer`, `private-endpoint`, `application-gateway`, `bastion`, `nat`,
//!   `route-server`, `service`, `site`, `circuit`, `internet`, `host`, `unknown`; also `down` where it is out of
//!   order, `folded` where it stands for several, `used` where a path comes by.
//! - Boxes and nodes have `data-x`, `data-y`, `data-w`, `data-h`, and `data-parent`, the id of the box that
//!   they stand in.
//! - Lines: `edge` and one of `peering`, `tunnel`, `circuit`, `internet`, `local`, `private-link`; also
//!   `broken` where nothing passes, `used` where a path crosses. They have `data-from` and `data-to`.
//! - Badges: `badge` and one of `nsg`, `route-table`, inside the group of what they are on.
//! - The `viewBox` begins above 0 where there is a title: coordinates are those of the drawing.
//! - A connection's ways: `<g class="path" data-path="1">` with a `<g class="step" data-step="2"
//!   data-node="n-…">` for each hop and the leg to it; also `blocked` where it is stopped, `beyond` where it
//!   would only have come by. The ways back are `class="path return"`, dashed, and have the number of their
//!   path. `data-answer` says of which answer where there are several.
//! - Marks of a comparison: `<g class="mark opened" data-mark="1">`, with the number in the legend.
//! - Colours are custom properties of one `<style>`: dark by `prefers-color-scheme`, and either way by
//!   `data-theme="dark"` or `"light"` on the root or on what it stands in.
//!
//! Colour never says anything alone: what is stopped has a cross, what is broken is crossed out, ways back
//! are dashed, marks have their sign.

mod build;
mod dot;
mod focus;
mod fold;

mod layout;
mod lines;
mod marks;
mod measure;
mod mermaid;
mod names;
mod outline;
mod outside;
mod paths;
mod scene;
mod svg;

pub use dot::dot;
pub use layout::{
    Area, Drawing, DrawnFrame, DrawnNode, Item, Line, Note, Pill, Point, Sample, Text, layout,
};
pub use mermaid::mermaid;
pub use outline::Outline;
pub use scene::{
    Badge, BadgeKind, Connection, Edge, EdgeKind, Frame, FrameKind, Mark, MarkKind, Node, NodeKind,
    PlacedMark, Scene, Stop, Way, WayStep,
};
pub use svg::svg;
