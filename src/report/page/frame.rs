//! The page's frame: head, policy, drawing, panel, document and script.

use std::fmt::Write;

use data_encoding::BASE64;
use sha2::{Digest, Sha256};

use super::data::{Data, Mark};
use super::escape::{escaped, in_script};

const STYLE: &str = include_str!("page.css");

/// One script, so that nothing of it is seen outside.
const SCRIPT: &str = concat!(
    "(() => {\n'use strict';\ndocument.documentElement.classList.add('live');\n",
    include_str!("script/dom.js"),
    include_str!("script/view.js"),
    include_str!("script/ways.js"),
    include_str!("script/panel.js"),
    include_str!("script/page.js"),
    "})();\n"
);

/// What a page shows.
#[derive(Debug, Clone)]
pub struct Page {
    /// What it is about: the topology's name.
    pub title: String,
    /// What was asked, and how it stands.
    pub verdict: Option<Verdict>,
    /// The drawing, an `<svg>`.
    pub drawing: String,
    /// The same as text: what there is without scripts.
    pub text: String,
    /// What the script shows.
    pub data: Data,
}

/// How the whole stands.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Its mark.
    pub mark: Mark,
    /// The word for it.
    pub word: String,
    /// What it is of.
    pub of: String,
}

impl Page {
    /// The file.
    ///
    /// # Errors
    /// Where the data have no form in JSON, which none of this module's has.
    pub fn html(&self) -> Result<String, serde_json::Error> {
        let data = in_script(&serde_json::to_string(&self.data)?);
        let mut out = String::with_capacity(self.drawing.len() + data.len() + 80_000);
        self.head(&mut out);
        self.body(&mut out);
        let _ = write!(
            out,
            "<script type=\"application/json\" id=\"data\">{data}</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
        );
        Ok(out)
    }

    fn head(&self, out: &mut String) {
        let title = match &self.verdict {
            Some(verdict) => format!("{} {} – {}", verdict.word, verdict.of, self.title),
            None => self.title.clone(),
        };
        let many = if self.data.rows.len() > 1 {
            " class=\"many\""
        } else {
            ""
        };
        let styles = std::iter::once(STYLE).chain(styles(&self.drawing));
        let _ = write!(
            out,
            "<!doctype html>\n<html lang=\"en\"{many}>\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
             <title>{}</title>\n<style>{STYLE}</style>\n</head>\n",
            policy(styles, &[SCRIPT]),
            escaped(&title),
        );
    }

    fn body(&self, out: &mut String) {
        out.push_str("<body>\n<a class=\"skip\" href=\"#panel\">To the answer</a>\n<div class=\"page\">\n<header>\n<div>");
        let _ = write!(out, "<h1>{}</h1>", escaped(&self.title));
        if let Some(Verdict { mark, word, of }) = &self.verdict {
            let _ = write!(
                out,
                "<p class=\"verdict {}\"><span class=\"sign {0}\" aria-hidden=\"true\">{}</span> <strong>{}</strong> {}</p>",
                mark.word(),
                mark.sign(),
                escaped(word),
                escaped(of)
            );
        }
        out.push_str(SEARCH);
        if self.data.rows.len() > 1 {
            out.push_str(LIST);
        }
        out.push_str(TOOLS);
        out.push_str(&self.drawing);
        out.push_str(PANEL);
        let _ = write!(
            out,
            "<section id=\"text\" aria-label=\"As text\"><pre tabindex=\"0\">{}</pre></section>\n</section>\n</main>\n\
             <p id=\"live\" class=\"unseen\" role=\"status\" aria-live=\"polite\"></p>\n</div>\n",
            escaped(&self.text)
        );
    }
}

const SEARCH: &str = r#"</div>
<div class="acts">
<div class="tool"><label for="search" class="unseen">Search by name or address</label>
<input id="search" type="search" placeholder="Search name or address" autocomplete="off" role="combobox" aria-expanded="false" aria-controls="results" aria-autocomplete="list">
<ul id="results" role="listbox" aria-label="Found" hidden></ul></div>
<div class="tool"><button type="button" id="theme" aria-pressed="false">Dark</button>
<button type="button" id="print">Print</button></div>
</div>
</header>
<main>
"#;

const LIST: &str = r#"<nav class="list" aria-label="Checks">
<div class="filters"><label for="filter" class="unseen">Only those whose name has</label>
<input id="filter" type="search" placeholder="Filter by name" autocomplete="off">
<label><input type="checkbox" id="failed"> Only what does not hold <span id="count" role="status"></span></label></div>
<ul id="rows"></ul>
</nav>
"#;

const TOOLS: &str = r##"<section id="drawing" aria-label="Drawing">
<div class="toolbar acts" role="toolbar" aria-label="View">
<button type="button" id="in" aria-label="Zoom in">+</button>
<button type="button" id="out" aria-label="Zoom out">−</button>
<button type="button" id="fit" aria-label="Fit the whole drawing">Fit</button>
<button type="button" id="fold" aria-label="Fold or unfold all virtual networks">Fold all</button>
<details class="popup"><summary>Legend</summary><div id="legend"></div></details>
<details class="popup"><summary>Keys</summary><dl>
<dt>← →</dt><dd>the hop before, the next one</dd>
<dt>in the drawing: ← → ↑ ↓</dt><dd>pan; <kbd>n</kbd> and <kbd>p</kbd> step</dd>
<dt>+ − 0</dt><dd>in the drawing: zoom in, out, fit</dd>
<dt>Tab, Enter</dt><dd>through what is drawn, and choose it</dd>
<dt>/</dt><dd>search</dd>
<dt>Esc</dt><dd>close what was chosen</dd>
</dl></details>
</div>
<div id="canvas" tabindex="0" role="group" aria-label="Drawing: arrow keys pan, plus and minus zoom, 0 fits, Tab goes through what is drawn">
"##;

const PANEL: &str = r#"
</div>
<div id="stepper" class="acts" role="group" aria-label="Step along the path" hidden>
<button type="button" id="previous" aria-label="Previous hop">◀</button>
<span id="where"></span>
<button type="button" id="next" aria-label="Next hop">▶</button>
</div>
</section>
<section id="panel" tabindex="-1" aria-label="Answer">
<div id="thing"></div>
<div id="details"></div>
"#;

/// The policy of a page with these styles and scripts in it: nothing else, from nowhere.
#[must_use]
pub fn policy<'s>(styles: impl IntoIterator<Item = &'s str>, scripts: &[&str]) -> String {
    let digest = |text: &str| format!("'sha256-{}'", BASE64.encode(&Sha256::digest(text)));
    let all = |texts: Vec<String>| match texts.is_empty() {
        true => "'none'".to_owned(),
        false => texts.join(" "),
    };
    let styles = all(styles.into_iter().map(digest).collect());
    let scripts = all(scripts.iter().copied().map(digest).collect());
    format!(
        "default-src 'none'; style-src {styles}; script-src {scripts}; base-uri 'none'; form-action 'none'"
    )
}

/// What stands in the `<style>` elements of a drawing.
fn styles(drawing: &str) -> impl Iterator<Item = &str> {
    let pieces = drawing.split("<style").skip(1);
    pieces.filter_map(|piece| {
        let (_, inside) = piece.split_once('>')?;
        Some(inside.split_once("</style>")?.0)
    })
}
