//! Coordinates for a scene, in pixels: boxes in boxes, nodes in them, lines routed around them, and every
//! text with the room that it takes.
//!
//! All boxes stand on a lattice of [`PITCH`] pixels, and lines run along it (`route`). Nothing that is
//! written lies over anything else that is: each text is cut to the room that it was given, and a text at
//! a line is only set where nothing else is (`labels`).

mod contents;
mod frames;
mod labels;
mod lattice;
mod legend;
mod pack;
mod pieces;
mod route;
mod search;

pub(super) use contents::{badge_text, notes};
pub use pieces::{
    Area, Drawing, DrawnFrame, DrawnNode, Item, Line, Note, Pill, Point, Sample, Text,
};

use super::scene::Scene;

/// The distance of the lattice's lines.
pub(super) const PITCH: i32 = 10;

/// The coordinates of a scene.
#[must_use]
pub fn layout(scene: &Scene) -> Drawing {
    let mut drawing = frames::place(scene);
    route::route(scene, &mut drawing);
    labels::write(scene, &mut drawing);
    legend::write(scene, &mut drawing);
    drawing
}
