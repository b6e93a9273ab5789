//! The pages, in a real browser: headless Chromium opens them, clicks, types and steps; what is on screen is
//! asserted, and that the console stays silent and nothing is asked for from anywhere. Pictures are kept in
//! `target/screenshots`.
//!
//! Without Chromium and its driver (Debian: `chromium`, `chromium-driver`) the test says so and is skipped.
//! One browser for all scenes; a word on the command line picks those whose name has it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end so")]

#[path = "browser/driver.rs"]
mod driver;
#[path = "browser/scenes.rs"]
mod scenes;

use std::cell::{Cell, RefCell};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use driver::Browser;

/// What a scene works with.
struct Stage {
    browser: Browser,
    pages: PathBuf,
    pictures: PathBuf,
    opened: RefCell<String>,
    /// How many requests were seen, for the page itself.
    requests: Cell<usize>,
}

impl Stage {
    /// Writes a page with dryhop, and opens it at 1280 × 800, light.
    fn open(&self, name: &str, arguments: &[&str]) {
        let file = self.pages.join(format!("{name}.html"));
        let output = file.to_str().unwrap();
        let arguments: Vec<String> = arguments
            .iter()
            .map(|word| word.replace("{}", output))
            .collect();
        let done = Command::new(env!("CARGO_BIN_EXE_dryhop"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(&arguments)
            .output()
            .unwrap();
        assert!(
            done.stderr.is_empty(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        self.silent();
        self.browser.look(1280, 800, false);
        *self.opened.borrow_mut() = format!("file://{}", file.display());
        self.browser.open(&file);
        self.browser.wait(
            "the script",
            "return document.documentElement.classList.contains('live')",
        );
    }

    /// Asserts that the page was silent, and asked for nothing but itself.
    fn silent(&self) {
        let (console, requests) = self.browser.heard();
        assert!(console.is_empty(), "the console says {console:?}");
        let own = self.opened.borrow();
        let foreign: Vec<&String> = requests.iter().filter(|url| **url != *own).collect();
        assert!(foreign.is_empty(), "these were asked for: {foreign:?}");
        self.requests.set(self.requests.get() + requests.len());
    }

    /// Takes a picture of what is shown, wide and narrow, light and dark.
    fn pictures(&self, name: &str) {
        for (width, height) in [(1280, 800), (400, 800)] {
            for dark in [false, true] {
                self.browser.look(width, height, dark);
                let theme = if dark { "dark" } else { "light" };
                self.picture(&format!("{name}-{width}-{theme}"));
            }
        }
        self.browser.look(1280, 800, false);
    }

    fn picture(&self, name: &str) {
        self.browser
            .picture(&self.pictures.join(format!("{name}.png")));
    }

    /// Asserts what a script says.
    fn holds(&self, script: &str) {
        let came = self.browser.run(&format!("return ({script})"));
        assert_eq!(came, serde_json::Value::Bool(true), "{script}");
    }

    /// The text that something shows.
    fn shown(&self, selector: &str) -> String {
        self.browser.text(&format!(
            "return document.querySelector({selector:?}).innerText"
        ))
    }

    /// What was said last to who listens to the page.
    fn said(&self) -> String {
        self.browser
            .text("return document.getElementById('live').textContent")
    }
}

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let scenes: Vec<_> = scenes::ALL
        .iter()
        .filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|word| name.contains(&**word)))
        .collect();
    if std::env::args().any(|word| word == "--list") || scenes.is_empty() {
        return;
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let pictures = target.parent().unwrap_or(target).join("screenshots");
    let pages = target.join("pages");
    for folder in [&pictures, &pages] {
        fs::create_dir_all(folder).unwrap();
    }
    let browser = match Browser::start(target) {
        Ok(browser) => browser,
        Err(why) => {
            println!("SKIPPED: the pages were not looked at in a browser: {why}");
            return;
        }
    };
    println!("\nrunning {} scenes in a browser", scenes.len());
    let stage = Stage {
        browser,
        pages,
        pictures,
        opened: RefCell::default(),
        requests: Cell::default(),
    };
    for (name, scene) in scenes {
        scene(&stage);
        stage.silent();
        println!("scene {name} ... ok");
    }
    assert!(stage.requests.get() > 0, "requests are not seen");
    println!("\npictures are in {}", stage.pictures.display());
}
