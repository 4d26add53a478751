//! The log in JSON.

use crate::cli::{Running, blocking, run};
use serde_json::{Value, json};

#[test]
fn the_line_of_a_request_has_numbers_the_user_and_the_client() {
    let folder = tempfile::tempdir().expect("a folder");
    let create = ["user", "create", "--email", "olga@example.com", "--role", "owner"];
    assert!(run(folder.path(), &create, &[("SOUK_USER_PASSWORD", "seven tall giraffes")]).status.success());
    let running = Running::start(folder.path(), &["--no-worker"]);
    let id = blocking(async {
        let http = reqwest::Client::new();
        let ask = async |token: Option<&str>, request_id: &str, query: &str| {
            let request = http.post(format!("{}/graphql", running.url)).header("x-request-id", request_id);
            let request = match token {
                Some(token) => request.bearer_auth(token),
                None => request,
            };
            let answer = request.json(&json!({ "query": query })).send().await.expect("an answer");
            answer.json::<Value>().await.expect("JSON")["data"].clone()
        };
        let sign_in = "mutation { sessionCreate(input: { email: \"olga@example.com\", password: \"seven tall giraffes\" }) \
                       { accessToken user { id } } }";
        let session = ask(None, "signs-in", sign_in).await["sessionCreate"].clone();
        ask(session["accessToken"].as_str(), "signed-in", "query Mine { me { id } }").await;
        session["user"]["id"].clone()
    });
    let (_, _, log) = running.stop_and_log();
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let line = |request_id: &str| {
        lines.iter().find(|line| line["request_id"] == request_id).unwrap_or_else(|| panic!("{request_id}: {log}")).clone()
    };
    let of_user = line("signed-in");
    assert_eq!(of_user["status"], 200);
    assert_eq!(of_user["client"], "127.0.0.1");
    assert_eq!(of_user["user"], id);
    assert_eq!(of_user["operation"], "Mine");
    for name in ["status", "microseconds", "bytes"] {
        assert!(of_user[name].is_u64(), "{name}: {of_user:#}");
    }
    assert_eq!(line("signs-in").get("user"), None, "nobody was signed in when it was asked");
    assert!(!log.contains("giraffes"), "the log has a password: {log}");
}
