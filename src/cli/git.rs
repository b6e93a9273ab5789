//! Files as they were at a revision, read by `git` from its repository; the work tree is not touched.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use dryhop::spec::read::Input;

use super::exit::Fault;

/// A revision, and which of its files are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// As it is typed.
    name: String,
    /// A path from the top of the repository; none: that of what it is compared with.
    path: Option<String>,
}

impl Revision {
    /// `git:REV` or `git:REV:PATH`; none where a text is neither.
    pub fn parse(text: &Path) -> Option<Self> {
        let text = text.to_str()?.strip_prefix("git:")?;
        let (name, path) = match text.split_once(':') {
            Some((name, path)) => (name, Some(path.trim_end_matches('/').to_owned())),
            None => (text, None),
        };
        Some(Self {
            name: name.to_owned(),
            path,
        })
    }

    /// The files of it that `beside` is compared with: those of the same path, unless one is named.
    pub fn inputs(&self, beside: &Path) -> Result<Vec<Input>, Fault> {
        let repository = Repository::of(beside)?;
        let wanted = format!("{}^{{commit}}", self.name);
        let commit = repository
            .text(&[
                "rev-parse",
                "--verify",
                "--quiet",
                "--end-of-options",
                &wanted,
            ])?
            .filter(|text| !text.is_empty() && !self.name.is_empty());
        let Some(commit) = commit else {
            let message = format!("the repository has no revision `{}`", self.name);
            let help = "a branch, a tag, a commit, `HEAD~1`; a shallow clone has the latest only";
            return Err(Fault::new(message, Some(help.to_owned())));
        };
        let path = match &self.path {
            Some(path) => path.clone(),
            None => repository.path.clone(),
        };
        let shown = |path: &str| format!("{}:{path}", self.name);
        let object = format!("{commit}:{path}");
        match repository.text(&["cat-file", "-t", &object])?.as_deref() {
            Some("blob") => Ok(vec![self.file(&repository, &object, &path)?]),
            Some("tree") => {
                let mut inputs = Vec::new();
                for name in repository.names(&object)? {
                    let inner = match path.as_str() {
                        "" => name,
                        folder => format!("{folder}/{name}"),
                    };
                    inputs.push(self.file(&repository, &format!("{commit}:{inner}"), &inner)?);
                }
                if inputs.is_empty() {
                    let message = format!(
                        "there is no `*.yaml` or `*.yml` in the folder `{}`",
                        shown(&path)
                    );
                    return Err(Fault::new(message, None));
                }
                Ok(inputs)
            }
            _ => {
                let message = format!("there is no file or folder `{}`", shown(&path));
                let help = "name another one by `git:REV:PATH`, from the top of the repository";
                Err(Fault::new(message, Some(help.to_owned())))
            }
        }
    }

    fn file(&self, repository: &Repository, object: &str, path: &str) -> Result<Input, Fault> {
        let name = format!("{}:{path}", self.name);
        let bytes = repository.run(&["cat-file", "blob", object])?;
        let Some(bytes) = bytes else {
            return Err(Fault::new(format!("`{name}` cannot be read"), None));
        };
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Input::Text { name, text }),
            Err(_) => Err(Fault::new(format!("`{name}` is not UTF-8 text"), None)),
        }
    }
}

/// A repository, and a path in it.
#[derive(Debug)]
struct Repository {
    /// A folder of its work tree.
    folder: PathBuf,
    /// The path, from its top.
    path: String,
}

impl Repository {
    /// That which holds a file or folder.
    fn of(path: &Path) -> Result<Self, Fault> {
        let (folder, name) = match path.is_dir() {
            true => (path.to_path_buf(), String::new()),
            false => {
                let parent = path.parent().filter(|own| !own.as_os_str().is_empty());
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                (
                    parent.unwrap_or(Path::new(".")).to_path_buf(),
                    name.into_owned(),
                )
            }
        };
        let mut repository = Self {
            folder,
            path: String::new(),
        };
        let prefix = repository.text(&["rev-parse", "--show-prefix"])?;
        let Some(prefix) = prefix else {
            let message = format!("`{}` is in no git repository", path.display());
            return Err(Fault::new(message, None));
        };
        repository.path = format!("{prefix}{name}").trim_end_matches('/').to_owned();
        Ok(repository)
    }

    /// What `git` prints; none where it fails.
    fn run(&self, arguments: &[&str]) -> Result<Option<Vec<u8>>, Fault> {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.folder).args(arguments);
        command.stdin(Stdio::null()).stderr(Stdio::null());
        match command.output() {
            Ok(found) => Ok(found.status.success().then_some(found.stdout)),
            Err(fault) => Err(Fault::new(
                format!("`git` cannot be run: {fault}"),
                Some("revisions are read by it".to_owned()),
            )),
        }
    }

    fn text(&self, arguments: &[&str]) -> Result<Option<String>, Fault> {
        let found = self.run(arguments)?;
        Ok(found.map(|bytes| String::from_utf8_lossy(&bytes).trim_end().to_owned()))
    }

    /// The files of a folder that count, as where a folder is read from the disk.
    fn names(&self, object: &str) -> Result<Vec<String>, Fault> {
        let found = self
            .run(&["ls-tree", "-z", "--full-tree", object])?
            .unwrap_or_default();
        let text = String::from_utf8_lossy(&found).into_owned();
        let entries = text.split('\0').filter_map(|entry| {
            let (about, name) = entry.split_once('\t')?;
            let lower = name.to_ascii_lowercase();
            let named_so = lower.ends_with(".yaml") || lower.ends_with(".yml");
            let counts = named_so && !name.starts_with('.') && about.contains(" blob ");
            counts.then(|| name.to_owned())
        });
        let mut names: Vec<String> = entries.collect();
        names.sort();
        Ok(names)
    }
}
