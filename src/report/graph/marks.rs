//! Marks of a comparison or of a failure: their ends are found by name.

use super::build::Builder;
use super::scene::{Mark, PlacedMark};

/// Adds marks. An end that is nothing that is drawn gets a node of its own.
pub(super) fn draw(builder: &mut Builder<'_>, marks: &[Mark]) {
    for (at, mark) in marks.iter().enumerate() {
        let from = end(builder, &mark.from);
        let to = mark.to.as_ref().map(|name| end(builder, name));
        builder.scene.marks.push(PlacedMark {
            number: at + 1,
            kind: mark.kind,
            from,
            to,
            label: mark.label.clone(),
        });
    }
}

fn end(builder: &mut Builder<'_>, name: &str) -> String {
    if name.eq_ignore_ascii_case("internet") {
        return builder.internet();
    }
    match builder.scene.find(name) {
        Some(id) => id.to_owned(),
        None => builder.stranger(name, ""),
    }
}
