//! Keeps the walls of docs/architecture.md by reading the sources; the checkers test themselves
//! too.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "the readers run in tests only")]

mod rooms;
mod source;
mod walls;

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Fails with all that was found.
#[track_caller]
fn none(found: &[String]) {
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn every_room_names_only_what_it_may() {
    let sources = source::read(&root().join("src"));
    assert!(sources.len() > 40, "the sources were not found");
    none(&sources.iter().flat_map(rooms::broken).collect::<Vec<_>>());
}

#[test]
fn what_belongs_in_one_place_stands_in_no_other() {
    none(&source::read(&root().join("src")).iter().flat_map(walls::broken).collect::<Vec<_>>());
}

#[test]
fn every_file_has_its_form() {
    for folder in ["src", "tests"] {
        let sources = source::read(&root().join(folder));
        none(&sources.iter().flat_map(walls::ill_formed).collect::<Vec<_>>());
    }
}

#[test]
fn nothing_is_left_to_do_and_no_machine_is_named() {
    none(&files().iter().flat_map(|(n, text)| walls::out_of_place(n, text)).collect::<Vec<_>>());
}

#[test]
fn a_comment_fits_where_code_fits() {
    let files = files();
    let scripts = files.iter().filter(|(name, _)| walls::is_script(name)).count();
    assert!(scripts > 5, "the scripts were not found");
    none(&files.iter().flat_map(|(n, text)| walls::long_comments(n, text)).collect::<Vec<_>>());
}

/// Reads every file of the project, sorted by path: its path and its text.
fn files() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![root()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
            if path.is_symlink() || [".git", "target", "Cargo.lock"].contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else {
                let text = std::fs::read(&path).unwrap();
                found.push((name, String::from_utf8_lossy(&text).into_owned()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn the_map_shows_every_room() {
    let map = std::fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let sources = source::read(&root().join("src"));
    for room in sources.iter().map(source::Source::room).filter(|room| *room != "lib") {
        assert!(
            map.contains(&format!("| `{room}`")),
            "docs/architecture.md does not show `{room}`"
        );
    }
}
