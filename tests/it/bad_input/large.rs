//! Uploads that are too large.

use super::still_answers;
use crate::app::each;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends a body piece by piece, and the answer's head.
async fn upload(address: &str, head: &str, pieces: usize, chunked: bool) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(head.as_bytes()).await.expect("the head is taken");
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..pieces {
        if chunked {
            stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await.expect("a piece is taken");
        }
        stream.write_all(&piece).await.expect("a piece is taken");
        if chunked {
            stream.write_all(b"\r\n").await.expect("a piece is taken");
        }
    }
    if chunked {
        stream.write_all(b"0\r\n\r\n").await.expect("the end is taken");
    }
    let mut answer = vec![0; 16 * 1024];
    let length =
        tokio::time::timeout(Duration::from_secs(20), stream.read(&mut answer)).await.expect("in time").expect("an answer");
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

/// Uploads of `pieces` MiB.
async fn upload_every_way(address: &str, pieces: usize) {
    let multipart = "--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{\"query\":\"{ version }\"}\r\n--x\r\n\
        Content-Disposition: form-data; name=\"map\"\r\n\r\n{}\r\n--x\r\nContent-Disposition: form-data; name=\"0\"; filename=\"a.png\"\r\n\
        Content-Type: image/png\r\n\r\n";
    for (content_type, prefix) in [("application/json", ""), ("multipart/form-data; boundary=x", multipart)] {
        let common =
            format!("POST /graphql HTTP/1.1\r\nHost: souk\r\nContent-Type: {content_type}\r\napollo-require-preflight: 1\r\n");
        let length = (pieces << 20) + prefix.len();
        let told = format!("{common}Content-Length: {length}\r\n\r\n{prefix}");
        let first = if prefix.is_empty() { String::new() } else { format!("{:x}\r\n{prefix}\r\n", prefix.len()) };
        let untold = format!("{common}Transfer-Encoding: chunked\r\n\r\n{first}");
        for (head, chunked) in [(told, false), (untold, true)] {
            let answer = upload(address, &head, pieces, chunked).await;
            assert!(answer.starts_with("HTTP/1.1 413"), "{content_type}, chunked {chunked}: {answer}");
            assert!(answer.contains("PAYLOAD_TOO_LARGE") || answer.contains("BAD_USER_INPUT"), "{answer}");
        }
    }
}

#[test]
fn a_hundred_megabytes_are_refused_in_every_way_of_sending_them() {
    each(async |souk| {
        upload_every_way(souk.url.trim_start_matches("http://"), 100).await;
        still_answers(souk).await;
    });
}

/// A Souk of its own, as a process; ended when the test is over.
#[cfg(target_os = "linux")]
struct Process {
    child: std::process::Child,
    address: String,
    _folder: tempfile::TempDir,
}

#[cfg(target_os = "linux")]
impl Process {
    fn start() -> Self {
        use std::io::BufRead;
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_souk"))
            .arg("serve")
            .current_dir(folder.path())
            .env("SOUK_LISTEN", "127.0.0.1:0")
            .env("SOUK_LOG", "info")
            .env("SOUK_LOG_FORMAT", "text")
            .stderr(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("the program starts");
        let log = std::io::BufReader::new(child.stderr.take().expect("a log"));
        let (tell, told) = std::sync::mpsc::channel();
        // Read to the end, or the program would wait for room in the pipe.
        std::thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                if let Some((_, rest)) = line.split_once("address=") {
                    let _ = tell.send(rest.split_whitespace().next().unwrap_or_default().to_owned());
                }
            }
        });
        let address = told.recv_timeout(Duration::from_secs(60)).expect("it serves");
        Self { child, address, _folder: folder }
    }

    /// The most memory it ever held, in MiB.
    fn peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
        let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().expect("a number");
        kilobytes / 1024
    }
}

#[cfg(target_os = "linux")]
impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_hundred_megabytes_are_never_held_in_memory() {
    let process = Process::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        // Larger than allowed already: what the program needs for them is there from now on, such as its own code.
        upload_every_way(&process.address, 40).await;
        let before = process.peak();
        upload_every_way(&process.address, 100).await;
        let after = process.peak();
        eprintln!("the peak: {before} MiB after uploads of 40 MiB, {after} MiB after uploads of 100 MiB");
        // One of them held whole would be 60 MiB more.
        assert!(after < before + 20, "four uploads of 100 MB raised the peak from {before} to {after} MiB");
    });
}
