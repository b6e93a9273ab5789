//! A headless Chromium, driven by its WebDriver (`chromedriver`) over HTTP on this machine.
//!
//! W3C WebDriver, and what Chromium adds to it: logs (`goog:loggingPrefs`) and commands of its developer
//! tools (`goog/cdp/execute`).

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use ureq::Agent;

/// Where Debian and others put them.
const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome"];

/// Nothing of a browser's own that goes to the network.
const ARGUMENTS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--lang=en",
];

/// A running browser with one window; both end with it.
pub struct Browser {
    driver: Child,
    /// Kept, so that it can go on writing.
    _output: BufReader<ChildStdout>,
    agent: Agent,
    session: String,
    profile: PathBuf,
}

fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let all = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    all.into_iter().find(|file| file.is_file())
}

impl Browser {
    /// Starts it, with an empty profile in `folder`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn start(folder: &Path) -> Result<Self, String> {
        let missing = |what: &str| format!("{what} is not installed");
        let browser = find(BROWSERS).ok_or_else(|| missing("chromium"))?;
        let driver = find(&["chromedriver"]).ok_or_else(|| missing("chromedriver"))?;
        let profile = folder.join(format!("profile-{}", std::process::id()));
        let _ = fs::remove_dir_all(&profile);
        fs::create_dir_all(&profile).map_err(|fault| fault.to_string())?;
        let mut driver = Command::new(driver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|fault| format!("chromedriver does not start: {fault}"))?;
        let output = driver.stdout.take().map(BufReader::new);
        let mut output = output.ok_or("chromedriver says nothing")?;
        let port = port(&mut output).ok_or("chromedriver does not say where it listens")?;
        let agent = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(120)))
            .http_status_as_error(false)
            .build();
        let mut started = Self {
            driver,
            _output: output,
            agent: agent.into(),
            session: format!("http://127.0.0.1:{port}/session"),
            profile,
        };
        let mut arguments: Vec<String> = ARGUMENTS.iter().map(|&text| text.to_owned()).collect();
        arguments.push(format!("--user-data-dir={}", started.profile.display()));
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments, "binary": browser },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        } } });
        let made = started.send("", Some(&wanted))?;
        let id = made["sessionId"].as_str().ok_or("no session")?;
        started.session = format!("{}/{id}", started.session);
        // What its own start page asks for is none of ours.
        started.post("/url", json!({ "url": "about:blank" }));
        started.heard();
        Ok(started)
    }

    fn send(&self, path: &str, body: Option<&Value>) -> Result<Value, String> {
        let url = format!("{}{path}", self.session);
        let sent = match body {
            Some(body) => self
                .agent
                .post(&url)
                .content_type("application/json")
                .send(body.to_string()),
            None => self.agent.get(&url).call(),
        };
        let mut sent = sent.map_err(|fault| format!("{path}: {fault}"))?;
        let body = sent
            .body_mut()
            .with_config()
            .limit(64 << 20)
            .read_to_string();
        let body = body.map_err(|fault| format!("{path}: {fault}"))?;
        let mut body: Value = serde_json::from_str(&body).map_err(|fault| fault.to_string())?;
        let value = body["value"].take();
        match value["error"].as_str() {
            Some(error) => Err(format!("{path}: {error}: {}", value["message"])),
            None => Ok(value),
        }
    }

    fn post(&self, path: &str, body: Value) -> Value {
        self.send(path, Some(&body)).unwrap()
    }

    /// A command of the developer tools.
    pub fn tool(&self, command: &str, parameters: Value) -> Value {
        self.post(
            "/goog/cdp/execute",
            json!({ "cmd": command, "params": parameters }),
        )
    }

    /// Opens a file.
    pub fn open(&self, file: &Path) {
        self.post(
            "/url",
            json!({ "url": format!("file://{}", file.display()) }),
        );
    }

    /// How wide and high the window is, in pixels, and whether it is dark.
    pub fn look(&self, width: u32, height: u32, dark: bool) {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.tool("Emulation.setDeviceMetricsOverride", metrics);
        self.media("", dark);
    }

    /// The medium (`print`, or nothing for the screen), and whether it is dark.
    pub fn media(&self, medium: &str, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        let media = json!({ "media": medium, "features": features });
        self.tool("Emulation.setEmulatedMedia", media);
    }

    /// What a script returns.
    pub fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", json!({ "script": script, "args": [] }))
    }

    /// The text that a script returns.
    pub fn text(&self, script: &str) -> String {
        self.run(script).as_str().unwrap_or_default().to_owned()
    }

    /// Waits until a script returns true.
    pub fn wait(&self, what: &str, script: &str) {
        let end = Instant::now() + Duration::from_secs(10);
        while self.run(script) != Value::Bool(true) {
            assert!(Instant::now() < end, "this does not come: {what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Clicks on what a selector finds, as a mouse would: on what lies on top there.
    pub fn click(&self, selector: &str) {
        let found = self.post(
            "/element",
            json!({ "using": "css selector", "value": selector }),
        );
        let id = found.as_object().unwrap().values().next().unwrap();
        self.post(
            &format!("/element/{}/click", id.as_str().unwrap()),
            json!({}),
        );
    }

    /// Types, where the focus is.
    pub fn keys(&self, keys: &[&str]) {
        let pressed = keys
            .iter()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key })));
        let pressed: Vec<Value> = pressed.collect();
        let actions = json!({ "actions": [{ "type": "key", "id": "keys", "actions": pressed }] });
        self.post("/actions", actions);
    }

    /// Types a text.
    pub fn write(&self, text: &str) {
        let letters: Vec<String> = text.chars().map(String::from).collect();
        self.keys(&letters.iter().map(String::as_str).collect::<Vec<_>>());
    }

    /// A picture of the window, kept as `file`.
    pub fn picture(&self, file: &Path) {
        let taken = self.tool("Page.captureScreenshot", json!({ "format": "png" }));
        let bytes = data_encoding::BASE64.decode(taken["data"].as_str().unwrap().as_bytes());
        fs::write(file, bytes.unwrap()).unwrap();
    }

    /// What the console says, and every request since it was asked for the last time.
    pub fn heard(&self) -> (Vec<String>, Vec<String>) {
        let log = |kind: &str| {
            let entries = self.post("/se/log", json!({ "type": kind }));
            let entries = entries.as_array().unwrap().iter();
            let messages = entries.map(|entry| entry["message"].as_str().unwrap().to_owned());
            messages.collect::<Vec<String>>()
        };
        let requests = log("performance").into_iter().filter_map(|message| {
            let message: Value = serde_json::from_str(&message).unwrap();
            let event = &message["message"];
            (event["method"] == "Network.requestWillBeSent").then(|| {
                event["params"]["request"]["url"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
        });
        let requests = requests.collect();
        (log("browser"), requests)
    }
}

/// The port that it has chosen.
fn port(output: &mut impl BufRead) -> Option<u16> {
    let mut line = String::new();
    while output.read_line(&mut line).is_ok_and(|length| length > 0) {
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            return port.trim().trim_end_matches('.').parse().ok();
        }
        line.clear();
    }
    None
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}
