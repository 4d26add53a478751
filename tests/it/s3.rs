//! An S3 server in this process, which checks signatures and their expiry.

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;

pub const BUCKET: &str = "souk-media";
const KEY_ID: &str = "AKIATEST";
const KEY: &str = "a secret for tests alone";

/// A running S3 server with an empty bucket.
pub struct S3 {
    pub endpoint: String,
    pub folder: tempfile::TempDir,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
}

impl S3 {
    /// On a thread of its own, so that it can be started before a test's runtime.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join(BUCKET)).expect("a bucket");
        let root = folder.path().to_owned();
        let (ready, address) = std::sync::mpsc::channel();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
                ready.send(listener.local_addr().expect("an address")).expect("a receiver");
                let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(root).expect("a folder"));
                builder.set_auth(SimpleAuth::from_single(KEY_ID, KEY));
                let service = builder.build();
                let serve = async {
                    loop {
                        let (socket, _) = listener.accept().await.expect("a connection");
                        let service = service.clone();
                        tokio::spawn(async move {
                            let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), service).await;
                        });
                    }
                };
                tokio::select! { () = serve => {}, _ = stopped => {} }
            });
        });
        let address: std::net::SocketAddr = address.recv().expect("it starts");
        Self { endpoint: format!("http://{address}"), folder, stop: Some(stop) }
    }

    /// The keys of the configuration that make Souk use it.
    pub fn settings(&self) -> Vec<(&str, &str)> {
        vec![
            ("SOUK_MEDIA", "s3://souk-media"),
            ("SOUK_S3_ENDPOINT", &self.endpoint),
            ("SOUK_S3_PATH_STYLE", "true"),
            ("SOUK_S3_ACCESS_KEY_ID", KEY_ID),
            ("SOUK_S3_SECRET_ACCESS_KEY", KEY),
        ]
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}
