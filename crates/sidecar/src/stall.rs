//! Whether a caller takes what is written to it.
//!
//! A call is over for us once its answer is buffered, but its connection is not: a caller that has stopped reading keeps its place for as long as bytes
//! wait for it, and hyper has no bound on that. So the stream tells when a write is stuck, and the connection counts that as being busy.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;

/// A stream that tells whether its last write is stuck.
#[derive(Debug)]
pub(crate) struct Watched<S> {
    stream: S,
    stuck: watch::Sender<bool>,
}

impl<S> Watched<S> {
    /// `stream`, and where it tells.
    pub(crate) fn new(stream: S) -> (Self, watch::Receiver<bool>) {
        let (stuck, told) = watch::channel(false);
        (Self { stream, stuck }, told)
    }

    fn tell<T>(&self, outcome: Poll<T>) -> Poll<T> {
        let pending = outcome.is_pending();
        self.stuck.send_if_modified(|stuck| std::mem::replace(stuck, pending) != pending);
        outcome
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.tell(outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.tell(outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::Watched;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn a_write_that_nobody_takes_is_told_and_told_off_again() {
        let (near, mut far) = tokio::io::duplex(16);
        let (mut stream, told) = Watched::new(near);
        stream.write_all(b"fits").await.unwrap();
        assert!(!*told.borrow());
        let writing = tokio::spawn(async move {
            stream.write_all(&[b'x'; 64]).await.unwrap();
            stream
        });
        while !*told.borrow() {
            tokio::task::yield_now().await;
        }
        far.read_exact(&mut [0; 68]).await.unwrap();
        let _stream = writing.await.unwrap();
        assert!(!*told.borrow());
    }
}
