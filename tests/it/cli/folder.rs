//! The data folder: permissions, and locks against other processes.

use crate::cli::{Running, run, souk, text};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("rights are set");
}

/// Everything in a folder, and the folder itself.
fn all(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(all(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn what_is_written_is_for_its_owner_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("souk-data");
    let running = Running::start(folder.path(), &["--demo"]);
    let written = all(&data);
    for name in ["souk.db", "souk.db-wal", "souk.db-shm", "secret"] {
        assert!(written.contains(&data.join(name)), "{written:?}");
    }
    assert!(written.iter().filter(|path| path.extension().is_some_and(|ending| ending == "jpg")).count() > 50);
    for path in &written {
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(path), expected, "{}", path.display());
    }
    assert!(running.stop().0.success());
}

#[test]
fn rights_that_others_had_are_taken_away_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("souk-data");
    assert!(run(folder.path(), &["migrate"], &[]).status.success());
    std::fs::create_dir_all(data.join("media/public")).expect("a folder");
    std::fs::write(data.join("media/public/a.jpg"), "a picture").expect("a file");
    let open = || {
        for path in all(&data) {
            set_mode(&path, if path.is_dir() { 0o755 } else { 0o644 });
        }
    };
    open();
    let output = run(folder.path(), &["migrate"], &[]);
    assert!(text(&output.stderr).contains("removed the permissions of other users"), "{}", text(&output.stderr));
    for path in all(&data) {
        assert_eq!(mode(&path), if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
    }
    let again = run(folder.path(), &["migrate"], &[]);
    assert!(!text(&again.stderr).contains("removed the permissions of other users"), "{}", text(&again.stderr));
    // A folder with other things in it is not closed, and these are left as they are.
    open();
    std::fs::write(data.join("notes.txt"), "other content").expect("a file");
    set_mode(&data.join("notes.txt"), 0o644);
    let output = run(folder.path(), &["migrate"], &[]);
    assert!(output.status.success() && text(&output.stderr).contains("contains other files"), "{}", text(&output.stderr));
    assert_eq!((mode(&data), mode(&data.join("notes.txt")), mode(&data.join("souk.db"))), (0o755, 0o644, 0o600));
}

#[test]
fn one_process_serves_a_sqlite_database_and_one_does_its_jobs() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = |arguments: &[&str]| {
        let output = run(folder.path(), arguments, &[("SOUK_LISTEN", "127.0.0.1:0")]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        said.lines().last().unwrap_or_default().to_owned()
    };
    let running = Running::start(folder.path(), &[]);
    let said = refused(&["serve"]);
    assert!(said.starts_with("souk: Another Souk (process ") && said.contains("serves the SQLite database"), "{said}");
    assert!(said.contains("PostgreSQL or MariaDB"), "{said}");
    let said = refused(&["worker"]);
    assert!(said.contains("runs the jobs of the SQLite database") && said.contains("--no-worker"), "{said}");
    // What ends by itself goes on working.
    let create = ["user", "create", "--email", "olga@example.com", "--role", "owner"];
    assert!(run(folder.path(), &create, &[]).status.success());
    assert!(run(folder.path(), &["migrate"], &[]).status.success());
    assert!(run(folder.path(), &["demo", "--products", "2", "--stores", "1", "--reviews", "0"], &[]).status.success());
    assert!(running.stop().0.success());
    // The locks have ended with the process.
    let running = Running::start(folder.path(), &["--no-worker"]);
    let mut worker = souk(folder.path(), &["worker"], &[]).spawn().expect("it starts");
    let mut log = BufReader::new(worker.stderr.take().expect("its log"));
    let mut said = String::new();
    while !said.contains("waiting for jobs") {
        assert!(log.read_line(&mut said).expect("its log") > 0, "it ended: {said}");
    }
    assert!(refused(&["worker"]).contains("runs the jobs of"));
    worker.kill().and_then(|()| worker.wait()).expect("it ends");
    assert!(running.stop().0.success());
}
