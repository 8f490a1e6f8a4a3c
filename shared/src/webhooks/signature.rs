//! The signatures of a webhook.

use secrecy::ExposeSecret;
use standardwebhooks::Webhook;

use crate::secrets::webhook_secrets::WebhookSecret;

/// A secret that nothing can be signed with. Holds nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nothing can be signed with the secret of this webhook")]
pub struct SignatureError;

/// The value of `webhook-signature`: one signature by each secret, with spaces between them.
///
/// # Errors
/// [`SignatureError`].
pub fn signatures(
    secrets: &[&WebhookSecret],
    id: &str,
    timestamp: i64,
    body: &str,
) -> Result<String, SignatureError> {
    let sign = |secret: &&WebhookSecret| {
        let webhook = Webhook::new(secret.expose_secret())?;
        webhook.sign(id, timestamp, body.as_bytes())
    };
    let signed = secrets.iter().map(sign).collect::<Result<Vec<_>, _>>();
    signed.map(|signed| signed.join(" ")).map_err(|_| SignatureError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_secret_signs_as_the_specification_says() {
        // The specification's own example, and a second secret.
        let known = WebhookSecret::parse("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
        let other = format!("whsec_{}", "A".repeat(44));
        let other = WebhookSecret::parse(&other).unwrap();
        let id = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
        let body = r#"{"email":"test@example.com","username":"test_user"}"#;
        let one = signatures(&[&known], id, 1_649_367_553, body).unwrap();
        assert_eq!(one, "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
        let both = signatures(&[&other, &known], id, 1_649_367_553, body).unwrap();
        let (first, second) = both.split_once(' ').unwrap();
        assert!(first.starts_with("v1,") && first != one, "{both}");
        assert_eq!(second, one);
    }
}
