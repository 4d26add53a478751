//! The data of the attackers: a vendor's account with a product of 100 variants, and a large image.

use crate::server::{Prepared, Running};
use serde_json::{Value, json};

/// The password of the attackers' account and of the attacked account.
pub const PASSWORD: &str = "correct horse battery staple";
/// The attacked account.
pub const EMAIL: &str = "attacker@example.com";

/// The data of the attackers.
pub struct World {
    /// The access token of a vendor.
    pub token: String,
    /// A product with 100 variants.
    pub product_id: String,
    /// A valid PNG of 8000 x 5000 pixels, four channels of 16 bits each.
    pub picture: bytes::Bytes,
}

impl World {
    /// Creates the data; if it exists in the database, it is reused.
    pub async fn make(running: &Running, database: &Prepared) -> Self {
        let client = crate::bystander::client(crate::attacks::address(0));
        let url = format!("http://{}/graphql", running.address);
        let send = async |token: &str, query: &str, variables: Value| -> Value {
            let request = client.post(&url).json(&json!({ "query": query, "variables": variables }));
            let request = if token.is_empty() { request } else { request.bearer_auth(token) };
            request.send().await.expect("an answer").json().await.expect("JSON")
        };
        let sign_in = "mutation($email: String!, $password: String!) {
            sessionCreate(input: { email: $email, password: $password }) { tokens { accessToken } userErrors { message } } }";
        let credentials = json!({ "email": EMAIL, "password": PASSWORD });
        let mut answer = send("", sign_in, credentials.clone()).await;
        if answer["data"]["sessionCreate"]["tokens"].is_null() {
            let environment = [("SOUK_USER_PASSWORD", PASSWORD)];
            database.database.run(&["user", "create", "--email", EMAIL, "--role", "vendor", "--name", "Attacker"], &environment);
            answer = send("", sign_in, credentials).await;
        }
        let token = answer["data"]["sessionCreate"]["tokens"]["accessToken"].as_str().expect("a token").to_owned();
        let mine = "{ products(first: 1, filter: { search: \"zzattack\" }) { nodes { id } } }";
        let found = send(&token, mine, json!({})).await;
        let product_id = match found["data"]["products"]["nodes"][0]["id"].as_str() {
            Some(id) => id.to_owned(),
            None => {
                let store = "mutation { storeCreate(input: { name: \"Attack\" }) { store { id } userErrors { message } } }";
                let store = send(&token, store, json!({})).await["data"]["storeCreate"]["store"]["id"].clone();
                let variant = |n: u32| json!({ "price": "1.00", "sku": format!("A{n}"), "name": format!("V{n}") });
                let variants: Vec<_> = (0..100).map(variant).collect();
                let create = "mutation($input: ProductCreateInput!) {
                    productCreate(input: $input) { product { id } userErrors { field message } } }";
                let input = json!({ "storeId": store, "name": "zzattack", "status": "ACTIVE", "variants": variants });
                let answer = send(&token, create, json!({ "input": input })).await;
                answer["data"]["productCreate"]["product"]["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
            }
        };
        Self { token, product_id, picture: picture() }
    }
}

/// An image that is small as a file and large in memory.
fn picture() -> bytes::Bytes {
    let image = image::ImageBuffer::<image::Rgba<u16>, Vec<u16>>::from_pixel(8000, 5000, image::Rgba([1, 2, 3, u16::MAX]));
    let mut png = std::io::Cursor::new(Vec::new());
    let encoder = image::codecs::png::PngEncoder::new_with_quality(
        &mut png,
        image::codecs::png::CompressionType::Best,
        image::codecs::png::FilterType::NoFilter,
    );
    image.write_with_encoder(encoder).expect("a PNG");
    png.into_inner().into()
}
