//! Microsoft Entra's token endpoint and Key Vault, as far as a get of a secret goes.

use super::proxy::{header_text, json};
use super::{Answer, BEARER, CLIENT, CLIENT_SECRET, CURRENT, FEDERATED, LEAK, Shared, TENANT};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde_json::{Value, json};
use std::future::pending;

/// Where tokens come from.
pub(super) const ENTRA: &str = "login.microsoftonline.com";

const JSON: &str = "application/json; charset=utf-8";

/// `POST /{tenant}/oauth2/v2.0/token`, client credentials; and the metadata that leads there, which
/// the Rust SDK does without.
pub(super) fn token(parts: &Parts, body: &[u8]) -> Response {
    let endpoint = format!("/{TENANT}/oauth2/v2.0/token");
    if parts.uri.path() == format!("/{TENANT}/v2.0/.well-known/openid-configuration") {
        let metadata = json!({
            "issuer": format!("https://{ENTRA}/{TENANT}/v2.0"),
            "authorization_endpoint": format!("https://{ENTRA}/{TENANT}/oauth2/v2.0/authorize"),
            "token_endpoint": format!("https://{ENTRA}{endpoint}"),
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
    let right = has("scope", "https%3A%2F%2Fvault.azure.net%2F.default");
    let token = if right { BEARER } else { "bearer-for-something-else" };
    json(200, JSON, &json!({"token_type": "Bearer", "expires_in": 3599, "access_token": token}))
}

/// `GET /secrets/{name}/{version}`.
pub(super) async fn secret(shared: &Shared, host: &str, parts: &Parts) -> Response {
    let mut path = parts.uri.path().trim_start_matches("/secrets/").split('/');
    let (name, version) = (path.next().unwrap_or_default(), path.next().unwrap_or_default());
    let answer = shared.answer(host, name, version);
    if let Some(Answer::Challenge(resource)) = answer {
        return challenge(resource);
    }
    if let Some(Answer::Redirect) = answer {
        let mut response = json(307, JSON, &Value::Null);
        let target = HeaderValue::from_static("https://evil.example.com/secrets/x");
        response.headers_mut().insert(header::LOCATION, target);
        return response;
    }
    if header_text(parts, "authorization") != format!("Bearer {BEARER}") {
        return challenge("https://vault.azure.net");
    }
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
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
            response
        }
        Some(Answer::Broken) => error(500, "InternalServerError", Value::Null),
        Some(Answer::Garbage) => json(200, JSON, &format!("<html>{LEAK}").into()),
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

fn challenge(resource: &str) -> Response {
    let message = "AKV10000: Request is missing a Bearer or PoP token.";
    let body = json!({"error": {"code": "Unauthorized", "message": message}});
    let mut response = json(401, JSON, &body);
    let value =
        format!("Bearer authorization=\"https://{ENTRA}/{TENANT}\", resource=\"{resource}\"");
    let value = HeaderValue::from_str(&value).expect("a challenge");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    response
}
