//! The token endpoint of directories, and who comes there: OAuth clients of a directory.

use super::gateway::{Directory, Reply, TestGateway, TestOrganization};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PSS_SHA256, RsaKeyPair, RsaPublicKeyComponents};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::protocol::jose::{Alg, SigningKey};
use serde_json::{Value, json};

/// The assertion type that goes with a signed assertion.
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The token endpoint.
#[derive(Clone)]
pub struct TokenDoor {
    /// Its address.
    pub url: String,
    client: reqwest::Client,
}

impl TokenDoor {
    /// That of a gateway.
    pub fn of(gw: &TestGateway) -> Self {
        Self { url: format!("{}/scim/oauth/token", gw.base), client: reqwest::Client::new() }
    }

    /// A request with these parameters.
    pub async fn ask(&self, form: &[(&str, &str)]) -> Reply {
        self.send(self.client.post(&self.url).form(form)).await
    }

    /// A request for client credentials with these parameters beside.
    pub async fn credentials(&self, more: &[(&str, &str)]) -> Reply {
        self.ask(&[&[("grant_type", "client_credentials")], more].concat()).await
    }

    /// A client with its secret in the body.
    pub async fn with_secret(&self, id: &str, secret: &str) -> Reply {
        self.credentials(&[("client_id", id), ("client_secret", secret)]).await
    }

    /// A client with its secret in the header.
    pub async fn with_basic(&self, id: &str, secret: &str) -> Reply {
        let form = [("grant_type", "client_credentials")];
        self.send(self.client.post(&self.url).basic_auth(id, Some(secret)).form(&form)).await
    }

    /// A client with an assertion.
    pub async fn with_assertion(&self, id: &str, assertion: &str) -> Reply {
        let proof = [("client_assertion_type", JWT_BEARER), ("client_assertion", assertion)];
        self.credentials(&[&proof[..], &[("client_id", id)]].concat()).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let reply = request.send().await.unwrap();
        let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
        Reply { status, body: reply.json().await.unwrap(), headers }
    }
}

impl Reply {
    /// The access token of an answer that has one.
    pub fn access_token(&self) -> String {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body["access_token"].as_str().unwrap().to_owned()
    }

    /// Insists on a refusal in OAuth's dialect, with a description that names what is wrong.
    pub fn denied(&self, status: u16, error: &str, names: &str) -> &Self {
        assert_eq!((self.status, self.body["error"].as_str()), (status, Some(error)), "{}", self.body);
        let told = self.body["error_description"].as_str().unwrap();
        assert!(told.contains(names), "{names:?} is not in {told:?}");
        assert_eq!(self.header("cache-control"), "no-store");
        assert_eq!(self.header("www-authenticate").starts_with("Basic "), status == 401);
        self
    }
}

/// A client's own key.
pub struct ClientKey(pub SigningKey);

impl ClientKey {
    /// A fresh one.
    pub fn new(alg: Alg) -> Self {
        Self(SigningKey::generate(alg).unwrap().0)
    }

    /// What is registered of it.
    pub fn jwks(&self) -> Value {
        json!({"keys": [self.0.public_jwk()]})
    }

    /// A good assertion of this client, after a change.
    pub fn assertion(&self, gw: &TestGateway, id: &str, jti: &str, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = good_claims(gw, id, jti);
        change(&mut claims);
        self.0.sign("JWT", &claims).unwrap()
    }
}

fn good_claims(gw: &TestGateway, id: &str, jti: &str) -> Value {
    let now = gw.gateway.sources.now().timestamp();
    let audience = format!("{}/scim/oauth/token", gw.base);
    json!({"iss": id, "sub": id, "aud": audience, "exp": now + 300, "iat": now, "jti": jti})
}

/// A client's key of a kind that Doorward verifies and does not sign with itself.
pub enum ForeignKey {
    /// RSA, used with PSS.
    Ps256(Box<RsaKeyPair>),
    /// Ed25519.
    EdDsa(Ed25519KeyPair),
}

impl ForeignKey {
    /// A fresh one for PS256.
    pub fn ps256() -> Self {
        Self::Ps256(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()))
    }

    /// A fresh one for EdDSA.
    pub fn ed_dsa() -> Self {
        Self::EdDsa(Ed25519KeyPair::generate().unwrap())
    }

    fn alg(&self) -> &'static str {
        match self {
            Self::Ps256(_) => "PS256",
            Self::EdDsa(_) => "EdDSA",
        }
    }

    /// What is registered of it.
    pub fn jwks(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut key = match self {
            Self::Ps256(pair) => {
                let parts = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({"kty": "RSA", "n": text(&parts.n), "e": text(&parts.e)})
            }
            Self::EdDsa(pair) => json!({"kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key().as_ref())}),
        };
        key["alg"] = json!(self.alg());
        json!({"keys": [key]})
    }

    /// A good assertion of this client.
    pub fn assertion(&self, gw: &TestGateway, id: &str, jti: &str) -> String {
        let header = json!({"alg": self.alg(), "typ": "JWT"}).to_string();
        let body = good_claims(gw, id, jti).to_string();
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(body));
        let signature = match self {
            Self::Ps256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PSS_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
                signature
            }
            Self::EdDsa(pair) => pair.sign(message.as_bytes()).as_ref().to_vec(),
        };
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// A directory `idp` of a new organization, and its administrator at the management API below `…/directories/idp`.
pub async fn company<'a>(gw: &'a TestGateway, slug: &str) -> (TestOrganization<'a>, Directory, Directory) {
    let organization = gw.organization(slug, None, super::gateway::usual_rules()).await;
    let directory = organization.directory("idp", "auto").await;
    let api = gw.directories_api(slug, organization.org).await;
    let admin = Directory::new(&format!("{}/idp", api.base), &api.token);
    (organization, directory, admin)
}
