//! The real templates of `../shared/inputs/arm` (repository, path, commit and licence of each in
//! `MANIFEST.json` there): what each declares, counted by reading it.
use std::fs;
use std::path::Path;
use dryhop::import::arm::{Options, ParameterFile, read};
use crate::support::counts;

#[test]
fn dump() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/inputs/arm");
    let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).filter(|n| !n.ends_with(".parameters.json")).collect();
    names.sort();
    for name in names {
        let text = fs::read_to_string(folder.join(&name)).unwrap();
        let p = folder.join(name.replace(".json", ".parameters.json"));
        let params: Vec<_> = fs::read_to_string(&p).ok().map(|t| ParameterFile::read("p", &t).unwrap()).into_iter().collect();
        for params in [&params[..], &[]] {
        let out = read(&name, &text, params, &Options::default()).unwrap();
        println!("== {name} {} {:?}", params.len(), counts(&out));
        for l in &out.left { println!("  LEFT {} {} -- {}", l.origin.place, l.what, l.reason); }
        }
    }
}
