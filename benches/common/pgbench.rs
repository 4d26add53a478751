//! `pgbench` as a yardstick of the machine and of PostgreSQL.

use std::process::Command;
use std::time::Duration;

/// Transactions per second of `pgbench` (prepared, scale 10) with the given number of clients, on a database of its own on the server at
/// `postgres`. `script` is `-S`, which reads a row, or `-N`, which changes one and inserts one.
pub fn pgbench(postgres: &str, script: &str, connections: usize, time: Duration) -> f64 {
    let url = url::Url::parse(postgres).expect("a URL");
    let host = url.host_str().unwrap_or("127.0.0.1").to_owned();
    let user = if url.username().is_empty() { "postgres" } else { url.username() }.to_owned();
    let base = ["-h", &host, "-U", &user];
    let name = format!("souk_pgbench_{}", std::process::id());
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(base).args(arguments).output().expect("PostgreSQL's programs are installed");
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    run("createdb", &[&name]);
    run("pgbench", &["-i", "-q", "-s", "10", &name]);
    let (clients, seconds) = (connections.to_string(), time.as_secs().max(1).to_string());
    let output = run("pgbench", &[script, "-M", "prepared", "-c", &clients, "-j", "2", "-T", &seconds, &name]);
    run("dropdb", &[&name]);
    let line = output.lines().find_map(|line| line.strip_prefix("tps = ")).expect("pgbench says tps");
    line.split(' ').next().and_then(|text| text.parse().ok()).expect("a number")
}
