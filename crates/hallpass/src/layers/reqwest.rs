//! A middleware for `reqwest-middleware`.
//!
//! Build the `reqwest::Client` without redirects: reqwest follows them below every middleware, so the second request would carry the token to a target
//! that no rule was asked about. A client that did is told so by a fault. What else the client adds below its middlewares is its builder's affair: default
//! headers, and with reqwest's feature `system-proxy` the proxies that variables name, unless it is built with `no_proxy()`.
//!
//! ```
//! # fn client(client: hallpass::Client) -> Result<reqwest_middleware::ClientWithMiddleware, reqwest::Error> {
//! use hallpass::layers::reqwest::HallpassMiddleware;
//! use reqwest::redirect::Policy;
//!
//! let http = reqwest::Client::builder().redirect(Policy::none()).build()?;
//! Ok(reqwest_middleware::ClientBuilder::new(http).with(HallpassMiddleware::new(client)).build())
//! # }
//! ```

use async_trait::async_trait;
use hallpass_core::FaultCode;
use http::{Extensions, Uri};
use reqwest::{Request, Response};
use reqwest_middleware::{Error, Middleware, Next, Result};

use super::errand::Errand;
use crate::{Client, Fault};

/// Puts a client's policy, token and replay in front of a `reqwest::Client`. Add it last, so that it judges what is sent.
///
/// A [`Fault`] arrives as `reqwest_middleware::Error::Middleware`, from which `downcast_ref::<Fault>()` gets it back.
#[derive(Clone, Debug)]
pub struct HallpassMiddleware(Client);

impl HallpassMiddleware {
    /// A middleware for calls as `client`.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self(client)
    }
}

#[async_trait]
impl Middleware for HallpassMiddleware {
    /// Dropping the future drops the call below, which may have had its effect by then.
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        // The URL is judged as reqwest has normalised it: those are the bytes that it sends.
        let uri: Uri = request.url().as_str().parse().map_err(|_| not_for_http())?;
        let method = request.method().clone();
        let begun = Errand::begin(self.0.clone(), &method, &uri, request.headers_mut()).await;
        let mut errand = begun.map_err(Error::middleware)?;
        let destination = errand.destination().map_err(Error::middleware)?;
        *request.url_mut() = destination.to_string().parse().map_err(|_| not_for_http())?;
        errand.attach(request.headers_mut());
        let (asked, second) = (request.url().clone(), request.try_clone());
        let response = next.clone().run(request, extensions).await?;
        refuse_redirected(&asked, &response)?;
        let again = errand.again(response.status(), response.headers(), second.is_some()).await;
        let (true, Some(mut request)) = (again.map_err(Error::middleware)?, second) else {
            return Ok(response);
        };
        drop(response);
        errand.attach(request.headers_mut());
        let response = next.run(request, extensions).await?;
        refuse_redirected(&asked, &response)?;
        errand.again(response.status(), response.headers(), false).await.map_err(Error::middleware)?;
        Ok(response)
    }
}

fn not_for_http() -> Error {
    Error::middleware(Fault::new(FaultCode::RequestMalformed, "the URL is not one for HTTP"))
}

/// It is too late for that one request, and the first of its kind; whoever reads the fault sees to it that there is no second.
fn refuse_redirected(asked: &::reqwest::Url, response: &Response) -> Result<()> {
    if response.url().as_str().split('#').next() == asked.as_str().split('#').next() {
        return Ok(());
    }
    let fault = Fault::new(FaultCode::PathNotAllowed, "the HTTP client followed a redirect with the token");
    Err(Error::middleware(fault.with_hint("build it with `redirect(reqwest::redirect::Policy::none())`")))
}
