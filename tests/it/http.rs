//! HTTP: GraphQL over HTTP, limits, headers, health and GraphiQL.

pub mod close_code;

use crate::app::{Souk, each, each_with};
use crate::make;
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const SPEC: &str = "application/graphql-response+json";

impl Souk {
    fn to(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    pub async fn get(&self, path: &str) -> Response {
        self.to(Method::GET, path).send().await.expect("an answer")
    }

    /// A body to `/graphql`, as it is.
    async fn raw(&self, content_type: &str, accept: &str, body: impl Into<reqwest::Body>) -> Response {
        let request = self.to(Method::POST, "/graphql").header("content-type", content_type);
        let request = if accept.is_empty() { request } else { request.header("accept", accept) };
        request.body(body).send().await.expect("an answer")
    }
}

fn header(response: &Response, name: &str) -> String {
    text_of(response.headers(), name)
}

fn text_of(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

async fn code(response: Response) -> String {
    let answer: Value = response.json().await.expect("JSON");
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn it_says_whether_it_is_alive_and_ready() {
    each(async |souk| {
        assert_eq!(souk.get("/healthz").await.status(), 200);
        souk.indexed().await;
        let ready: Value = souk.get("/readyz").await.json().await.expect("JSON");
        let all = json!({ "status": "ok", "database": "ok", "migrations": "ok", "storage": "ok", "search": "ok" });
        assert_eq!(ready, all);
    });
}

#[test]
fn it_is_not_ready_while_the_database_lacks_a_step() {
    each(async |souk| {
        use sea_orm::ConnectionTrait;
        let undo = "DELETE FROM seaql_migrations WHERE version = 'm0011_settings'";
        souk.app.db.raw().execute_unprepared(undo).await.expect("a step is forgotten");
        let response = souk.get("/readyz").await;
        assert_eq!(response.status(), 503);
        let answer: Value = response.json().await.expect("JSON");
        assert_eq!((&answer["database"], &answer["migrations"]), (&json!("ok"), &json!("missing")));
    });
}

#[test]
fn what_goes_wrong_before_graphql_is_told_in_json_with_the_request_id() {
    each(async |souk| {
        for (method, path, status, expected) in [
            (Method::GET, "/nothing/here", 404, "NOT_FOUND"),
            (Method::DELETE, "/graphql", 405, "METHOD_NOT_ALLOWED"),
            (Method::GET, "/assets/../Cargo.toml", 404, "NOT_FOUND"),
        ] {
            let response = souk.to(method, path).header("x-request-id", "my-request-1").send().await.expect("an answer");
            assert_eq!(response.status(), status);
            assert_eq!(header(&response, "x-request-id"), "my-request-1");
            assert!(header(&response, "content-type").starts_with("application/json"));
            let answer: Value = response.json().await.expect("JSON");
            let extensions = &answer["errors"][0]["extensions"];
            assert_eq!(extensions, &json!({ "code": expected, "requestId": "my-request-1" }));
        }
        let other = souk.to(Method::GET, "/healthz").header("x-request-id", "no spaces please").send().await.expect("an answer");
        assert_eq!(header(&other, "x-request-id").len(), 32);
    });
}

#[test]
fn every_answer_has_the_security_headers_and_https_is_kept() {
    each(async |souk| {
        for path in ["/", "/graphql", "/healthz", "/nothing"] {
            let response = souk.get(path).await;
            assert_eq!(header(&response, "x-content-type-options"), "nosniff", "{path}");
            assert_eq!(header(&response, "x-frame-options"), "DENY", "{path}");
            assert_eq!(header(&response, "referrer-policy"), "no-referrer", "{path}");
            let policy = header(&response, "content-security-policy");
            assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
            assert_eq!(policy.contains("script-src"), path == "/", "{path}: {policy}");
            assert_eq!(header(&response, "strict-transport-security"), "", "{path}");
        }
    });
    each_with(&[("SOUK_PUBLIC_URL", "https://souk.example")], async |souk| {
        assert_eq!(header(&souk.get("/healthz").await, "strict-transport-security"), "max-age=31536000");
    });
}

#[test]
fn the_answer_is_of_the_type_the_client_likes_best() {
    each(async |souk| {
        let body = r#"{ "query": "{ __typename }" }"#;
        for (accept, expected) in [
            ("", "application/json"),
            ("*/*", "application/json"),
            ("application/json", "application/json"),
            (SPEC, SPEC),
            ("application/json, application/graphql-response+json", SPEC),
            ("application/graphql-response+json;q=0.5, application/json", "application/json"),
            ("text/html, application/json;q=0.1", "application/json"),
            // The default of Java's HttpURLConnection, which has an entry that is no media type.
            ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "application/json"),
        ] {
            let response = souk.raw("application/json", accept, body).await;
            assert_eq!(response.status(), 200, "{accept}");
            assert!(header(&response, "content-type").starts_with(expected), "{accept}: {response:?}");
            let answer: Value = response.json().await.expect("JSON");
            assert_eq!(answer, json!({ "data": { "__typename": "Query" } }));
        }
        assert_eq!(souk.raw("application/json", "text/html", body).await.status(), 406);
        assert_eq!(souk.raw("application/json", "application/json;q=0", body).await.status(), 406);
    });
}

#[test]
fn the_status_tells_what_could_not_be_run() {
    each(async |souk| {
        for (body, with_spec, with_json) in [
            ("nonsense", 400, 400),
            ("{}", 400, 400),
            (r#"{ "query": 7 }"#, 400, 400),
            (r#"{ "query": "{ __typename }", "variables": "x" }"#, 400, 400),
            (r#"{ "query": "{ nothing" }"#, 400, 200),
            (r#"{ "query": "{ nothing }" }"#, 400, 200),
            (r#"{ "query": "{ __typename }", "operationName": "Other" }"#, 400, 200),
            (r#"{ "query": "query A { __typename } query B { __typename }" }"#, 400, 200),
            (r#"{ "query": "query A { __typename } query B { v: __typename }", "operationName": "B" }"#, 200, 200),
            (r#"{ "query": "{ node(id: \"junk\") { id } }" }"#, 200, 200),
        ] {
            let response = souk.raw("application/json", SPEC, body).await;
            let status = response.status();
            let answer: Value = response.json().await.expect("JSON");
            assert_eq!(status, with_spec, "{body}\n{answer}");
            assert_eq!(answer.get("data").is_some(), with_spec == 200, "{body}\n{answer}");
            if with_spec == 400 {
                assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{body}");
            }
            assert_eq!(souk.raw("application/json", "application/json", body).await.status(), with_json, "{body}");
        }
        // A form of another site can send these without being asked.
        for simple in ["text/plain", "application/x-www-form-urlencoded", ""] {
            assert_eq!(souk.raw(simple, SPEC, r#"{ "query": "{ __typename }" }"#).await.status(), 415, "{simple}");
        }
    });
}

#[test]
fn get_is_for_queries_alone() {
    each(async |souk| {
        let get = async |parameters: &[(&str, &str)]| {
            let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
            let response = souk.get(&format!("/graphql?{query}")).await;
            let (status, allow) = (response.status().as_u16(), header(&response, "allow"));
            (status, allow, response.json::<Value>().await.expect("JSON"))
        };
        let (status, _, answer) = get(&[("query", "{ version }")]).await;
        assert_eq!((status, &answer["data"]["version"]), (200, &json!(env!("CARGO_PKG_VERSION"))));
        let both = "query Look($yes: Boolean!) { version @include(if: $yes) } mutation Change { cartLinesAdd(input: { lines: [] }) { userErrors { code } } }";
        let (status, _, answer) = get(&[("query", both), ("operationName", "Look"), ("variables", r#"{ "yes": true }"#)]).await;
        assert_eq!((status, &answer["data"]["version"]), (200, &json!(env!("CARGO_PKG_VERSION"))), "{answer}");
        for parameters in [&[("query", both), ("operationName", "Change")][..], &[("query", "mutation { a }")]] {
            let (status, allow, _) = get(parameters).await;
            assert_eq!((status, allow.as_str()), (405, "POST"));
        }
        for parameters in [&[][..], &[("query", "")], &[("query", "{ version }"), ("variables", "nonsense")]] {
            assert_eq!(get(parameters).await.0, 400, "{parameters:?}");
        }
    });
}

#[test]
fn a_batch_runs_in_its_order_and_has_a_limit() {
    each(async |souk| {
        let batch = |count: usize| {
            let one = |n: usize| json!({ "query": format!("{{ a{n}: __typename }}") });
            serde_json::to_string(&(0..count).map(one).collect::<Vec<_>>()).expect("JSON")
        };
        let answer: Value = souk.raw("application/json", SPEC, batch(10)).await.json().await.expect("JSON");
        let answers = answer.as_array().expect("a list");
        assert_eq!(answers.len(), 10);
        assert_eq!(answers[9], json!({ "data": { "a9": "Query" } }));
        for count in [0, 11] {
            assert_eq!(souk.raw("application/json", SPEC, batch(count)).await.status(), 400);
        }
    });
}

#[test]
fn a_body_that_is_too_large_is_refused_and_the_client_hears_of_it() {
    each(async |souk| {
        let huge = vec![b'x'; 100 * 1024 * 1024];
        for content_type in ["application/json", "multipart/form-data; boundary=b"] {
            let response = souk.raw(content_type, SPEC, huge.clone()).await;
            assert_eq!(response.status(), 413, "{content_type}");
            assert_eq!(code(response).await, "PAYLOAD_TOO_LARGE");
        }
        // In pieces, without saying how large it is.
        let pieces = futures::stream::iter((0..40).map(|_| Ok::<_, std::io::Error>(vec![b' '; 64 * 1024])));
        let response = souk.raw("application/json", SPEC, reqwest::Body::wrap_stream(pieces)).await;
        assert_eq!(response.status(), 413);
        assert_eq!(souk.get("/healthz").await.status(), 200);
    });
}

#[test]
fn a_request_that_takes_too_long_is_broken_off() {
    each_with(&[("SOUK_REQUEST_SECONDS", "1")], async |souk| {
        let begun = Instant::now();
        let first = futures::stream::iter([Ok::<_, std::io::Error>(vec![b' '; 10])]);
        let body = reqwest::Body::wrap_stream(futures::StreamExt::chain(first, futures::stream::pending()));
        let response = souk.raw("application/json", SPEC, body).await;
        assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
        assert_eq!(code(response).await, "TIMEOUT");
        assert!(begun.elapsed() < Duration::from_secs(20));
    });
}

#[test]
fn queries_that_ask_for_too_much_are_refused_before_they_run() {
    each(async |souk| {
        let deep = format!("{{ categories {{ {} id {} }} }}", "children { ".repeat(1000), "} ".repeat(1000));
        let aliases: String = (0..10_000).map(|n| format!("a{n}: version ")).collect();
        let wide = "{ products(first: 100) { nodes { reviews(first: 100) { nodes { id title body } } } } }";
        for query in [deep, format!("{{ {aliases} }}"), wide.to_owned()] {
            let begun = Instant::now();
            let found = souk.guest().error_code(&query, json!({})).await;
            assert!(["QUERY_TOO_COMPLEX", "BAD_USER_INPUT"].contains(&found.as_str()), "{found}");
            assert!(begun.elapsed() < Duration::from_secs(10));
        }
        assert_eq!(souk.guest().error_code(wide, json!({})).await, "QUERY_TOO_COMPLEX");
    });
}

#[test]
fn a_token_that_is_not_ours_is_refused_and_nothing_runs() {
    each(async |souk| {
        let user = make::customer(souk, "ann").await;
        assert_eq!(souk.as_user(&user).send(json!({ "query": "{ version }" })).await.status(), 200);
        let (head, claims) = (user.token.split('.').next().expect("a header"), user.token.split('.').nth(1).expect("claims"));
        // {"alg":"none","typ":"JWT"}
        let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.");
        for token in ["", "junk", "a.b.c", &format!("{head}.{claims}."), &format!("{}x", user.token), &unsigned] {
            let response = souk.with_token(token).send(json!({ "query": "{ version }" })).await;
            assert_eq!(response.status(), 401, "{token}");
            assert!(header(&response, "www-authenticate").starts_with("Bearer"));
            let answer: Value = response.json().await.expect("JSON");
            assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
            assert_eq!(answer.get("data"), None);
        }
        souk.app.clock.advance(souk.app.config.signing.access_token + Duration::from_secs(1));
        assert_eq!(souk.as_user(&user).send(json!({ "query": "{ version }" })).await.status(), 401);
    });
}

#[test]
fn large_answers_are_compressed_and_small_ones_are_not() {
    each(async |souk| {
        let ask = async |path: &str, encoding: &str| {
            let response = souk.to(Method::GET, path).header("accept-encoding", encoding).send().await.expect("an answer");
            header(&response, "content-encoding")
        };
        assert_eq!(ask("/assets/vendor/graphiql.min.js", "gzip").await, "gzip");
        assert_eq!(ask("/assets/vendor/graphiql.min.js", "gzip, br").await, "br");
        assert_eq!(ask("/assets/vendor/graphiql.min.js", "identity").await, "");
        assert_eq!(ask("/healthz", "gzip, br").await, "");
    });
}

async fn from_origin(souk: &Souk, origin: &str) -> (String, String) {
    let request = souk.to(Method::OPTIONS, "/graphql").header("origin", origin);
    let request =
        request.header("access-control-request-method", "POST").header("access-control-request-headers", "content-type");
    let response = request.send().await.expect("an answer");
    (header(&response, "access-control-allow-origin"), header(&response, "access-control-allow-credentials"))
}

#[test]
fn other_origins_may_call_when_they_are_listed_and_send_cookies_only_when_named() {
    let shop = "https://shop.example";
    let none = (String::new(), String::new());
    each(async |souk| assert_eq!(from_origin(souk, shop).await, none));
    each_with(&[("SOUK_CORS_ORIGINS", "https://shop.example/, https://app.example")], async |souk| {
        assert_eq!(from_origin(souk, shop).await, (shop.to_owned(), "true".to_owned()));
        for other in ["https://evil.example", "https://shop.example.evil.example", "http://shop.example", "null"] {
            assert_eq!(from_origin(souk, other).await.0, "", "{other}");
        }
    });
    each_with(&[("SOUK_CORS_ORIGINS", "*, https://shop.example")], async |souk| {
        assert_eq!(from_origin(souk, shop).await, (shop.to_owned(), "true".to_owned()));
        assert_eq!(from_origin(souk, "https://any.example").await.1, "");
    });
}

#[test]
fn in_development_every_origin_of_the_same_machine_may_call_with_the_headers_it_asks_for() {
    const LOCAL: [&str; 4] = ["http://localhost:5173", "https://localhost", "http://127.0.0.1:3000", "http://[::1]:4000"];
    let production = [("SOUK_ENV", "production"), ("SOUK_SMTP_URL", "smtp://127.0.0.1:1")];
    each(async |souk| {
        for origin in LOCAL {
            assert_eq!(from_origin(souk, origin).await, (origin.to_owned(), "true".to_owned()));
            let request = souk.to(Method::OPTIONS, "/graphql").header("origin", origin);
            let request = request.header("access-control-request-method", "POST");
            let asked = "authorization,content-type,x-apollo-operation-name,traceparent";
            let response = request.header("access-control-request-headers", asked).send().await.expect("an answer");
            assert_eq!(header(&response, "access-control-allow-headers"), asked);
            assert_eq!(header(&response, "access-control-max-age"), "3600");
            let vary: Vec<_> = response.headers().get_all("vary").iter().filter_map(|value| value.to_str().ok()).collect();
            let vary = vary.join(", ").to_lowercase();
            for name in ["origin", "access-control-request-headers"] {
                assert!(vary.contains(name), "{vary}");
            }
            let response = souk.to(Method::GET, "/healthz").header("origin", origin).send().await.expect("an answer");
            let exposed = header(&response, "access-control-expose-headers").to_lowercase();
            assert!(exposed.contains("retry-after") && exposed.contains("x-request-id"), "{exposed}");
        }
        for origin in ["http://localhost.evil.example", "https://shop.example", "null"] {
            assert_eq!(from_origin(souk, origin).await, (String::new(), String::new()), "{origin}");
        }
    });
    each_with(&production, async |souk| {
        for origin in LOCAL {
            assert_eq!(from_origin(souk, origin).await, (String::new(), String::new()));
        }
    });
}

#[test]
fn a_browser_that_opens_the_address_of_the_api_is_led_to_the_page() {
    each(async |souk| {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        let get = async |path: &str, accept: &str| {
            let request = http.get(format!("{}{path}", souk.url)).header("accept", accept);
            request.send().await.expect("an answer")
        };
        let response = get("/graphql", browser).await;
        assert_eq!(response.status(), 303);
        let target = response.url().join(&header(&response, "location")).expect("an address");
        assert_eq!(target.as_str(), format!("{}/", souk.url));
        assert_eq!(header(&souk.get("/").await, "content-type"), "text/html; charset=utf-8");
        // A query in the address is answered, and a program is not sent to a page.
        assert_eq!(get("/graphql?query=%7Bversion%7D", browser).await.status(), 200);
        assert_eq!(get("/graphql", "*/*").await.status(), 400);
        assert_eq!(get("/graphql", "application/json").await.status(), 400);
    });
}

#[test]
fn a_client_that_asks_for_persisted_queries_is_told_that_there_are_none() {
    let extension = json!({ "persistedQuery": { "version": 1, "sha256Hash": "0".repeat(64) } });
    let expected = json!({
        "errors": [{ "message": "PersistedQueryNotSupported", "extensions": { "code": "PERSISTED_QUERY_NOT_SUPPORTED" } }]
    });
    let probe = json!({ "operationName": "A", "variables": {}, "extensions": extension });
    let whole = json!({ "query": "{ __typename }", "extensions": extension });
    let data = json!({ "data": { "__typename": "Query" } });
    each(async |souk| {
        for accept in [SPEC, "application/json"] {
            let empty = json!({ "query": "", "extensions": extension });
            for (body, answer) in [(&probe, &expected), (&empty, &expected), (&whole, &data)] {
                let response = souk.raw("application/json", accept, body.to_string()).await;
                assert_eq!(response.status(), 200, "{accept}: {body}");
                assert_eq!(&response.json::<Value>().await.expect("JSON"), answer, "{accept}: {body}");
            }
            let hash = url::form_urlencoded::byte_serialize(extension.to_string().as_bytes()).collect::<String>();
            for (path, answer) in [
                (format!("/graphql?operationName=A&extensions={hash}"), &expected),
                (format!("/graphql?query=%7B__typename%7D&extensions={hash}"), &data),
            ] {
                let response = souk.to(Method::GET, &path).header("accept", accept).send().await.expect("an answer");
                assert_eq!(response.status(), 200, "{accept}: {path}");
                assert_eq!(&response.json::<Value>().await.expect("JSON"), answer, "{accept}: {path}");
            }
        }
        let batch = json!([whole, probe]);
        let answer: Value = souk.guest().send(batch).await.json().await.expect("JSON");
        assert_eq!(answer, json!([data, expected]));
        let mut socket = souk.connected(crate::ws::TRANSPORT, None).await;
        socket.send(json!({ "type": "subscribe", "id": "1", "payload": probe })).await;
        let message = socket.message().await.expect("not closed");
        assert_eq!(message, json!({ "type": "error", "id": "1", "payload": expected["errors"] }));
        // Without the extension nothing is asked for at all.
        assert_eq!(souk.guest().send(json!({ "operationName": "A" })).await.status(), 400);
    });
}

#[test]
fn the_page_and_all_it_loads_come_from_the_binary() {
    each(async |souk| {
        let response = souk.get("/").await;
        assert!(header(&response, "content-type").starts_with("text/html"));
        let page = response.text().await.expect("text");
        assert!(page.contains("<meta charset=\"utf-8\">"));
        assert!(!page.contains("http://") && !page.contains("https://"), "it loads from elsewhere");
        let loaded: Vec<_> = page.split('"').filter(|part| part.starts_with("/assets/")).collect();
        assert!(loaded.len() >= 7, "{loaded:?}");
        for path in loaded {
            let response = souk.get(path).await;
            assert_eq!(response.status(), 200, "{path}");
            let tag = header(&response, "etag");
            let again = souk.to(Method::GET, path).header("if-none-match", tag).send().await.expect("an answer");
            assert_eq!(again.status(), 304, "{path}");
        }
    });
}

#[test]
fn a_page_size_that_is_left_out_is_no_error() {
    each(async |souk| {
        let query = "query($first: Int, $last: Int, $after: String) { stores(first: $first, last: $last, after: $after) { nodes { id } } }";
        // Twice: the second time the document is known.
        for _ in 0..2 {
            let data = souk.guest().data(query, serde_json::json!({ "first": 5 })).await;
            assert_eq!(data["stores"]["nodes"], serde_json::json!([]));
        }
        assert_eq!(souk.guest().error_code(query, serde_json::json!({})).await, "BAD_USER_INPUT");
    });
}
