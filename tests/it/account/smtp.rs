//! Emails by SMTP, to a minimal server.

use super::token_in;
use crate::app::each_with;
use crate::make;
use entity::value::JobStatus;
use sea_orm::EntityTrait;
use serde_json::json;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server has received and done since the test of a database began.
#[derive(Default)]
struct Received {
    mails: Vec<String>,
    /// Whether an email to `later@` was deferred.
    deferred: bool,
}

/// Accepts emails on a thread of its own; the first to `later@` is deferred, those to `never@` are rejected.
fn server() -> (u16, Arc<Mutex<Received>>) {
    let received = Arc::new(Mutex::new(Received::default()));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    listener.set_nonblocking(true).expect("a listener");
    let kept = Arc::clone(&received);
    std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(async move {
            let listener = TcpListener::from_std(listener).expect("a listener");
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&kept)));
            }
        });
    });
    (port, received)
}

async fn serve(stream: TcpStream, received: Arc<Mutex<Received>>) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut data: Option<String> = None;
    write.write_all(b"220 test\r\n").await.expect("a client");
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(mut mail) = data.take() {
            if line == "." {
                received.lock().expect("emails").mails.push(mail);
                write.write_all(b"250 taken\r\n").await.expect("a client");
            } else {
                mail.push_str(&line);
                mail.push_str("\r\n");
                data = Some(mail);
            }
            continue;
        }
        let answer: &[u8] = if line.contains("<never@") {
            b"550 no such person\r\n"
        } else if line.contains("<later@") && !std::mem::replace(&mut received.lock().expect("emails").deferred, true) {
            b"451 come again\r\n"
        } else if line == "DATA" {
            data = Some(String::new());
            b"354 go on\r\n"
        } else {
            b"250 fine\r\n"
        };
        write.write_all(answer).await.expect("a client");
    }
}

#[test]
fn mails_leave_by_smtp_are_tried_again_and_given_up() {
    let (port, received) = server();
    each_with(&[("SOUK_SMTP_URL", &format!("smtp://127.0.0.1:{port}"))], async |souk| {
        *received.lock().expect("emails") = Received::default();
        const REQUEST: &str = operation!("account", "PasswordResetRequest");
        for name in ["ann", "never", "later"] {
            make::customer(souk, name).await;
            souk.guest().run(REQUEST, json!({ "input": { "email": format!("{name}@example.com") } })).await;
        }
        souk.work().await;
        let to_ann = received
            .lock()
            .expect("emails")
            .mails
            .iter()
            .find(|mail| mail.contains("To: ann@example.com"))
            .cloned()
            .expect("a mail");
        assert!(to_ann.contains("Content-Type: text/plain") && to_ann.contains("Content-Type: text/html"), "{to_ann}");
        assert!(to_ann.contains("Subject: Set a new password for Souk"), "{to_ann}");
        assert!(token_in(&to_ann.replace("=\r\n", "").replace("=3D", "=")).len() > 40);
        souk.pass(std::time::Duration::from_secs(60)).await;
        let jobs = entity::job::Entity::find().all(souk.app.db.read()).await.expect("jobs");
        let failed: Vec<_> = jobs.iter().filter(|job| job.status == JobStatus::Failed).collect();
        assert_eq!(failed.len(), 1, "refused for good: {jobs:#?}");
        assert_eq!(failed[0].attempts, 1);
        let later: Vec<_> = jobs.iter().filter(|job| job.attempts == 2 && job.status == JobStatus::Done).collect();
        assert_eq!(later.len(), 1, "put off once: {jobs:#?}");
    });
}
