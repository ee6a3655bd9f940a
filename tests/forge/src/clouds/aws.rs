//! AWS Secrets Manager: `GetSecretValue` and `BatchGetSecretValue` in AWS JSON 1.1.

use super::proxy::{cut, header_text, json};
use super::{ACCESS_KEY, Answer, CURRENT, FEDERATED, LEAK, SSO_TOKEN, Shared};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::future::pending;

const JSON: &str = "application/x-amz-json-1.1";

/// A region's host. China has a domain of its own.
pub(super) fn host(region: &str) -> String {
    let china = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("secretsmanager.{region}.amazonaws.com{china}")
}

/// Where keys come from: the token service and the portal of the identity centre.
pub(super) fn is_sign_in(host: &str) -> bool {
    matches!(host, "sts.eu-west-1.amazonaws.com" | "portal.sso.eu-west-1.amazonaws.com")
}

/// `AssumeRole`, `AssumeRoleWithWebIdentity`, and the portal's `GetRoleCredentials`. The keys that
/// are lent are the one that is known.
pub(super) fn sign_in(host: &str, parts: &Parts, body: &[u8]) -> Response {
    if host.starts_with("portal.") {
        let known = header_text(parts, "x-amz-sso_bearer_token") == SSO_TOKEN
            && parts.uri.query().is_some_and(|q| q.contains("role_name=reader"));
        if !known {
            return json(401, "application/json", &json!({"message": LEAK}));
        }
        let keys = json!({
            "accessKeyId": ACCESS_KEY,
            "secretAccessKey": "s",
            "sessionToken": "t",
            "expiration": 4_102_444_800_000_u64,
        });
        return json(200, "application/json", &json!({ "roleCredentials": keys }));
    }
    let form = String::from_utf8_lossy(body);
    let has = |pair: &str| form.split('&').any(|p| p == pair);
    let action = if has("Action=AssumeRole") { "AssumeRole" } else { "AssumeRoleWithWebIdentity" };
    let known = match action {
        "AssumeRole" => header_text(parts, "authorization").contains(ACCESS_KEY),
        _ => has(&format!("WebIdentityToken={FEDERATED}")),
    };
    if !known || !has("RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Freader") {
        let error = format!("<Error><Code>AccessDenied</Code><Message>{LEAK}</Message></Error>");
        return (StatusCode::FORBIDDEN, format!("<ErrorResponse>{error}</ErrorResponse>"))
            .into_response();
    }
    let keys = format!(
        "<Credentials><AccessKeyId>{ACCESS_KEY}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
         <SessionToken>t</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials>"
    );
    let result = format!("<{action}Result>{keys}</{action}Result>");
    ([(CONTENT_TYPE, "text/xml")], format!("<{action}Response>{result}</{action}Response>"))
        .into_response()
}

/// One call to one region.
pub(super) async fn call(shared: &Shared, host: &str, parts: &Parts, body: &[u8]) -> Response {
    let region = host.split('.').nth(1).unwrap_or_default();
    let signed = header_text(parts, "authorization");
    if !signed.starts_with(&format!("AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/"))
        || !signed.contains(&format!("/{region}/secretsmanager/aws4_request"))
    {
        return error(400, "UnrecognizedClientException");
    }
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        return error(400, "SerializationException");
    };
    match header_text(parts, "x-amz-target") {
        "secretsmanager.GetSecretValue" => get(shared, host, &body).await,
        "secretsmanager.BatchGetSecretValue" => match shared.batches.get(host) {
            Some(answer) => trouble(answer).await,
            None => batch(shared, host, &body),
        },
        _ => error(400, "UnknownOperationException"),
    }
}

async fn get(shared: &Shared, host: &str, body: &Value) -> Response {
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let version = [text("VersionId"), text("VersionStage")].concat();
    let name = name_of(text("SecretId"));
    match shared.answer(host, name, &version) {
        None => error(400, "ResourceNotFoundException"),
        Some(answer) => match entry(host, name, &version, answer) {
            Some(entry) => json(200, JSON, &entry),
            None => trouble(answer).await,
        },
    }
}

fn batch(shared: &Shared, host: &str, body: &Value) -> Response {
    let ids: Vec<&str> =
        body["SecretIdList"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if ids.is_empty() || ids.len() > 20 {
        return error(400, "InvalidParameterException");
    }
    let (mut values, mut errors) = (Vec::new(), Vec::new());
    for id in ids {
        let code = match shared.answer(host, name_of(id), "") {
            None => "ResourceNotFoundException",
            Some(Answer::Denied) => "AccessDeniedException",
            Some(Answer::Disabled) => "InvalidRequestException",
            // What is in other trouble is left out, and has to be asked for alone.
            Some(answer) => {
                values.extend(entry(host, name_of(id), "", answer));
                continue;
            }
        };
        errors.push(json!({"SecretId": id, "ErrorCode": code, "Message": LEAK}));
    }
    json(200, JSON, &json!({"SecretValues": values, "Errors": errors}))
}

/// A secret with its value, unless `answer` is a trouble.
fn entry(host: &str, name: &str, version: &str, answer: &Answer) -> Option<Value> {
    let region = host.split('.').nth(1).unwrap_or_default();
    let partition = match region.split('-').next() {
        Some("cn") => "aws-cn",
        Some("us") if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    let (version, stage) = match version {
        "" => (CURRENT, "AWSCURRENT"),
        pinned if pinned.len() < 32 => (CURRENT, pinned),
        pinned => (pinned, "AWSCURRENT"),
    };
    let mut entry = json!({
        "ARN": format!("arn:{partition}:secretsmanager:{region}:123456789012:secret:{name}-AbCdEf"),
        "Name": name,
        "VersionId": version,
        "VersionStages": [stage],
        "CreatedDate": 1_700_000_000.123,
    });
    match answer {
        Answer::Text(value) => entry["SecretString"] = value.as_str().into(),
        Answer::Binary(base64) => entry["SecretBinary"] = (*base64).into(),
        Answer::Empty => {}
        _ => return None,
    }
    Some(entry)
}

async fn trouble(answer: &Answer) -> Response {
    match answer {
        Answer::Denied => error(400, "AccessDeniedException"),
        Answer::Disabled => error(400, "InvalidRequestException"),
        Answer::Throttled(_) => error(400, "ThrottlingException"),
        Answer::Garbage => json(200, JSON, &format!("<html>{LEAK}").into()),
        Answer::Cut => cut(JSON),
        Answer::Hang => pending().await,
        _ => error(500, "InternalServiceError"),
    }
}

fn error(status: u16, code: &str) -> Response {
    let message = format!("Refused.\n\"{LEAK}\"");
    json(status, JSON, &json!({"__type": code, "Message": message}))
}

/// A secret's name, of itself or of its ARN with or without the random suffix.
fn name_of(id: &str) -> &str {
    let name = id.split_once(":secret:").map_or(id, |(_, name)| name);
    name.strip_suffix("-AbCdEf").unwrap_or(name)
}
