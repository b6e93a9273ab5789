//! What every drawing keeps to.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use dryhop::report::graph::{Area, Drawing, Item, Scene, layout, svg};
use quick_xml::Reader;
use quick_xml::events::Event;

/// Draws a scene, and looks whether the drawing is as it should be; its SVG. `PICTURES_TO` names a folder
/// that all of them are written to, for people to look at.
pub fn sound(what: &str, scene: &Scene) -> String {
    let drawing = layout(scene);
    texts(what, &drawing);
    boxes(what, scene, &drawing);
    lines(what, scene, &drawing);
    let text = svg(scene, &drawing);
    if let Some(folder) = std::env::var_os("PICTURES_TO") {
        let name = what.replace(|letter: char| !letter.is_alphanumeric(), "-");
        fs::write(Path::new(&folder).join(name + ".svg"), &text).unwrap();
    }
    assert_eq!(
        text,
        svg(scene, &layout(scene)),
        "{what}: not the same twice"
    );
    document(what, scene, &text);
    text
}

/// No text lies over another, nor leaves the picture.
fn texts(what: &str, drawing: &Drawing) {
    let all = drawing.texts();
    let whole = Area {
        x: 0,
        y: drawing.top,
        w: drawing.width,
        h: drawing.height - drawing.top,
    };
    let mut sorted: Vec<_> = all.iter().collect();
    sorted.sort_by_key(|text| text.area.y);
    for (at, one) in sorted.iter().enumerate() {
        assert!(
            whole.contains(&one.area),
            "{what}: `{}` leaves the picture",
            one.text
        );
        for other in sorted.iter().skip(at + 1) {
            if other.area.y > one.area.y + one.area.h {
                break;
            }
            assert!(
                !one.area.overlaps(&other.area),
                "{what}: `{}` lies over `{}`: {:?} {:?}",
                one.text,
                other.text,
                one.area,
                other.area
            );
        }
    }
}

/// Everything lies in its box, and beside its neighbours.
fn boxes(what: &str, scene: &Scene, drawing: &Drawing) {
    assert_eq!(scene.boxes.len(), drawing.frames.len(), "{what}");
    let frames = scene.boxes.iter().zip(&drawing.frames);
    let frames = frames.map(|(own, drawn)| (&own.id, own.parent.as_deref(), drawn.area));
    let nodes = scene.nodes.iter().zip(&drawing.nodes);
    let nodes = nodes.map(|(own, drawn)| (&own.id, own.parent.as_deref(), drawn.area));
    let all: Vec<_> = frames.chain(nodes).collect();
    for (at, (id, parent, area)) in all.iter().enumerate() {
        if let Some(parent) = parent {
            let outer = drawing.area(parent).unwrap();
            assert!(outer.contains(area), "{what}: {id} leaves {parent}");
        }
        for (other, same, beside) in all.iter().skip(at + 1) {
            if same == parent {
                assert!(!area.overlaps(beside), "{what}: {id} lies over {other}");
            }
        }
    }
    for (node, drawn) in scene.nodes.iter().zip(&drawing.nodes) {
        let badges = drawn.badges.iter().map(|pill| pill.area);
        let notes = drawn.notes.iter().map(|note| note.pill.area);
        let texts = [Some(drawn.name.area), drawn.detail.as_ref().map(|t| t.area)];
        for area in badges.chain(notes).chain(texts.into_iter().flatten()) {
            assert!(
                drawn.area.contains(&area),
                "{what}: what is written leaves {}",
                node.id
            );
        }
    }
    for (frame, drawn) in scene.boxes.iter().zip(&drawing.frames) {
        let badges = drawn.badges.iter().map(|pill| pill.area);
        let texts = [Some(drawn.name.area), drawn.detail.as_ref().map(|t| t.area)];
        for area in badges.chain(texts.into_iter().flatten()) {
            assert!(
                drawn.area.contains(&area),
                "{what}: what is written leaves {}",
                frame.id
            );
        }
    }
}

/// Every line runs from its one end to the other along the lattice, and through no node.
fn lines(what: &str, scene: &Scene, drawing: &Drawing) {
    for at in 0..scene.edges.len() {
        let line = drawing.line(Item::Edge(at)).expect(what);
        let edge = &scene.edges[at];
        let part = &line.parts[0];
        for (end, id) in [(part.first(), &edge.from), (part.last(), &edge.to)] {
            let (end, area) = (end.expect(what), drawing.area(id).unwrap());
            let on = area.x <= end.x
                && end.x <= area.x + area.w
                && area.y <= end.y
                && end.y <= area.y + area.h;
            assert!(on, "{what}: {} does not end at {id}", edge.id);
        }
    }
    for line in &drawing.lines {
        for pair in line.parts.iter().flat_map(|part| part.windows(2)) {
            let [from, to] = pair else { unreachable!() };
            assert!(from.x == to.x || from.y == to.y, "{what}: a slanted line");
            let run = Area {
                x: from.x.min(to.x),
                y: from.y.min(to.y),
                w: (from.x - to.x).abs(),
                h: (from.y - to.y).abs(),
            };
            for (node, drawn) in scene.nodes.iter().zip(&drawing.nodes) {
                let inner = Area {
                    x: drawn.area.x + 1,
                    y: drawn.area.y + 1,
                    w: drawn.area.w - 2,
                    h: drawn.area.h - 2,
                };
                let thick = Area {
                    w: run.w.max(1),
                    h: run.h.max(1),
                    ..run
                };
                assert!(
                    !thick.overlaps(&inner),
                    "{what}: {:?} runs through {}",
                    line.item,
                    node.id
                );
            }
        }
    }
}

/// The document is well-formed, every id is given once, what is referred to is there, and nothing is asked
/// for from elsewhere.
fn document(what: &str, scene: &Scene, text: &str) {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let (mut ids, mut ends) = (HashSet::new(), Vec::new());
    let mut names = Vec::new();
    loop {
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(fault) => panic!("{what}: {fault}"),
        };
        let (Event::Start(element) | Event::Empty(element)) = event else {
            if matches!(event, Event::Eof) {
                break;
            }
            continue;
        };
        for attribute in element.attributes() {
            let attribute = attribute.unwrap();
            let key = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
            let value = attribute
                .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                .unwrap()
                .into_owned();
            assert!(!key.starts_with("on") && !key.contains("href") && key != "style");
            match key.as_str() {
                "id" => assert!(ids.insert(value.clone()), "{what}: {value} is given twice"),
                "data-from" | "data-to" | "data-node" | "data-parent" => ends.push(value),
                "data-name" => names.push(value),
                _ => {}
            }
        }
    }
    for end in ends {
        assert!(ids.contains(&end), "{what}: {end} is not drawn");
    }
    for node in &scene.nodes {
        let clean = !node.name.chars().any(char::is_control);
        assert!(
            !clean || node.name.contains('\u{202e}') || names.contains(&node.name),
            "{what}: {} has lost its name",
            node.name
        );
    }
}
