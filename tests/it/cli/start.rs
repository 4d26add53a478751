//! Starting Souk, and the messages if it fails.

use crate::app::each_of;
use crate::cli::{Running, ask, blocking, ready, run, text};
use crate::database::servers;
use sea_orm::{ConnectionTrait, Database};
use secrecy::ExposeSecret;
use std::path::Path;
use std::time::{Duration, Instant};

/// The sentences of a start that failed because of what the operator gave.
fn refused(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Vec<String> {
    let output = run(folder, arguments, variables);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?} {variables:?}: {said}");
    let sentence = |line: &str| line.strip_prefix("souk: ").unwrap_or_else(|| panic!("{said}")).to_owned();
    said.lines().map(sentence).collect()
}

#[test]
fn a_configuration_file_that_was_named_must_exist() {
    let folder = tempfile::tempdir().expect("a folder");
    for command in ["serve", "migrate", "config"] {
        let said = refused(folder.path(), &["--config", "nowhere.toml", command], &[]);
        assert_eq!(said, ["--config: the file nowhere.toml does not exist."]);
    }
    // Nothing was written, and without the option there need not be a file.
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0);
    assert!(run(folder.path(), &["migrate"], &[]).status.success());
    std::fs::write(folder.path().join("mine.toml"), "curency = \"NPR\"\nlisten = \"nowhere\"\n").expect("a file");
    let said = refused(folder.path(), &["--config", "mine.toml", "config"], &[("SOUK_LISTN", "x")]);
    let expected = [
        "curency in mine.toml is not a configuration key; did you mean currency?",
        "SOUK_LISTN is not a configuration key; did you mean SOUK_LISTEN?",
    ];
    assert_eq!(said, expected);
}

#[test]
fn everything_that_production_lacks_is_told_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let said = refused(folder.path(), &["serve"], &[("SOUK_ENV", "production"), ("SOUK_MEDIA", "s3://pictures")]);
    let keys: Vec<_> = said.iter().filter_map(|sentence| sentence.split(' ').next()).collect();
    let expected = ["SOUK_PUBLIC_URL", "SOUK_SECRET", "SOUK_S3_ACCESS_KEY_ID", "SOUK_S3_SECRET_ACCESS_KEY", "SOUK_SMTP_URL"];
    assert_eq!(keys, expected);
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0, "it wrote something");
}

#[test]
fn a_database_that_can_not_be_reached_is_told_soon_with_the_reason_and_without_the_password() {
    let folder = tempfile::tempdir().expect("a folder");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("an address").port();
    let mut cases = vec![
        (
            "postgres://someone:hunter2@127.0.0.1:1/none".to_owned(),
            "nothing listens at 127.0.0.1:1 (connection refused)".to_owned(),
        ),
        ("mariadb://someone:hunter2@127.0.0.1:1/none".into(), "nothing listens at 127.0.0.1:1 (connection refused)".into()),
        ("postgres://someone:hunter2@no-such-host.invalid/none".into(), "the host no-such-host.invalid is unknown".into()),
        ("mysql://someone:hunter2@no-such-host.invalid/none".into(), "the host no-such-host.invalid is unknown".into()),
        (format!("postgres://someone:hunter2@127.0.0.1:{port}/none"), "does not answer within 3 seconds".into()),
        (format!("mysql://someone:hunter2@127.0.0.1:{port}/none"), "does not answer within 3 seconds".into()),
        ("mysql://someone:hunter2@127.0.0.1:1".into(), "names no database".into()),
        ("postgres://someone:hunter2#more@127.0.0.1/none".into(), "its address can't be read".into()),
    ];
    for server in servers() {
        let Ok(mut url) = url::Url::parse(&server) else { continue };
        if server.starts_with("sqlite") {
            continue;
        }
        url.set_path("none_such");
        cases.push((url.to_string(), "has no database \"none_such\"; it must be created first".into()));
        url.set_path("test");
        url.set_username("nobody_such").expect("a user");
        url.set_password(Some("hunter2")).expect("a password");
        let reason = if server.starts_with("mysql") {
            "does not accept the user \"nobody_such\" with this password"
        } else {
            // The server trusts known users without a password.
            "does not let the user \"nobody_such\" in"
        };
        cases.push((url.to_string(), reason.into()));
    }
    for (url, reason) in cases {
        let begun = Instant::now();
        let said = refused(folder.path(), &["serve"], &[("SOUK_DATABASE_URL", &url)]);
        assert!(begun.elapsed() < Duration::from_secs(10), "{url}: {:?}", begun.elapsed());
        assert_eq!(said.len(), 1, "{url}: {said:?}");
        assert!(said[0].starts_with("SOUK_DATABASE_URL: cannot connect to the database: "), "{url}: {said:?}");
        assert!(said[0].contains(&reason) && !said[0].contains("hunter2"), "{url}: {said:?}");
    }
}

#[test]
fn a_database_of_a_newer_version_is_told_in_words_and_one_that_became_newer_goes_on_serving() {
    let folder = tempfile::tempdir().expect("a folder");
    let running = Running::start(folder.path(), &[]);
    let ready = blocking(async {
        let url = format!("sqlite://{}", folder.path().join("souk-data/souk.db").display());
        let db = Database::connect(url).await.expect("the database");
        let step = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_from_the_future', 1)";
        db.execute_unprepared(step).await.expect("a step");
        db.close().await.expect("closing");
        ready(&running.url).await
    });
    assert_eq!(ready["migrations"], "newer", "{ready:?}");
    assert!(running.stop().0.success());
    for command in ["serve", "worker", "migrate"] {
        let said = refused(folder.path(), &[command], &[("SOUK_LISTEN", "127.0.0.1:0")]);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with("The database belongs to a newer version of Souk than "), "{said:?}");
        assert!(said[0].contains("m9999_from_the_future"), "{said:?}");
    }
}

#[test]
fn two_that_start_with_the_demo_at_once_fill_the_database_once() {
    each_of(&["postgres", "mysql"], async |souk| {
        souk.leaves_work("the jobs of the demo are none of this test");
        let variables = [
            ("SOUK_DATABASE_URL", souk.app.config.database_url.expose_secret()),
            ("SOUK_SECRET", "a secret for tests alone, of enough characters"),
        ];
        let folders = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
        let ended = std::thread::scope(|threads| {
            let start = |folder: &tempfile::TempDir| {
                let path = folder.path().to_owned();
                threads.spawn(move || {
                    let running = Running::start_with(&path, &["--migrate", "--demo", "--no-worker"], &variables);
                    let stores = blocking(ask(&running.url, "{ stores(first: 1) { totalCount } }"));
                    (running.stop(), stores)
                })
            };
            let threads: Vec<_> = folders.iter().map(start).collect();
            threads.into_iter().map(|thread| thread.join().expect("it starts")).collect::<Vec<_>>()
        });
        let filled = ended.iter().filter(|((_, printed), _)| printed.contains("demo-password")).count();
        assert_eq!(filled, 1, "{ended:?}");
        for ((status, _), stores) in &ended {
            assert!(status.success());
            assert_eq!(stores["data"]["stores"]["totalCount"], ended[0].1["data"]["stores"]["totalCount"]);
        }
    });
}
