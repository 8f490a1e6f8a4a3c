//! What went wrong at AWS, in a line for the person at the terminal.

use std::error::Error;

use aws_sdk_dynamodb::error::ErrorMetadata;

/// The cause at the root of an error: what the service said when it refused, as
/// `AccessDeniedException: …`, or why there was no answer. The SDK's own texts are a page long.
pub fn root_cause(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(told) = error.downcast_ref::<ErrorMetadata>().and_then(refusal) {
            return told;
        }
        text = error.to_string();
        cause = error.source();
    }
    text
}

fn refusal(told: &ErrorMetadata) -> Option<String> {
    let code = told.code()?;
    Some(told.message().map_or(code.to_owned(), |message| format!("{code}: {message}")))
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("service error")]
    struct Outer(#[source] Box<dyn Error + Send + Sync>);

    #[test]
    fn a_refusal_is_its_code_and_message_and_all_else_its_deepest_cause() {
        let refused = |message: Option<&str>| {
            let told = ErrorMetadata::builder().code("AccessDeniedException");
            let told = message.into_iter().fold(told, |told, message| told.message(message));
            Outer(Box::new(Outer(Box::new(told.build()))))
        };
        let silent = Outer(Box::new(io::Error::other("Connection refused")));
        for (error, expected) in [
            (refused(Some("you may not")), "AccessDeniedException: you may not"),
            (refused(None), "AccessDeniedException"),
            (silent, "Connection refused"),
        ] {
            assert_eq!(root_cause(&error), expected);
        }
    }
}
