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

/// Takes mails on a thread of its own; those to `later@` are put off once, those to `never@` are refused.
fn server() -> (u16, Arc<Mutex<Vec<String>>>) {
    let mails = Arc::new(Mutex::new(Vec::new()));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    listener.set_nonblocking(true).expect("a listener");
    let kept = Arc::clone(&mails);
    std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(async move {
            let listener = TcpListener::from_std(listener).expect("a listener");
            let put_off = Arc::new(Mutex::new(false));
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&kept), Arc::clone(&put_off)));
            }
        });
    });
    (port, mails)
}

async fn serve(stream: TcpStream, mails: Arc<Mutex<Vec<String>>>, put_off: Arc<Mutex<bool>>) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut data: Option<String> = None;
    write.write_all(b"220 test\r\n").await.expect("a client");
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(mut mail) = data.take() {
            if line == "." {
                mails.lock().expect("mails").push(mail);
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
        } else if line.contains("<later@") && !std::mem::replace(&mut *put_off.lock().expect("a flag"), true) {
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
    let (port, mails) = server();
    each_with(&[("SOUK_SMTP_URL", &format!("smtp://127.0.0.1:{port}"))], async |souk| {
        mails.lock().expect("mails").clear();
        const REQUEST: &str = "mutation($input: PasswordResetRequestInput!) { passwordResetRequest(input: $input) { userErrors { field message code } } }";
        for name in ["ann", "never", "later"] {
            make::customer(souk, name).await;
            souk.guest().run(REQUEST, json!({ "input": { "email": format!("{name}@example.com") } })).await;
        }
        souk.work().await;
        let to_ann =
            mails.lock().expect("mails").iter().find(|mail| mail.contains("To: ann@example.com")).cloned().expect("a mail");
        assert!(to_ann.contains("Content-Type: text/plain") && to_ann.contains("Content-Type: text/html"), "{to_ann}");
        assert!(to_ann.contains("Subject: Set a new password for Souk"), "{to_ann}");
        assert!(token_in(&to_ann.replace("=\r\n", "").replace("=3D", "=")).len() > 40);
        souk.app.clock.advance(std::time::Duration::from_secs(60));
        souk.work().await;
        let jobs = entity::job::Entity::find().all(souk.app.db.read()).await.expect("jobs");
        let failed: Vec<_> = jobs.iter().filter(|job| job.status == JobStatus::Failed).collect();
        assert_eq!(failed.len(), 1, "refused for good: {jobs:#?}");
        assert_eq!(failed[0].attempts, 1);
        let later: Vec<_> = jobs.iter().filter(|job| job.attempts == 2 && job.status == JobStatus::Done).collect();
        assert_eq!(later.len(), 1, "put off once: {jobs:#?}");
    });
}
