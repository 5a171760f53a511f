use super::*;
use axum::Router;
use axum::body::Body;
use axum::response::Redirect;
use axum::routing::{get, post};
use futures::StreamExt as _;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A server on loopback; what it gives is its address without a slash at the end.
async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

fn loopback() -> Outgoing {
    Outgoing::new(vec!["127.0.0.1/32".parse().unwrap()]).unwrap()
}

fn nothing_allowed() -> Outgoing {
    Outgoing::new(Vec::new()).unwrap()
}

async fn ask(outgoing: &Outgoing, url: &str, limit: usize) -> Result<Answer, OutgoingError> {
    outgoing.send(Call::get(&Url::parse(url).unwrap(), limit)).await
}

#[tokio::test]
async fn an_allowed_address_is_reached_over_http() {
    let base = serve(Router::new().route("/", get(|| async { "hello" }))).await;
    let answer = ask(&loopback(), &base, 5).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"hello"[..]));
    assert_eq!(answer.media_type.as_deref(), Some("text/plain"));
}

#[tokio::test]
async fn http_is_refused_where_the_address_is_not_allowed() {
    for url in ["http://127.0.0.1:9/", "http://localhost:9/", "http://8.8.8.8/", "http://idp.test/"] {
        let error = ask(&nothing_allowed(), url, 9).await.unwrap_err();
        assert!(matches!(error, OutgoingError::PlainHttp), "{url}: {error:?}");
    }
    let public = ask(&loopback(), "http://8.8.8.8/", 9).await.unwrap_err();
    assert!(matches!(public, OutgoingError::PlainHttp), "{public:?}");
}

#[tokio::test]
async fn private_addresses_are_refused_in_every_spelling() {
    let spellings = [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://0x7f.0.0.1/",
        "https://2130706433/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://169.254.169.254/",
        "https://10.0.0.1/",
    ];
    for url in spellings {
        let error = ask(&nothing_allowed(), url, 9).await.unwrap_err();
        assert!(matches!(error, OutgoingError::AddressRefused), "{url}: {error:?}");
    }
}

#[tokio::test]
async fn a_name_is_judged_by_what_it_stands_for() {
    let error = ask(&nothing_allowed(), "https://localhost:1/", 9).await.unwrap_err();
    assert!(matches!(error, OutgoingError::AddressRefused), "{error:?}");
    let other = Outgoing::new(vec!["10.0.0.0/8".parse().unwrap()]).unwrap();
    let error = ask(&other, "http://localhost:1/", 9).await.unwrap_err();
    assert!(matches!(error, OutgoingError::AddressRefused), "{error:?}");
    let base = serve(Router::new().route("/", get(|| async { "hello" }))).await;
    let named = base.replace("127.0.0.1", "localhost");
    assert_eq!(ask(&loopback(), &named, 5).await.unwrap().body, b"hello");
}

#[tokio::test]
async fn an_address_that_cannot_be_called_is_refused() {
    for url in ["ftp://idp.test/", "file:///etc/passwd", "https://user:pass@idp.test/", "data:text/plain,x"] {
        let error = ask(&nothing_allowed(), url, 9).await.unwrap_err();
        assert!(matches!(error, OutgoingError::BadAddress), "{url}: {error:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let target = get(async move || {
        counted.fetch_add(1, Ordering::SeqCst);
        "inside"
    });
    let base = serve(Router::new().route("/", get(|| async { Redirect::temporary("/in") })).route("/in", target)).await;
    let error = ask(&loopback(), &base, 99).await.unwrap_err();
    assert!(matches!(error, OutgoingError::Redirected), "{error:?}");
    assert_eq!(calls.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_answer_is_cut_off_at_its_limit_whether_it_is_announced_or_not() {
    let endless = || async {
        Body::from_stream(futures::stream::repeat(vec![b'x'; 1000]).map(Ok::<_, std::io::Error>).take(1_000_000))
    };
    let router = Router::new().route("/long", get(|| async { "x".repeat(101) })).route("/endless", get(endless));
    let base = serve(router).await;
    for path in ["/long", "/endless"] {
        let error = ask(&loopback(), &format!("{base}{path}"), 100).await.unwrap_err();
        assert!(matches!(error, OutgoingError::TooLarge { limit: 100 }), "{path}: {error:?}");
    }
}

#[tokio::test]
async fn a_silent_server_is_given_up() {
    let base = serve(Router::new().route("/", get(std::future::pending::<&'static str>))).await;
    let url = Url::parse(&base).unwrap();
    let error = loopback().send(Call::get(&url, 9).timeout(Duration::from_millis(50))).await.unwrap_err();
    assert!(matches!(error, OutgoingError::TimedOut), "{error:?}");
}

#[tokio::test]
async fn no_cookie_and_no_referer_is_sent() {
    let echo = |headers: axum::http::HeaderMap| async move {
        let seen = ["cookie", "referer"].iter().any(|name| headers.contains_key(*name));
        ([("set-cookie", "a=b")], seen.to_string())
    };
    let base = serve(Router::new().route("/", get(echo))).await;
    let client = loopback();
    for _ in 0..2 {
        assert_eq!(ask(&client, &base, 9).await.unwrap().body, b"false");
    }
}

#[tokio::test]
async fn a_status_is_an_error_only_where_success_is_needed() {
    let refuse = post(|| async { (axum::http::StatusCode::BAD_REQUEST, "no") });
    let base = serve(Router::new().route("/", refuse)).await;
    let url = Url::parse(&base).unwrap();
    let answer = loopback().send(Call::post(&url, "text/plain", b"x".to_vec(), 9)).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (400, &b"no"[..]));
    assert!(matches!(answer.success(), Err(OutgoingError::Status(400))));
}

#[test]
fn a_printed_call_shows_no_secret() {
    let url = Url::parse("https://idp.test/cb?code=s3cret").unwrap();
    let call = Call::get(&url, 9).authorization(&"Basic s3cret".into()).unwrap();
    assert_eq!(format!("{call:?}"), "Call(GET https://idp.test)");
}
