//! The parameters of a query. Empty ones count as left out, unknown ones are not looked at, and of
//! what may stand once the first counts.

use std::fmt::Display;
use std::str::FromStr;

use lambda_http::Request;
use lambda_http::aws_lambda_events::query_map::QueryMap;
use usher::respond::Failure;

use crate::refusal::bad_query;

/// The parameters of a query.
#[derive(Debug)]
pub(crate) struct Parameters(QueryMap);

impl Parameters {
    /// The parameters of a request.
    pub(crate) fn of(request: &Request) -> Self {
        let Ok(parameters) = QueryMap::from_str(request.uri().query().unwrap_or_default());
        Self(parameters)
    }

    /// A text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.first(name).map(str::trim).filter(|text| !text.is_empty())
    }

    /// What a text stands for. A failure names the parameter.
    pub(crate) fn read<T, E: Display>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Failure> {
        let read = self.text(name).map(parse).transpose();
        read.map_err(|problem| bad_query(name, problem))
    }

    /// A number of `least` or more.
    pub(crate) fn number(&self, name: &str, least: u32) -> Result<Option<u32>, Failure> {
        self.read(name, |text| {
            let number = text.parse().ok().filter(|number| *number >= least);
            number.ok_or_else(|| format!("must be a whole number, {least} or more"))
        })
    }

    /// All of what may stand several times, in any of the ways in which clients write a list:
    /// `name`, `name[]`, `name[0]` (PHP), or with commas.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let named = self.0.iter().filter(|(key, _)| is_element(key, name));
        let values = named.flat_map(|(_, value)| value.split(','));
        values.map(str::trim).filter(|value| !value.is_empty()).collect()
    }
}

fn is_element(key: &str, name: &str) -> bool {
    let Some(rest) = key.strip_prefix(name) else { return false };
    let index = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    rest.is_empty() || index.is_some_and(|index| index.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(query: &str) -> Parameters {
        let Ok(parameters) = QueryMap::from_str(query);
        Parameters(parameters)
    }

    #[test]
    fn a_list_is_read_however_it_is_written() {
        for query in [
            "status=a&status=b",
            "status[]=a&status[]=b",
            "status%5B0%5D=a&status%5B1%5D=b",
            "status=a,b&statuses=c&status[x]=d&status=",
        ] {
            let read = parameters(query);
            let mut found = read.all("status");
            found.sort_unstable();
            assert_eq!(found, ["a", "b"], "{query}");
        }
    }

    #[test]
    fn what_is_empty_is_left_out() {
        let parameters = parameters("customerId=&limit=%20&offset= 3");
        assert_eq!(parameters.text("customerId"), None);
        assert_eq!(parameters.number("limit", 1), Ok(None));
        assert_eq!(parameters.number("offset", 0), Ok(Some(3)));
    }

    #[test]
    fn a_wrong_number_is_named() {
        for query in ["limit=0", "limit=-1", "limit=ten", "limit=1.5", "limit=99999999999"] {
            let failure = parameters(query).number("limit", 1).unwrap_err();
            assert_eq!(failure.message, "limit must be a whole number, 1 or more", "{query}");
        }
    }
}
