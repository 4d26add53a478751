//! Images by URL: loaded after the lines, through a client that reaches public addresses only.

use super::{UPSERT, completed, counts, import, read, told};
use crate::app::{Souk, each, each_with};
use crate::image::picture;
use crate::make;
use entity::product_image;
use image::ImageFormat;
use sea_orm::{EntityTrait, QueryOrder};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A server with pictures at `/a` and `/b`, a page at `/page`, and a redirect to a private address at `/inside`; counts requests.
async fn server() -> (String, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let png = picture(4, 4, ImageFormat::Png);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            let mut request = vec![0; 4096];
            let read = stream.read(&mut request).await.unwrap_or(0);
            let path = String::from_utf8_lossy(&request[..read]).split(' ').nth(1).unwrap_or_default().to_owned();
            let (status, more, body): (_, _, &[u8]) = match path.as_str() {
                "/a" | "/b" => ("200 OK", "", &png),
                "/page" => ("200 OK", "", b"<html>no picture</html>"),
                "/inside" => ("302 Found", "location: http://169.254.169.254/latest/meta-data/\r\n", b""),
                _ => ("404 Not Found", "", b""),
            };
            let head = format!("HTTP/1.1 {status}\r\n{more}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(&[head.as_bytes(), body].concat()).await;
        }
    });
    (url, count)
}

async fn images(souk: &Souk) -> Vec<(i32, bool)> {
    let rows = product_image::Entity::find().order_by_asc(product_image::Column::Position).all(souk.app.db.read()).await;
    rows.expect("images").into_iter().map(|row| (row.position, row.is_primary)).collect()
}

#[test]
fn images_are_loaded_in_their_order_and_once() {
    each_with(&[("SOUK_REQUESTS_TO_LOOPBACK", "true")], async |souk| {
        let (vera, store) = make::shop(souk, "Teas").await;
        let vera = souk.as_user(&vera);
        let (url, requests) = server().await;
        let file = format!("handle,name,price,image_urls\ntea,Tea,5,{url}/a {url}/missing {url}/page {url}/inside {url}/b\n");
        let done = import(souk, &vera, store, &file, UPSERT).await;
        assert_eq!(counts(&done), completed([1, 0, 0, 0]));
        let done = read(&vera, &done["id"]).await;
        assert_eq!(done["pendingImages"], 0);
        assert_eq!(
            told(&done),
            [
                "2 image_urls INVALID_FILE The image was not loaded: The server responded with the status 404.",
                "2 image_urls INVALID_FILE The image was not loaded: The file must be a JPEG, PNG or WebP picture.",
                "2 image_urls INVALID_FILE The image was not loaded: The host of the URL has no public address."
            ]
        );
        assert_eq!(images(souk).await, [(0, true), (1, false)]);
        assert_eq!(requests.load(Ordering::Relaxed), 5);
        // The same URLs again: those that were loaded are not requested.
        let good = format!("handle,name,price,image_urls\ntea,Tea,5,{url}/a {url}/b\n");
        assert_eq!(counts(&import(souk, &vera, store, &good, UPSERT).await), completed([0, 0, 1, 0]));
        assert_eq!(requests.load(Ordering::Relaxed), 5);
        // One that was deleted is loaded again.
        let row = product_image::Entity::find().one(souk.app.db.read()).await.expect("a query").expect("an image");
        vera.run(operation!("image", "ProductImageDelete"), serde_json::json!({ "id": row.id.to_string() })).await;
        assert_eq!(counts(&import(souk, &vera, store, &good, UPSERT).await), completed([0, 1, 0, 0]));
        assert_eq!(images(souk).await.len(), 2);
        souk.work().await;
    });
}

#[test]
fn no_url_leads_into_the_private_network() {
    each(async |souk| {
        let (vera, store) = make::shop(souk, "Teas").await;
        let vera = souk.as_user(&vera);
        let (url, requests) = server().await;
        let port = url.rsplit(':').next().expect("a port");
        let urls = [
            format!("{url}/a"),
            format!("http://localhost:{port}/a"),
            format!("http://[::ffff:127.0.0.1]:{port}/a"),
            "http://169.254.169.254/latest/meta-data/".to_owned(),
            "http://10.0.0.1/a".to_owned(),
            "http://[fd00::1]/a".to_owned(),
        ];
        let file = format!("handle,name,price,image_urls\ntea,Tea,5,{}\n", urls.join(" "));
        let done = import(souk, &vera, store, &file, UPSERT).await;
        let done = read(&vera, &done["id"]).await;
        let refused = "2 image_urls INVALID_FILE The image was not loaded: The host of the URL has no public address.";
        assert_eq!(told(&done), [refused; 6]);
        assert_eq!((requests.load(Ordering::Relaxed), images(souk).await.len()), (0, 0));
    });
}
