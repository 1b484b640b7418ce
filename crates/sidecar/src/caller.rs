//! The pass: who may use the sidecar.

use hallpass_core::{Fault, FaultCode, Secret};
use http::{HeaderMap, header};

use crate::gate::Admitted;

/// The proof that a caller passed the gate and showed the pass. Forwarding and `/-/status` demand it; only [`check_pass`] makes one.
#[derive(Debug)]
pub(crate) struct CallerPermit(());

/// Checks the pass of an admitted request.
///
/// `Hallpass: PASS` wins over `Authorization: Bearer PASS`, which then is dropped like any other `Authorization`: never merged, never
/// tried as a second chance.
pub(crate) fn check_pass(
    _admitted: &Admitted<'_>,
    headers: &HeaderMap,
    pass: &Secret,
) -> Result<CallerPermit, Fault> {
    let shown = match own_header(headers)? {
        Some(shown) => shown,
        None => bearer(headers)?,
    };
    // Equal lengths are compared in constant time. The length itself is no secret: every pass has the same.
    if Secret::new(shown.to_vec()) == *pass && !shown.is_empty() {
        return Ok(CallerPermit(()));
    }
    Err(Fault::new(FaultCode::PassWrong, ""))
}

fn own_header(headers: &HeaderMap) -> Result<Option<&[u8]>, Fault> {
    let mut values = headers.get_all("hallpass").iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) if value.is_empty() => Err(missing("the Hallpass header is empty")),
        (Some(value), None) => Ok(Some(value.as_bytes())),
        (Some(_), Some(_)) => Err(Fault::new(FaultCode::HeaderRefused, "`hallpass`, twice")),
    }
}

/// RFC 6750 2.1, with the scheme in any case (RFC 9110 11.1). An SDK that has no token yet sends `Bearer` and nothing: that is no pass,
/// not a wrong one.
fn bearer(headers: &HeaderMap) -> Result<&[u8], Fault> {
    let value = headers.get(header::AUTHORIZATION).ok_or_else(|| missing(""))?.as_bytes();
    let (scheme, rest) = value.split_at(value.len().min("bearer".len()));
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        return Err(missing("Authorization has another scheme than Bearer"));
    }
    match rest.trim_ascii_start() {
        [] => Err(missing("the bearer token is empty")),
        shown if rest.starts_with(b" ") => Ok(shown),
        _ => Err(missing("Authorization has another scheme than Bearer")),
    }
}

fn missing(detail: &str) -> Fault {
    Fault::new(FaultCode::PassMissing, detail)
}

#[cfg(test)]
mod tests {
    use super::bearer;
    use hallpass_core::FaultCode;
    use http::HeaderMap;

    fn read(value: &'static str) -> Result<Vec<u8>, FaultCode> {
        let headers: HeaderMap =
            [(http::header::AUTHORIZATION, value.parse().unwrap())].into_iter().collect();
        bearer(&headers).map(<[u8]>::to_vec).map_err(|fault| fault.code())
    }

    #[test]
    fn a_bearer_token_is_read_in_any_case_of_its_scheme() {
        assert_eq!(read("Bearer abc"), Ok(b"abc".to_vec()));
        assert_eq!(read("bearer  abc"), Ok(b"abc".to_vec()));
    }

    #[test]
    fn everything_else_is_no_pass_at_all() {
        for value in ["", "Bearer", "Bearer ", "Basic abc", "Bearerabc", "abc", "Bearer\tabc"] {
            assert_eq!(read(value), Err(FaultCode::PassMissing), "{value:?}");
        }
    }
}
