//! Microsoft Entra's token endpoint and Key Vault, as far as a get of a secret goes.

use super::proxy::{cut, header_text, json};
use super::{Answer, BEARER, CLIENT, CLIENT_SECRET, CURRENT, FEDERATED, LEAK, Shared, TENANT};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde_json::{Value, json};
use std::future::pending;

/// The public cloud, those of China and of the US government: where tokens come from, and what
/// vaults' hosts end with.
const CLOUDS: [(&str, &str); 3] = [
    ("login.microsoftonline.com", "vault.azure.net"),
    ("login.chinacloudapi.cn", "vault.azure.cn"),
    ("login.microsoftonline.us", "vault.usgovcloudapi.net"),
];

pub(super) fn public_host(vault: &str) -> String {
    format!("{vault}.{}", CLOUDS[0].1)
}

pub(super) fn is_entra(host: &str) -> bool {
    CLOUDS.iter().any(|(entra, _)| *entra == host)
}

pub(super) fn is_vault(host: &str) -> bool {
    cloud_of(host).is_some()
}

fn cloud_of(vault: &str) -> Option<(&'static str, &'static str)> {
    let suffix = vault.split_once('.')?.1;
    CLOUDS.into_iter().find(|(_, known)| *known == suffix)
}

/// The token that vaults with `suffix` take.
fn bearer(suffix: &str) -> String {
    if suffix == CLOUDS[0].1 { BEARER.to_owned() } else { format!("bearer-for-{suffix}") }
}

const JSON: &str = "application/json; charset=utf-8";

/// `POST /{tenant}/oauth2/v2.0/token`, client credentials; and the metadata that leads there, which
/// the Rust SDK does without.
pub(super) fn token(entra: &str, parts: &Parts, body: &[u8]) -> Response {
    let suffix = CLOUDS.iter().find(|(known, _)| *known == entra).map(|(_, suffix)| suffix);
    let suffix = suffix.expect("an Entra");
    let endpoint = format!("/{TENANT}/oauth2/v2.0/token");
    if parts.uri.path() == format!("/{TENANT}/v2.0/.well-known/openid-configuration") {
        let metadata = json!({
            "issuer": format!("https://{entra}/{TENANT}/v2.0"),
            "authorization_endpoint": format!("https://{entra}/{TENANT}/oauth2/v2.0/authorize"),
            "token_endpoint": format!("https://{entra}{endpoint}"),
        });
        return json(200, JSON, &metadata);
    }
    let form = String::from_utf8_lossy(body).into_owned();
    let has =
        |name: &str, value: &str| form.split('&').any(|pair| pair == format!("{name}={value}"));
    let known = has("client_id", CLIENT)
        && has("grant_type", "client_credentials")
        && (has("client_secret", CLIENT_SECRET) || has("client_assertion", FEDERATED));
    if parts.uri.path() != endpoint || !known {
        let body = json!({
            "error": "invalid_client",
            "error_description": format!("AADSTS7000215: Invalid client secret.\r\n\"{LEAK}\""),
            "error_codes": [7_000_215],
        });
        return json(401, JSON, &body);
    }
    let right = has("scope", &format!("https%3A%2F%2F{suffix}%2F.default"));
    let token = if right { bearer(suffix) } else { "bearer-for-something-else".to_owned() };
    json(200, JSON, &json!({"token_type": "Bearer", "expires_in": 3599, "access_token": token}))
}

/// `GET /secrets/{name}/{version}`.
pub(super) async fn secret(shared: &Shared, host: &str, parts: &Parts) -> Response {
    let mut path = parts.uri.path().trim_start_matches("/secrets/").split('/');
    let (name, version) = (path.next().unwrap_or_default(), path.next().unwrap_or_default());
    let (entra, suffix) = cloud_of(host).expect("a vault");
    let challenged = header_text(parts, "authorization") != format!("Bearer {}", bearer(suffix));
    let key = (host.to_owned(), name.to_owned(), version.to_owned());
    if let Some(Answer::Challenge(resource)) = shared.answers.get(&key) {
        return challenge(entra, resource);
    }
    if let Some(Answer::Redirect) = shared.answers.get(&key) {
        let mut response = json(307, JSON, &Value::Null);
        let target = HeaderValue::from_static("https://evil.example.com/secrets/x");
        response.headers_mut().insert(header::LOCATION, target);
        return response;
    }
    if challenged {
        return challenge(entra, &format!("https://{suffix}"));
    }
    let answer = shared.answer(host, name, version);
    let error = |status, code, inner| {
        let message = format!("Refused.\r\nCaller: \"{LEAK}\"");
        let inner = json!({"code": inner});
        let error = json!({"code": code, "message": message, "innererror": inner});
        json(status, JSON, &json!({ "error": error }))
    };
    match answer {
        None => error(404, "SecretNotFound", Value::Null),
        Some(Answer::Denied) => error(403, "Forbidden", "ForbiddenByRbac".into()),
        Some(Answer::Disabled) => error(403, "Forbidden", "SecretDisabled".into()),
        Some(Answer::Throttled(seconds)) => {
            let mut response = error(429, "Throttled", Value::Null);
            if *seconds > 0 {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
            }
            response
        }
        Some(Answer::Broken) => error(500, "InternalServerError", Value::Null),
        Some(Answer::Garbage) => json(200, JSON, &format!("<html>{LEAK}").into()),
        Some(Answer::Cut) => cut(JSON),
        Some(Answer::Hang) => pending().await,
        Some(Answer::Text(value)) => json(200, JSON, &bundle(host, name, version, Some(value))),
        Some(_) => json(200, JSON, &bundle(host, name, version, None)),
    }
}

fn bundle(host: &str, name: &str, version: &str, value: Option<&str>) -> Value {
    let version = if version.is_empty() { CURRENT } else { version };
    let mut bundle = json!({
        "id": format!("https://{host}/secrets/{name}/{version}"),
        "attributes": {
            "enabled": true,
            "created": 1_700_000_000,
            "updated": 1_700_000_000,
            "recoveryLevel": "Recoverable+Purgeable",
            "recoverableDays": 90,
        },
        "tags": {},
    });
    if let Some(value) = value {
        bundle["value"] = value.into();
    }
    bundle
}

fn challenge(entra: &str, resource: &str) -> Response {
    let message = "AKV10000: Request is missing a Bearer or PoP token.";
    let body = json!({"error": {"code": "Unauthorized", "message": message}});
    let mut response = json(401, JSON, &body);
    let value =
        format!("Bearer authorization=\"https://{entra}/{TENANT}\", resource=\"{resource}\"");
    let value = HeaderValue::from_str(&value).expect("a challenge");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    response
}
