//! What a drawing consists of.

use std::collections::HashMap;

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Area {
    /// Its left edge.
    pub x: i32,
    /// Its upper edge.
    pub y: i32,
    /// How wide it is.
    pub w: i32,
    /// How high it is.
    pub h: i32,
}

impl Area {
    /// Whether two have a point in common that is on no edge.
    #[must_use]
    pub const fn overlaps(&self, other: &Self) -> bool {
        self.x < other.x + other.w
            && other.x < self.x + self.w
            && self.y < other.y + other.h
            && other.y < self.y + self.h
    }

    /// Whether another lies in it.
    #[must_use]
    pub const fn contains(&self, other: &Self) -> bool {
        self.x <= other.x
            && self.y <= other.y
            && other.x + other.w <= self.x + self.w
            && other.y + other.h <= self.y + self.h
    }

    pub(super) const fn moved(self, by: Point) -> Self {
        Self {
            x: self.x + by.x,
            y: self.y + by.y,
            ..self
        }
    }
}

/// A point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Point {
    /// From the left.
    pub x: i32,
    /// From above.
    pub y: i32,
}

/// A line of text, cut to the room that it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The room that it takes at most.
    pub area: Area,
    /// What is written.
    pub text: String,
    /// The size of its font.
    pub size: i32,
    /// Whether it is bold.
    pub bold: bool,
}

impl Text {
    /// Where its letters stand.
    #[must_use]
    pub const fn base(&self) -> i32 {
        self.area.y + self.area.h - self.size / 3
    }

    pub(super) fn shift(&mut self, by: Point) {
        self.area = self.area.moved(by);
    }
}

/// A text on a ground of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pill {
    /// Its ground.
    pub area: Area,
    /// What stands on it.
    pub text: Text,
}

impl Pill {
    pub(super) fn shift(&mut self, by: Point) {
        self.area = self.area.moved(by);
        self.text.shift(by);
    }
}

/// A box with its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawnFrame {
    /// Where it stands.
    pub area: Area,
    /// Its name.
    pub name: Text,
    /// Its ranges.
    pub detail: Option<Text>,
    /// Its badges, in the order of the scene.
    pub badges: Vec<Pill>,
}

/// A node with what is written in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawnNode {
    /// Where it stands.
    pub area: Area,
    /// Its name.
    pub name: Text,
    /// Its address.
    pub detail: Option<Text>,
    /// Its badges, in the order of the scene.
    pub badges: Vec<Pill>,
    /// What ways and marks say at it.
    pub notes: Vec<Note>,
}

/// Something that a way or a mark says at a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What says it.
    pub item: Item,
    /// What it says.
    pub pill: Pill,
}

/// What a note or a line belongs to, by positions in the scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Item {
    /// A line of the scene.
    Edge(usize),
    /// A hop: of which connection, which way, which step.
    Step(usize, usize, usize),
    /// What stops a packet at such a hop.
    Stop(usize, usize, usize),
    /// A mark.
    Mark(usize),
}

/// A line along the lattice, by its corners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is.
    pub item: Item,
    /// Its corners, from its start to its end. Several polylines where it comes by nodes.
    pub parts: Vec<Vec<Point>>,
    /// What is written at it.
    pub label: Option<Pill>,
}

/// A row of the legend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The room of the sign that it explains.
    pub sign: Area,
    /// The classes that make the sign look as in the picture.
    pub class: String,
    /// What it means.
    pub text: Text,
}

/// A scene with its coordinates.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Drawing {
    /// How wide it is.
    pub width: i32,
    /// Where it begins: above 0 where it has a title.
    pub top: i32,
    /// Where it ends.
    pub height: i32,
    /// The lines above the picture.
    pub title: Vec<Text>,
    /// The boxes, in the order of the scene.
    pub frames: Vec<DrawnFrame>,
    /// The nodes, in the order of the scene.
    pub nodes: Vec<DrawnNode>,
    /// The lines: edges in the order of the scene, then legs of ways, then marks.
    pub lines: Vec<Line>,
    /// The legend.
    pub legend: Vec<Sample>,
    pub(super) areas: HashMap<String, Area>,
}

impl Drawing {
    /// Where the box or the node of an id stands.
    #[must_use]
    pub fn area(&self, id: &str) -> Option<Area> {
        self.areas.get(id).copied()
    }

    /// The line of something.
    #[must_use]
    pub fn line(&self, item: Item) -> Option<&Line> {
        self.lines.iter().find(|line| line.item == item)
    }

    /// Every text that is written, legend and title included.
    #[must_use]
    pub fn texts(&self) -> Vec<&Text> {
        let mut all: Vec<&Text> = self.title.iter().collect();
        for frame in &self.frames {
            all.push(&frame.name);
            all.extend(&frame.detail);
            all.extend(frame.badges.iter().map(|pill| &pill.text));
        }
        for node in &self.nodes {
            all.push(&node.name);
            all.extend(&node.detail);
            all.extend(node.badges.iter().map(|pill| &pill.text));
            all.extend(node.notes.iter().map(|note| &note.pill.text));
        }
        let labels = self.lines.iter().filter_map(|line| line.label.as_ref());
        all.extend(labels.map(|pill| &pill.text));
        all.extend(self.legend.iter().map(|sample| &sample.text));
        all
    }
}
